/**
 * A store on a disk that fills up: stores batches until one fails, and says how many were stored and why it ended.
 *
 * @module
 */
import { StoreError } from "../../../src/storage/store.ts";
import { openStoreAt, stored } from "./builders.ts";

// A write beyond the limit of the process then fails like one on a full disk, instead of ending the process.
process.on("SIGXFSZ", () => {});

const [path = ""] = process.argv.slice(2);
const { store } = await openStoreAt(path);
let rows = 0;
try {
  for (;;) {
    await store.apply(Array.from({ length: 100 }, (_, i) => stored({ ruid: `uloc-${rows + i}` })));
    rows += 100;
  }
} catch (error) {
  const { code, message } = error as StoreError;
  process.stdout.write(JSON.stringify({ rows, code, isStoreError: error instanceof StoreError, message }));
}
