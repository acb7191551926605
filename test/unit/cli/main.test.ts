import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const PACKAGE = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");

/** Runs the real program to its end, without the environment of the tests. */
async function sipulse(argv: readonly string[], nodeFlags: readonly string[] = []) {
  const started = promisify(execFile)(process.execPath, [...nodeFlags, MAIN, ...argv], { env: {}, timeout: 15_000 });
  try {
    return { exitCode: 0, ...(await started) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

test("the process prints the version of package.json", async () => {
  const { version } = JSON.parse(PACKAGE) as { version: string };
  expect(await sipulse(["--version"])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
});

test("the process exits with 2 when the configuration is bad", async () => {
  const ran = await sipulse(["check-config", "--config", "/nowhere/sipulse.yml"]);
  expect(ran).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "configuration has 1 problem(s):\n  /nowhere/sipulse.yml: cannot be read: ENOENT: no such file or directory\n",
  });
});

test("the process exits with 1 when it failed", async () => {
  const ran = await sipulse(["ul", "dump", "--url", "http://127.0.0.1:1"]);
  expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
});

test("on an older Node it says so in one line, whatever the arguments, and exits with 2", async () => {
  const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.17.0" } })`;
  const ran = await sipulse(["serve"], ["--import", `data:text/javascript,${encodeURIComponent(older)}`]);
  expect(ran).toEqual({ exitCode: 2, stdout: "", stderr: "sipulse needs Node 24 or newer, this is 22.17.0\n" });
});
