/**
 * The only way out of the runner for what people may read: every entry passes the redactor here, before it is kept,
 * written to the history or sent. Events wait for a moment and are looked through together, which is much cheaper than
 * one by one: nearly all of them hold nothing.
 */
import { Redactor } from '../redaction/index.js';
import { eventLine, parseEntry, type EventHead } from './entryLine.js';
import type { RunEvent } from './protocol.js';

type Raw<E> = E extends RunEvent ? Omit<E, 'seq' | 'at'> : never;
/** An entry that is no event, not redacted yet. */
export type RawEntry = Raw<Exclude<RunEvent, { kind: 'event' }>>;
/** An event that is not redacted yet. */
export type RawEvent = Omit<EventHead, 'kind' | 'seq' | 'leaks' | 'truncated'>;

export interface OutletOptions {
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys whose values may be shown. */
  readonly insensitive: readonly string[];
  readonly eventsPerSecond: number;
  readonly keep: number;
  readonly now: () => number;
  readonly send: (lines: readonly string[], skipped: number) => void;
  /** Takes all lines, redacted. */
  readonly record?: (lines: readonly string[]) => void;
}

/** Time between batches, in milliseconds. */
const INTERVAL = 25;
/** Characters that wait at most. */
const BATCH_LENGTH = 256_000;
/** Characters of an event's data that are sent and recorded. */
const DATA_LENGTH = 64_000;

interface Waiting {
  readonly head?: EventHead;
  /** Data of the event, or the whole line of another entry, redacted already. */
  readonly text: string;
}

export class Outlet {
  readonly #redactor: Redactor;
  /** Lines of the latest entries; the first one's number is #firstKept. */
  #kept: string[] = [];
  #firstKept = 1;
  #waiting: Waiting[] = [];
  #length = 0;
  #batch: string[] = [];
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
    this.#redactWaiting();
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

  value<T>(value: T): T {
    return this.#redactor.value(value) as T;
  }

  /** Redacts JSON; the result is JSON again. */
  json(json: string): string {
    const text = this.#redactor.text(json);
    if (text === json) return json;
    let masked: string;
    try {
      masked = JSON.stringify(this.#redactor.value(JSON.parse(json)));
    } catch {
      // Not JSON: it comes from a sandbox that does not keep to the rules.
      return JSON.stringify(text);
    }
    // A value that lies across the structure of the JSON: then the whole becomes one text.
    return this.#redactor.text(masked) === masked ? masked : JSON.stringify(text);
  }

  event(event: RawEvent, json: string): void {
    this.#wait({ head: { seq: ++this.#seq, kind: 'event', ...event }, text: json });
  }

  add(entry: RawEntry): void {
    this.#wait({ text: JSON.stringify(this.value({ seq: ++this.#seq, at: this.options.now(), ...entry })) });
  }

  /** Kept entries after number `seq`, oldest first. */
  since(seq: number, limit: number): readonly RunEvent[] {
    this.#redactWaiting();
    const from = Math.max(0, seq + 1 - this.#firstKept);
    return this.#kept.slice(from, from + limit).flatMap((line) => parseEntry(line) ?? []);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#redactWaiting();
    if (this.#batch.length === 0 && this.#skipped === 0) return;
    const [lines, skipped] = [this.#batch, this.#skipped];
    this.#batch = [];
    this.#skipped = 0;
    this.options.send(lines, skipped);
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#length += waiting.text.length;
    if (this.#length > BATCH_LENGTH) this.#redactWaiting();
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL);
  }

  #redactWaiting(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#length = 0;
    // What is going to be cut is masked first: a value at the edge would not be recognised after it.
    let lines = waiting.map(({ head, text }) =>
      head ? (text.length > DATA_LENGTH ? this.#redacted(head, text) : lineOf(head, text)) : text,
    );
    const whole = lines.join('\n');
    // One look at all of them; only if there is something, each is looked at alone.
    if (this.#redactor.text(whole) !== whole)
      lines = waiting.map(({ head, text }) => (head ? this.#redacted(head, text) : text));
    this.options.record?.(lines);
    this.#keep(lines);
    lines.forEach((line, i) =>
      this.#enqueue(line, waiting[i]!.head === undefined && line.includes('"kind":"failed"')),
    );
  }

  #redacted(head: EventHead, json: string): string {
    const data = this.json(json);
    if (data === json) return lineOf(this.value(head), json);
    const leaks = this.#redactor.containsSecret(json);
    const block = this.text(head.block);
    const known = this.#leaks.get(block) ?? new Set();
    for (const key of leaks) known.add(key);
    this.#leaks.set(block, known);
    return lineOf({ ...this.value(head), ...(leaks.length > 0 && { leaks }) }, data);
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) this.#kept.push(line);
    // Cut in strides, so that it costs nothing per entry.
    if (this.#kept.length <= this.options.keep * 1.25) return;
    this.#firstKept += this.#kept.length - this.options.keep;
    this.#kept = this.#kept.slice(-this.options.keep);
  }

  #enqueue(line: string, failure: boolean): void {
    // Failures are never left out.
    if (failure || this.#mayPass()) {
      this.#batch.push(line);
    } else {
      this.#skipped++;
      this.#totalSkipped++;
    }
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

/** Data that is redacted already, or holds nothing. */
function lineOf(head: EventHead, json: string): string {
  return json.length > DATA_LENGTH
    ? eventLine({ ...head, truncated: true }, JSON.stringify(json.slice(0, DATA_LENGTH)))
    : eventLine(head, json);
}
