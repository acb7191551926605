/**
 * A daemon's storage as a process of its own, to be killed: stores 300 bindings, accepts 50 more, and waits.
 *
 * @module
 */
import { systemClock as clock } from "../../../src/base/clock.ts";
import { openWriteBack } from "../../../src/storage/write-back.ts";
import { openStoreAt, stored } from "./builders.ts";

const [path = ""] = process.argv.slice(2);
const { store, recorder } = await openStoreAt(path);
/** Longer than any test: what is not flushed by hand stays unflushed. */
const flushIntervalMs = 3_600_000;
const writeBack = openWriteBack({ store, clock, flushIntervalMs, observer: recorder, log: recorder.log });

writeBack.accept(Array.from({ length: 300 }, (_, i) => stored({ ruid: `flushed-${i}` })));
await writeBack.flush();
writeBack.accept(Array.from({ length: 50 }, (_, i) => stored({ ruid: `waiting-${i}` })));
process.stdout.write(`ready: ${writeBack.waitingRows} waiting\n`);
