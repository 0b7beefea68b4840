/** The events of a run as the trusted process keeps them: those under way, and the latest, bounded in count and size. */
import type { MockSource, Target } from './definition.js';
import type { Lineage } from './lineage.js';

export interface EventRecord {
  readonly n: number;
  /** -1: none (a debug event). */
  readonly block: number;
  readonly output: number;
  readonly parent: number;
  /** The data as JSON, not redacted: never leaves the process but as data of the flow itself. */
  readonly json: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly depth: number;
  /** The event itself and its ancestors. */
  readonly lineage: Lineage<EventRecord> | undefined;
  readonly targets: readonly Target[];
  /** Ordinals of the targets that have not handled it yet. */
  readonly waiting: number[];
  /** Present when a mock has stood in for the block. */
  readonly mock?: MockSource;
  /** How often the present sandbox holds it. */
  held: number;
}

export class EventStore {
  /** Events with deliveries under way. */
  readonly live = new Map<number, EventRecord>();
  readonly #kept = new Map<number, EventRecord>();
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

  add(record: EventRecord): void {
    this.#last = Math.max(this.#last, record.n);
    this.#open += record.waiting.length;
    if (record.waiting.length > 0) this.live.set(record.n, record);
    this.#kept.set(record.n, record);
    this.#size += record.json.length;
    while (this.#kept.size > this.maxCount || (this.#size > this.maxSize && this.#kept.size > 1)) {
      const [n, oldest] = this.#kept.entries().next().value!;
      this.#kept.delete(n);
      this.#size -= oldest.json.length;
    }
  }

  get(n: number): EventRecord | undefined {
    return this.live.get(n) ?? this.#kept.get(n);
  }

  /** Marks a delivery as handled. False: it was not under way. */
  handled(record: EventRecord, d: number): boolean {
    const index = record.waiting.indexOf(d);
    if (index < 0) return false;
    record.waiting.splice(index, 1);
    this.#open--;
    if (record.waiting.length === 0) this.live.delete(record.n);
    return true;
  }
}
