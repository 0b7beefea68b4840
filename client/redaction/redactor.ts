/** The one choke point: knows the secrets, masks text, structured values and byte streams. */
import { marker } from './markers.js';
import { Matcher, type Match, type Pattern } from './matcher.js';
import type { Secret, Weakness } from './secret.js';
import { RedactionStream } from './stream.js';

export class Redactor {
  private readonly secrets = new Map<string, Secret>();
  private current: Matcher | undefined;

  constructor(secrets: Iterable<Secret> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Replaces a secret of the same key. Bytes that live streams still hold are masked for it too. */
  add(secret: Secret): void {
    this.secrets.set(secret.key, secret);
    this.current = undefined;
  }

  remove(key: string): void {
    if (this.secrets.delete(key)) this.current = undefined;
  }

  get weaknesses(): readonly Weakness[] {
    return [...this.secrets.values()]
      .filter((s) => s.value.trim() === '')
      .map(({ key }) => ({
        key,
        reason: 'empty',
        message: `The value of ${key} is empty: there is nothing to mask.`,
      }));
  }

  get matcher(): Matcher {
    return (this.current ??= new Matcher([...this.secrets.values()].flatMap(patternsOf)));
  }

  /** Masks a whole string; the same string when there is nothing to hide. */
  text(text: string): string {
    const bytes = Buffer.from(text);
    const { matches } = this.matcher.scan(bytes);
    return matches.length ? Buffer.from(mask(bytes, 0, bytes.length, union(matches))).toString() : text;
  }

  /** Masks the strings of a structured value; the same object when there is nothing to hide. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) {
      const copy = value.map((item) => this.value(item));
      return copy.some((item, i) => item !== value[i]) ? copy : value;
    }
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value);
      const copy = entries.map(([k, v]) => [this.text(k), this.value(v)] as const);
      return copy.some(([k, v], i) => k !== entries[i]![0] || v !== entries[i]![1])
        ? Object.fromEntries(copy)
        : value;
    }
    return value;
  }

  /** Keys of the secrets that occur in a value. */
  containsSecret(value: unknown): string[] {
    const text = typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? '');
    return [...new Set(this.matcher.scan(Buffer.from(text)).matches.map(({ key }) => key))];
  }

  stream(): RedactionStream {
    return new RedactionStream(() => this.matcher);
  }
}

function patternsOf({ key, value, sensitive = true }: Secret): Pattern[] {
  if (!sensitive || value.trim().length < 4) return [];
  const forms = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
  ];
  return [...new Set(forms)].map((form) => ({ key, bytes: Buffer.from(form) }));
}

/** A masked stretch and the keys that occur in it. */
export interface Span {
  start: number;
  end: number;
  keys: Set<string>;
}

/** Overlapping matches become one span. */
export function union(matches: Match[]): Span[] {
  const spans: Span[] = [];
  for (const { start, end, key } of matches.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = spans.at(-1);
    if (last && start < last.end) {
      last.end = Math.max(last.end, end);
      last.keys.add(key);
    } else spans.push({ start, end, keys: new Set([key]) });
  }
  return spans;
}

export function mask(text: Uint8Array, from: number, to: number, spans: readonly Span[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = from;
  for (const span of spans) {
    if (span.end > to) break;
    parts.push(text.subarray(at, span.start), Buffer.from(marker(span.keys)));
    at = span.end;
  }
  parts.push(text.subarray(at, to));
  return Buffer.concat(parts);
}
