import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { printConfig } from "../../../src/config/print.ts";
import { load, resolve } from "./load-text.ts";

const everything = readFileSync(new URL("../../data/config/valid/everything.yml", import.meta.url), "utf8");

test.each([
  { given: {}, because: "defaults" },
  {
    given: { flags: [["simulate", "9"]] as const },
    because: "a default that follows another setting is printed as it is",
  },
  { given: { yaml: "keepalive: {interval: 1s, jitter: 0.9}" }, because: "a fitted timeout passes the check when read" },
  {
    given: { yaml: 'keepalive.from: "sip:null@b:5;a=#"\nlocation.url: "sqlite:# no: comment"' },
    because: "text that YAML would cut",
  },
])("what is printed reads back as the same configuration: $because", ({ given }) => {
  expect(load({ yaml: printConfig(resolve(given)) })).toEqual(load(given));
});

test("what is printed and the secret together read back as the same configuration, every setting changed", () => {
  const env = { SIPULSE_ADMIN_TOKEN: "no-$ecret#is:safe" };
  expect(load({ yaml: printConfig(resolve({ yaml: everything })), env })).toEqual(load({ yaml: everything }));
});

test("any path of a database survives printing and reading, whatever its characters", () => {
  const path = fc.string({ unit: "binary", minLength: 1 }).filter((text) => /^[^\p{Cc}\p{Cs}]+$/u.test(text));
  fc.assert(
    fc.property(path, (text) => {
      const flags = [["location.url", `sqlite:${text}`]] as const;
      expect(load({ yaml: printConfig(resolve({ flags })) }).locationUrl.path).toBe(text);
    }),
  );
});

test("the secret is masked, and a missing one is shown as missing", () => {
  const printed = printConfig(resolve({ env: { SIPULSE_ADMIN_TOKEN: "hush" } }));
  expect(printed).toContain('  # token: "***"  # environment\n');
  expect(printed).not.toContain("hush");
  expect(printConfig(resolve({}))).toContain("  token: null  # default\n");
});

test("each value stands with its source", () => {
  const printed = printConfig(
    resolve({
      yaml: "keepalive.interval: 2s",
      env: { SIPULSE_SERVER_ID: "3" },
      flags: [["sip.domains", "a.example,[::1]"]],
    }),
  );
  expect(printed).toContain('\n  domains: [a.example, "[::1]"]  # command line\n');
  expect(printed).toContain("\nserver:\n  id: 3  # environment\n");
  expect(printed).toContain("\n  interval: 2s  # sipulse.yml\n");
  expect(printed).toContain("\n  probe_timeout: 1600ms  # default, follows keepalive.interval and keepalive.jitter\n");
});
