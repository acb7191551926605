/**
 * Installs the locked packages when they are missing or older than the lock file, and is silent otherwise.
 *
 * Plain JavaScript on purpose: this runs before anything is installed, on whatever Node (20 or later) the machine has.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installedMark = `${root}node_modules/.package-lock.json`;
const isCurrent =
  existsSync(installedMark) && statSync(installedMark).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;

if (!isCurrent) {
  process.stderr.write("sipulse: installing the locked packages (npm ci)\n");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
}

// `npx sipulse` in a checkout runs the source; a package that is installed elsewhere brings its own dist/.
const command = `${root}node_modules/.bin/sipulse`;
if (process.platform !== "win32" && existsSync(`${root}node_modules/.bin`) && !existsSync(command)) {
  symlinkSync("../../src/main.ts", command);
}
