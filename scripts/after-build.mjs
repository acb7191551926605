/**
 * Makes the build runnable, notes the commit it was made from, and refuses a broken one: the shebang, the executable bit, no import of a `.ts` file left.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const main = join(dist, "main.js");
/** rwxr-xr-x */
const EXECUTABLE = 0o755;

/** An import the compiler should have rewritten: `from "./a.ts"`, `import("./a.ts")`. */
const TYPESCRIPT_IMPORT = /(?:from|import)\s*\(?\s*"\.[^"]*\.ts"/;

function problemsOfBuild() {
  if (!existsSync(main)) return ["dist/main.js is missing: did the compiler emit anything?"];
  const problems = [];
  if (!readFileSync(main, "utf8").startsWith("#!")) problems.push("src/main.ts must start with #!/usr/bin/env node");
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const isScript = path.endsWith(".js");
    if (isScript && TYPESCRIPT_IMPORT.test(readFileSync(join(dist, path), "utf8"))) {
      problems.push(`dist/${path} imports a .ts file, which is not in the package`);
    }
  }
  return problems;
}

const problems = problemsOfBuild();
if (problems.length === 0) {
  chmodSync(main, EXECUTABLE);
  const { stdout } = spawnSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: dist, encoding: "utf8" });
  writeFileSync(join(dist, "build.json"), `${JSON.stringify({ revision: stdout?.trim() || "unknown" })}\n`);
} else {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}
