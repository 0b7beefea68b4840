/** The events of a run as the trusted process keeps them: those under way, and the latest, bounded in count and size. */
import type { MockSource, Target } from './definition.js';
import type { EventJson } from './eventJson.js';
import type { Descent, Fact } from './lineage.js';

/** What descendants can see of an event. */
export interface EventFact extends Fact {
  readonly n: number;
  readonly output: number;
  /** The data, not redacted: never leaves the process but as data of the flow itself. */
  readonly json: EventJson;
}

/** `block` is -1 for a debug event: no block has emitted it. */
export interface EventRecord extends EventFact, Descent<EventRecord, EventFact> {
  /** Changed by hand alone, in a debug run (EventStore.change). */
  json: EventJson;
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
  /** The latest events: number n is at n % maxCount, as numbers follow each other. */
  readonly #ring: (EventRecord | undefined)[] = [];
  /** Events with deliveries under way that the ring has no room for any more. */
  readonly #late = new Map<number, EventRecord>();
  /** Number of the oldest event in the ring. */
  #first = 1;
  #size = 0;
  #open = 0;
  #last = 0;

  /** @param maxSize bytes of JSON */
  constructor(
    private readonly maxCount: number,
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

  /** Events with deliveries under way, in the order of their numbers. */
  get live(): EventRecord[] {
    const live = [...this.#late.values()];
    for (let n = this.#first; n <= this.#last; n++) {
      const record = this.#at(n);
      if (record.open > 0) live.push(record);
    }
    return live;
  }

  /** Each event's number is that of the one before and 1. */
  add(record: EventRecord): void {
    this.#last = record.n;
    this.#open += record.open;
    if (record.n - this.#first === this.maxCount) this.#drop();
    this.#ring[record.n % this.maxCount] = record;
    this.#size += record.json.length;
    while (this.#size > this.maxSize && this.#first < this.#last) this.#drop();
  }

  /** Gives an event other data. */
  change(record: EventRecord, json: EventJson): void {
    if (record.n >= this.#first) this.#size += json.length - record.json.length;
    record.json = json;
  }

  get(n: number): EventRecord | undefined {
    return n >= this.#first && n <= this.#last ? this.#at(n) : this.#late.get(n);
  }

  #at(n: number): EventRecord {
    return this.#ring[n % this.maxCount]!;
  }

  #drop(): void {
    const record = this.#at(this.#first);
    this.#ring[this.#first % this.maxCount] = undefined;
    this.#first++;
    this.#size -= record.json.length;
    if (record.open > 0) {
      this.#late.set(record.n, record);
      detach(record);
    }
  }

  /** Marks a delivery as handled, which must be under way. */
  handled(record: EventRecord, d: number): void {
    if (record.targets.length > 1) (record.done ??= [])[d] = true;
    this.#open--;
    if (--record.open === 0 && record.n < this.#first) this.#late.delete(record.n);
  }
}

/** What has come together with the event need not be kept as long as its line of descent. */
function detach(record: EventRecord): void {
  for (let at: EventRecord | undefined = record; at; at = at.up) {
    at.json.detach();
    for (const { json } of at.above ?? []) json.detach();
  }
}

/** Whether the delivery to target `d` is under way. */
export function isWaiting({ open, done, targets }: EventRecord, d: number): boolean {
  return open > 0 && d < targets.length && done?.[d] !== true;
}

export function waitingTargets(record: EventRecord): number[] {
  return record.targets.map((_, d) => d).filter((d) => isWaiting(record, d));
}
