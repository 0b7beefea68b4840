/** The events of a run as the trusted process keeps them: those under way, and the latest, bounded in count and size. */
import type { MockSource, Target } from './definition.js';
import type { Descent, Fact } from './lineage.js';

/** What descendants can see of an event. */
export interface EventFact extends Fact {
  readonly n: number;
  readonly output: number;
  /** The data as JSON, not redacted: never leaves the process but as data of the flow itself. */
  readonly json: string;
}

/** `block` is -1 for a debug event: no block has emitted it. */
export interface EventRecord extends EventFact, Descent<EventRecord, EventFact> {
  readonly parent: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly depth: number;
  readonly targets: readonly Target[];
  /** How many of the targets have not handled it yet. */
  open: number;
  /** Which of several targets have handled it; unused where there is one. */
  done: boolean[] | undefined;
  /** Present when a mock has stood in for the block. */
  readonly mock: MockSource | undefined;
  /** How often the present sandbox holds it. */
  held: number;
}

export class EventStore {
  /** Events with deliveries under way. */
  readonly live = new Map<number, EventRecord>();
  /** The latest events, in the order of their numbers, in a ring: its oldest one is at #head. */
  readonly #ring: (EventRecord | undefined)[] = [];
  #head = 0;
  #count = 0;
  #size = 0;
  #open = 0;
  #last = 0;

  constructor(
    private readonly maxCount: number,
    /** Characters of JSON. */
    private readonly maxSize: number,
  ) {}

  /** Deliveries under way. */
  get open(): number {
    return this.#open;
  }

  /** Number of the latest event. */
  get last(): number {
    return this.#last;
  }

  /** Numbers grow from call to call. */
  add(record: EventRecord): void {
    this.#last = record.n;
    if (record.open > 0) {
      this.#open += record.open;
      this.live.set(record.n, record);
    }
    if (this.#count === this.maxCount) this.#drop();
    this.#ring[(this.#head + this.#count) % this.maxCount] = record;
    this.#count++;
    this.#size += record.json.length;
    while (this.#size > this.maxSize && this.#count > 1) this.#drop();
  }

  get(n: number): EventRecord | undefined {
    const live = this.live.get(n);
    if (live) return live;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).n < n) low = middle + 1;
      else high = middle;
    }
    const found = low < this.#count ? this.#at(low) : undefined;
    return found?.n === n ? found : undefined;
  }

  #at(index: number): EventRecord {
    return this.#ring[(this.#head + index) % this.maxCount]!;
  }

  #drop(): void {
    this.#size -= this.#ring[this.#head]!.json.length;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.maxCount;
    this.#count--;
  }

  /** Marks a delivery as handled, which must be under way. */
  handled(record: EventRecord, d: number): void {
    if (record.targets.length > 1) (record.done ??= [])[d] = true;
    this.#open--;
    if (--record.open === 0) this.live.delete(record.n);
  }
}

/** Whether the delivery to target `d` is under way. */
export function isWaiting({ open, done, targets }: EventRecord, d: number): boolean {
  return open > 0 && d < targets.length && done?.[d] !== true;
}

export function waitingTargets(record: EventRecord): number[] {
  return record.targets.map((_, d) => d).filter((d) => isWaiting(record, d));
}
