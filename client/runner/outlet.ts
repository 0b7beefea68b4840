/**
 * The only way out of the runner for what people may read: every text passes the redactor here, before it is kept,
 * counted, batched or sent.
 */
import { Redactor } from '../redaction/index.js';
import type { RunEvent } from './protocol.js';

/** An entry without what the outlet adds. `data` and texts are not redacted yet. */
type Raw<E> = E extends RunEvent
  ? Omit<E, 'seq' | 'at' | 'leaks' | 'truncated'> & { readonly at?: number }
  : never;
export type RawEntry = Raw<RunEvent>;

export interface OutletOptions {
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys whose values may be shown. */
  readonly insensitive: readonly string[];
  readonly eventsPerSecond: number;
  readonly keep: number;
  readonly now: () => number;
  readonly send: (events: readonly RunEvent[], skipped: number) => void;
}

/** Time between batches, in milliseconds. */
const INTERVAL = 25;
/** Characters of an event's data that are sent unasked. */
const DATA_LENGTH = 64_000;

export class Outlet {
  readonly #redactor: Redactor;
  readonly #kept: RunEvent[] = [];
  #batch: RunEvent[] = [];
  #skipped = 0;
  #totalSkipped = 0;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  #allowance: number;
  #refilledAt = performance.now();
  readonly #leaks = new Map<string, Set<string>>();

  constructor(private readonly options: OutletOptions) {
    this.#allowance = options.eventsPerSecond;
    const shown = new Set(options.insensitive);
    this.#redactor = new Redactor(
      Object.entries(options.secrets).map(([key, value]) => ({ key, value, sensitive: !shown.has(key) })),
    );
  }

  get skipped(): number {
    return this.#totalSkipped;
  }

  get leaks(): { block: string; keys: string[] }[] {
    return [...this.#leaks].map(([block, keys]) => ({ block, keys: [...keys].sort() }));
  }

  /** Sentences about secrets that cannot be masked as others are; they name keys only. */
  get weaknesses(): string[] {
    return this.#redactor.weaknesses.map(({ message }) => message);
  }

  /** For texts outside entries: answers to requests, errors. */
  text(text: string): string {
    return this.#redactor.text(text);
  }

  /** Redacts the JSON of an event's data. */
  json(json: string): string {
    // A hit in the text decides; only then the structure is walked, so that the result is JSON again.
    const text = this.#redactor.text(json);
    if (text === json) return json;
    const masked = JSON.stringify(this.#redactor.value(JSON.parse(json)));
    // A value that lies across the structure of the JSON: then the whole becomes one text.
    return this.#redactor.text(masked) === masked ? masked : JSON.stringify(text);
  }

  value<T>(value: T): T {
    return this.#redactor.value(value) as T;
  }

  add(entry: RawEntry): void {
    const { at = this.options.now(), ...rest } = entry;
    const seq = ++this.#seq;
    const full = (
      rest.kind === 'event' ? { seq, at, ...this.#event(rest) } : { seq, at, ...this.value(rest) }
    ) as RunEvent;
    this.#kept.push(full);
    // Cut in strides, so that it costs nothing per entry.
    if (this.#kept.length > this.options.keep * 1.25)
      this.#kept.splice(0, this.#kept.length - this.options.keep);
    this.#enqueue(full);
  }

  /** Kept entries after `seq`, oldest first. */
  since(seq: number, limit: number): readonly RunEvent[] {
    const from = this.#kept.findIndex((entry) => entry.seq > seq);
    return from < 0 ? [] : this.#kept.slice(from, from + limit);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.length === 0 && this.#skipped === 0) return;
    const [events, skipped] = [this.#batch, this.#skipped];
    this.#batch = [];
    this.#skipped = 0;
    this.options.send(events, skipped);
  }

  #event<E extends { readonly block: string; readonly data: string }>(
    entry: E,
  ): E & { readonly leaks?: readonly string[]; readonly truncated?: true } {
    const data = this.json(entry.data);
    let leaks: readonly string[] = [];
    if (data !== entry.data) {
      leaks = this.#redactor.containsSecret(JSON.parse(entry.data));
      const known = this.#leaks.get(entry.block) ?? new Set();
      for (const key of leaks) known.add(key);
      this.#leaks.set(entry.block, known);
    }
    const truncated = data.length > DATA_LENGTH;
    return {
      ...entry,
      data: truncated ? data.slice(0, DATA_LENGTH) : data,
      ...(leaks.length > 0 && { leaks }),
      ...(truncated && { truncated: true as const }),
    };
  }

  #enqueue(entry: RunEvent): void {
    // Failures are never left out.
    if (entry.kind === 'failed' || this.#mayPass()) {
      this.#batch.push(entry);
    } else {
      this.#skipped++;
      this.#totalSkipped++;
    }
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL);
  }

  /** Bursts pass up to the number of one second; after that, as many per second. */
  #mayPass(): boolean {
    const { eventsPerSecond: rate } = this.options;
    if (rate === 0) return true;
    if (this.#allowance < 1) {
      const now = performance.now();
      this.#allowance = Math.min(rate, this.#allowance + ((now - this.#refilledAt) / 1000) * rate);
      this.#refilledAt = now;
      if (this.#allowance < 1) return false;
    }
    this.#allowance--;
    return true;
  }
}
