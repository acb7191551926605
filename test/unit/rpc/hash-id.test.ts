import { expect, test } from "vitest";
import { hashId } from "../../../src/rpc/hash-id.ts";
import { golden } from "./golden.ts";

test.each([
  { aor: "echo", hash: 1_776_258_701, slot: 653, because: "one full group" },
  { aor: "alice", hash: 1_834_153_949, slot: 989, because: "one group and one octet" },
  { aor: "bob", hash: 7_222_211, slot: 963, because: "a short group alone" },
  { aor: "db2", hash: 6_880_984, slot: 728, because: "a short group alone, with a digit" },
  { aor: "u0000000", hash: 2_984_785_343, slot: 447, because: "two groups, and above 2^31" },
  { aor: "u0000002", hash: 2_984_785_341, slot: 445, because: "a neighbour" },
  { aor: "", hash: 0, slot: 0, because: "no octets add nothing" },
])("$aor hashes to $hash: $because", ({ aor, hash, slot }) => {
  expect(hashId(aor)).toBe(hash);
  expect(hashId(aor) & 1_023).toBe(slot);
});

test("every HashID of a captured dump is ours too", () => {
  const result = golden("ul.dump").result as {
    Domains: { Domain: { AoRs: { Info: { AoR: string; HashID: number } }[] } }[];
  };
  const records = result.Domains[0]!.Domain.AoRs.map(({ Info }) => Info);
  expect(records).toHaveLength(6);
  for (const { AoR, HashID } of records) expect(hashId(AoR)).toBe(HashID);
});
