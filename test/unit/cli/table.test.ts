import { expect, test } from "vitest";
import { alignedTable } from "../../../src/cli/table.ts";

const columns = [{ title: "NAME" }, { title: "N", isRight: true }, { title: "LAST" }];

test("columns are as wide as their widest text, numbers stand to the right, lines have no spaces at the end", () => {
  expect(
    alignedTable(columns, [
      ["a", "1000", "x"],
      ["longer", "7", ""],
    ]),
  ).toBe("NAME       N  LAST\na       1000  x\nlonger     7\n");
});

test("without rows only the head line is left", () => {
  expect(alignedTable(columns, [])).toBe("NAME  N  LAST\n");
});
