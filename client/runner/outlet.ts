/**
 * The only way out of the runner for what people may read: every entry passes the redactor here, before it is kept,
 * written to the history or sent. Events wait for a moment and are looked through together, which is much cheaper than
 * one by one: nearly all of them hold nothing.
 */
import { marker, Redactor } from '../redaction/index.js';
import { eventLine, parseEntry, type EventHead } from './entryLine.js';
import type { EventJson } from './eventJson.js';
import { LineBuffer } from './lineBuffer.js';
import type { RunEvent } from './protocol.js';

type Raw<E> = E extends RunEvent ? Omit<E, 'seq' | 'at'> : never;
/** An entry that is no event, not redacted yet. */
export type RawEntry = Raw<Exclude<RunEvent, { kind: 'event' }>>;
/** What stands before an event's data, not redacted yet. */
export type RawHead = Omit<EventHead, 'seq' | 'leaks' | 'truncated'>;

/** An event as it comes in. */
export interface RawEvent {
  readonly json: EventJson;
}

export interface OutletOptions<E extends RawEvent> {
  readonly runId: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Keys whose values may be shown. */
  readonly insensitive: readonly string[];
  readonly eventsPerSecond: number;
  readonly keep: number;
  readonly now: () => number;
  readonly head: (event: E) => RawHead;
  /** Writes the same as a line of JSON, with the data as it is; much cheaper than by way of the head. */
  readonly line: (lines: LineBuffer, seq: number, event: E) => void;
  /** Texts of one line or more, one per entry. */
  readonly send: (texts: readonly string[], skipped: number) => void;
  /** Takes all entries, redacted: lines with their ends, in UTF-8. */
  readonly record?: (lines: Uint8Array) => void;
}

/** Time between batches, in milliseconds. */
const INTERVAL = 25;
/** Characters that wait at most: what is made of them is looked through and written while it is still at hand. */
const BATCH_LENGTH = 256_000;
/** Characters before an event's data, about. */
const HEAD_LENGTH = 100;
/** Characters of an event's data that are sent and recorded. */
const DATA_LENGTH = 64_000;

const LINE_END = Buffer.from('\n');

/** What is no event. */
class Entry {
  constructor(
    readonly value: unknown,
    /** The value as JSON. */
    readonly line: string,
  ) {}
}

/** Entries that were redacted together. */
interface Batch {
  /** Number of the first one. */
  readonly first: number;
  readonly count: number;
  /** Lines with their ends, in UTF-8. */
  readonly lines: Buffer;
}

export class Outlet<E extends RawEvent> {
  readonly #redactor: Redactor;
  /** Keys by value, of those that are not to be shown. */
  readonly #keys: ReadonlyMap<string, string>;
  readonly #kept: Batch[] = [];
  #keptCount = 0;
  /** Not redacted yet; numbered in this order. */
  #waiting: (E | Entry)[] = [];
  /** Indexes of failures among them. */
  #failures: number[] = [];
  #length = 0;
  #batch: string[] = [];
  readonly #lines = new LineBuffer();
  #skipped = 0;
  #totalSkipped = 0;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  #allowance: number;
  #refilledAt = performance.now();
  readonly #leaks = new Map<string, Set<string>>();

  constructor(private readonly options: OutletOptions<E>) {
    this.#allowance = options.eventsPerSecond;
    const shown = new Set(options.insensitive);
    this.#keys = new Map(
      Object.entries(options.secrets).flatMap(([key, value]) =>
        shown.has(key) || value === '' ? [] : [[value, key] as const],
      ),
    );
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

