/**
 * A folder for what a test writes; gone when the test is over.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own below the system's temporary folder. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** Absolute path of a file in it, whether it exists or not. */
  file(name: string): string;
  /** Writes a file and returns its absolute path. */
  write(name: string, content: string | Uint8Array): string;
}

/** Makes the folder; `using` removes it with everything in it. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "sipulse-test-"));
  const file = (name: string): string => join(path, name);
  return {
    path,
    file,
    write(name, content) {
      writeFileSync(file(name), content);
      return file(name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
