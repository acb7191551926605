/**
 * A timing wheel over numbered things: who is due, in the order of their due times, without a timer each.
 *
 *      schedule(id) --> [ bucket of its tick ] --advance(now)--> [ due list ] --takeDue()--> id
 *
 * Doubly linked lists in typed arrays: 16 octets per id, O(1) to schedule, move or cancel. Times further away
 * than one turn stay in their bucket for another turn. Memory that no id has touched stays untouched.
 *
 * @module
 */

/** In `#next`: this node is in no list. Node numbers start at 1, so fresh memory means "in no list". */
const NOWHERE = 0;

/** See the module header. Ids are small integers; the caller knows what they mean. */
export class TimingWheel {
  readonly #buckets: number;
  readonly #tickMs: number;
  /** Node of bucket 0; the ids are the nodes before it (id + 1), the due list is the node after the last bucket. */
  readonly #firstHead: number;
  readonly #dueHead: number;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #dueMs: Float64Array;
  /** The last tick whose bucket was emptied. */
  #tick: number;

  /**
   * @param options.capacity ids are 0 .. capacity-1
   * @param options.buckets ticks in one turn
   * @param options.nowMs where the wheel starts, on the clock later given to `advance`
   */
  constructor(options: { capacity: number; buckets: number; tickMs: number; nowMs: number }) {
    this.#buckets = options.buckets;
    this.#tickMs = options.tickMs;
    this.#firstHead = options.capacity + 1;
    this.#dueHead = this.#firstHead + options.buckets;
    this.#next = new Int32Array(this.#dueHead + 1);
    this.#previous = new Int32Array(this.#dueHead + 1);
    this.#dueMs = new Float64Array(options.capacity);
    this.#tick = Math.floor(options.nowMs / options.tickMs);
    for (let head = this.#firstHead; head <= this.#dueHead; head++) {
      this.#next[head] = head;
      this.#previous[head] = head;
    }
  }

  /** When `id` is due, in milliseconds; meaningless unless scheduled. */
  dueMs(id: number): number {
    return this.#dueMs[id] as number;
  }

  isScheduled(id: number): boolean {
    return this.#next[id + 1] !== NOWHERE;
  }

  /** Schedules `id`, or moves it when it is scheduled already. A time in the past is due at the next tick. */
  schedule(id: number, dueMs: number): void {
    this.cancel(id);
    this.#dueMs[id] = dueMs;
    const tick = Math.max(Math.ceil(dueMs / this.#tickMs), this.#tick + 1);
    this.#append(this.#firstHead + (tick % this.#buckets), id + 1);
  }

  /** Forgets `id`, whether scheduled, due or neither. */
  cancel(id: number): void {
    if (this.isScheduled(id)) this.#unlink(id + 1);
  }

  /** Moves everything due at `nowMs` to the due list, tick by tick. Going back in time does nothing. */
  advance(nowMs: number): void {
    const nowTick = Math.floor(nowMs / this.#tickMs);
    const firstTick = Math.max(this.#tick + 1, nowTick - this.#buckets + 1);
    for (let tick = firstTick; tick <= nowTick; tick++) this.#collect(this.#firstHead + (tick % this.#buckets), nowMs);
    this.#tick = Math.max(this.#tick, nowTick);
  }

  /** Takes the id that has been due longest; -1 when none is due. */
  takeDue(): number {
    const node = this.#next[this.#dueHead] as number;
    if (node === this.#dueHead) return -1;
    this.#unlink(node);
    return node - 1;
  }

  /** Whether `takeDue` would find one. */
  hasDue(): boolean {
    return this.#next[this.#dueHead] !== this.#dueHead;
  }

  /** Ticks until the next bucket that holds something, 1 .. `most`. */
  emptyTicks(most: number): number {
    let ticks = 1;
    while (ticks < most && this.#isEmpty(this.#tick + ticks)) ticks += 1;
    return ticks;
  }

  #isEmpty(tick: number): boolean {
    const head = this.#firstHead + (tick % this.#buckets);
    return this.#next[head] === head;
  }

  #collect(head: number, nowMs: number): void {
    let node = this.#next[head] as number;
    while (node !== head) {
      const following = this.#next[node] as number;
      if ((this.#dueMs[node - 1] as number) <= nowMs) {
        this.#unlink(node);
        this.#append(this.#dueHead, node);
      }
      node = following;
    }
  }

  #append(head: number, node: number): void {
    const last = this.#previous[head] as number;
    this.#next[last] = node;
    this.#previous[node] = last;
    this.#next[node] = head;
    this.#previous[head] = node;
  }

  #unlink(node: number): void {
    const next = this.#next[node] as number;
    const previous = this.#previous[node] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[node] = NOWHERE;
  }
}