  /**
   * Redacts what a person's expression has given. Stricter than `json`: a text that is a value, however short, and one
   * whose characters lie in a list one by one are masked as well.
   */
  answer(value: unknown): string {
    const json = this.json(JSON.stringify(this.#exact(value)));
    const spelled = this.#redactor.containsSecret(spelledOut(JSON.parse(json)));
    return spelled.length === 0 ? json : JSON.stringify(spelled.map((key) => marker(key)).join(' '));
  }

  #exact(value: unknown): unknown {
    if (typeof value === 'string' || typeof value === 'number') {
      const key = this.#keys.get(String(value));
      return key === undefined ? value : marker(key);
    }
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#exact(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#exact(item)]));
  }

  event(event: E): void {
    this.#seq++;
    this.#wait(event, event.json.length + HEAD_LENGTH);
  }

  add(entry: RawEntry): void {
    if (entry.kind === 'failed') this.#failures.push(this.#waiting.length);
    const value = { seq: ++this.#seq, at: this.options.now(), ...entry };
    const line = JSON.stringify(value);
    this.#wait(new Entry(value, line), line.length);
  }

  /** Kept entries after number `seq`, oldest first. */
  since(seq: number, limit: number): readonly RunEvent[] {
    this.#redactWaiting();
    const found: RunEvent[] = [];
    for (const { first, count, lines } of this.#kept) {
      if (first + count <= seq + 1) continue;
      for (const line of textOf(lines)
        .split('\n')
        .slice(Math.max(0, seq + 1 - first))) {
        if (found.length >= limit) return found;
        const entry = parseEntry(line, this.options.runId);
        if (entry) found.push(entry);
      }
    }
    return found;
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#redactWaiting();
    if (this.#batch.length === 0 && this.#skipped === 0) return;
    const [texts, skipped] = [this.#batch, this.#skipped];
    this.#batch = [];
    this.#skipped = 0;
    this.options.send(texts, skipped);
  }

  #wait(entry: E | Entry, length: number): void {
    this.#waiting.push(entry);
    this.#length += length;
    if (this.#length > BATCH_LENGTH) this.#redactWaiting();
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL);
  }

  #redactWaiting(): void {
    const [waiting, failures] = [this.#waiting, this.#failures];
    const count = waiting.length;
    if (count === 0) return;
    this.#waiting = [];
    this.#failures = [];
    this.#length = 0;
    const first = this.#seq - count + 1;
    let lines = this.#joined(waiting, first, this.#line, (entry) => entry.line);
    // One look at all of them; only if there is something, each is looked at alone.
    if (this.#redactor.holdsSecret(lines)) {
      lines = this.#joined(
        waiting,
        first,
        (at, seq, event) => at.text(this.#redacted(seq, event)),
        ({ value }) => JSON.stringify(this.value(value)),
      );
    }
    this.options.record?.(lines);
    this.#keep({ first, count, lines });
    this.#enqueue(lines, count, failures);
  }

  #joined(
    waiting: readonly (E | Entry)[],
    first: number,
    writeEvent: OutletOptions<E>['line'],
    lineOf: (entry: Entry) => string,
  ): Buffer {
    const lines = this.#lines;
    for (let i = 0; i < waiting.length; i++) {
      const entry = waiting[i]!;
      if (entry instanceof Entry) lines.text(lineOf(entry));
      else writeEvent(lines, first + i, entry);
      lines.bytes(LINE_END);
    }
    return lines.take();
  }

  readonly #line = (lines: LineBuffer, seq: number, event: E): void => {
    // What is going to be cut is masked first: a value at the edge would not be recognised after it.
    if (event.json.length > DATA_LENGTH) lines.text(this.#redacted(seq, event));
    else this.options.line(lines, seq, event);
  };

  readonly #redacted = (seq: number, event: E): string => {
    const head = this.value<EventHead>({ seq, ...this.options.head(event) });
    const { text } = event.json;
    const data = this.json(text);
    const leaks = data === text ? [] : this.#redactor.containsSecret(text);
    if (leaks.length > 0) {
      const known = this.#leaks.get(head.block) ?? new Set();
      for (const key of leaks) known.add(key);
      this.#leaks.set(head.block, known);
    }
    const full = leaks.length > 0 ? { ...head, leaks } : head;
    return data.length > DATA_LENGTH
      ? eventLine({ ...full, truncated: true }, JSON.stringify(data.slice(0, DATA_LENGTH)))
      : eventLine(full, data);
  };

  #keep(batch: Batch): void {
    this.#kept.push(batch);
    this.#keptCount += batch.count;
    while (this.#kept.length > 1 && this.#keptCount - this.#kept[0]!.count >= this.options.keep) {
      const { count, lines } = this.#kept.shift()!;
      this.#keptCount -= count;
      this.#lines.giveBack(lines);
    }
  }

  /** Failures are never left out. */
  #enqueue(lines: Buffer, count: number, failures: readonly number[]): void {
    const allowed = this.#allowed(count);
    if (allowed === count) {
      this.#batch.push(textOf(lines));
      return;
    }
    const late = failures.filter((i) => i >= allowed);
    const ends = lineEnds(lines, Math.max(allowed, ...late.map((i) => i + 1)));
    if (allowed > 0) this.#batch.push(lines.toString('utf8', 0, ends[allowed - 1]));
    for (const i of late) this.#batch.push(lines.toString('utf8', i > 0 ? ends[i - 1]! + 1 : 0, ends[i]));
    const left = count - allowed - late.length;
    this.#skipped += left;
    this.#totalSkipped += left;
  }

  /** How many of `count` may pass now. Bursts pass up to the number of one second; after that, as many per second. */
  #allowed(count: number): number {
    const { eventsPerSecond: rate } = this.options;
    if (rate === 0) return count;
    const now = performance.now();
    this.#allowance = Math.min(rate, this.#allowance + ((now - this.#refilledAt) / 1000) * rate);
    this.#refilledAt = now;
    const allowed = Math.min(count, Math.floor(this.#allowance));
    this.#allowance -= allowed;
    return allowed;
  }
}

/** Single characters, and the characters of small numbers, in the order in which they lie in a value. */
function spelledOut(value: unknown): string {
  if (typeof value === 'string') return value.length <= 2 ? value : ' ';
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : ' ';
  if (typeof value !== 'object' || value === null) return ' ';
  return Object.values(value).map(spelledOut).join('');
}

/** Lines without the last line end. */
function textOf(lines: Buffer): string {
  return lines.toString('utf8', 0, lines.length - 1);
}

/** Offsets of the first `count` line ends. */
function lineEnds(lines: Buffer, count: number): number[] {
  const ends: number[] = [];
  for (let at = -1; ends.length < count;) ends.push((at = lines.indexOf(10, at + 1)));
  return ends;
}
