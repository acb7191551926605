/**
 * Text that outlives its datagram: copied, so that a contact does not keep a whole message alive, and shared
 * where many contacts say the same (User-Agent).
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Longest text that is copied through the scratch buffer; parser limits keep every field below it. */
const SCRATCH_OCTETS = 65_536;
/** Distinct shared texts; beyond it a text is simply not shared. */
const SHARED_TEXTS_MAX = 10_000;

const scratch = Buffer.allocUnsafeSlow(SCRATCH_OCTETS);

/** The same latin1 text in memory of its own: V8 keeps a slice of a message as a pointer into the message. */
export function copyText(text: string): string {
  const length = scratch.write(text, 0, "latin1");
  return scratch.toString("latin1", 0, length);
}

/** Hands out one copy of each distinct text. */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const copy = copyText(text);
    if (this.#texts.size < SHARED_TEXTS_MAX) this.#texts.set(copy, copy);
    return copy;
  }
}
