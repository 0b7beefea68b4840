/** The one choke point: knows the secrets, masks text, structured values and byte streams. */
import { Matcher } from './matcher.js';
import { type Pattern, SHORTEST } from './pattern.js';
import { PatternSet } from './pattern-set.js';
import { patternsOf } from './patterns.js';
import { weaknessesOf } from './policy.js';
import { FIELDS, type Scan } from './scan.js';
import type { Secret, Weakness } from './secret.js';
import { RedactionStream } from './stream.js';
import { SLICE, workspace } from './workspace.js';

interface Known {
  readonly secret: Secret;
  readonly patterns: readonly Pattern[];
}

export class Redactor {
  private readonly known = new Map<string, Known>();
  private current: Matcher | undefined;
  private readonly whole = new RedactionStream(() => this.matcher);

  constructor(secrets: Iterable<Secret> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Replaces a secret of the same key. What live streams still hold is masked for it too. */
  add(secret: Secret): void {
    const patterns = secret.sensitive === false ? [] : patternsOf(secret.value);
    this.known.set(secret.key, { secret, patterns });
    this.current = undefined;
  }

  /** From now on the value of this key is shown. */
  remove(key: string): void {
    if (this.known.delete(key)) this.current = undefined;
  }

  /** What to tell the user about values that are masked less than others, or not at all. */
  get weaknesses(): readonly Weakness[] {
    return [...this.known.values()].flatMap(({ secret }) => weaknessesOf(secret));
  }

  /** Masks a whole string; the same string when there is nothing to hide. */
  text(text: string): string {
    if (text.length < SHORTEST) return text;
    if (text.length <= SLICE / 3 && this.scan(text).count === 0) return text;
    const bytes = Buffer.from(text);
    const masked = Buffer.concat([this.whole.write(bytes), this.whole.end()]);
    return masked.equals(bytes) ? text : masked.toString();
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
    const { count, occurrences } = this.scan(text);
    const keys = new Set<string>();
    for (let i = 0; i < count; i++) keys.add(this.matcher.set.keys[occurrences[i * FIELDS + 2]!]!);
    return [...keys];
  }

  /** A stream of its own; any number of them may be open. */
  stream(): RedactionStream {
    return new RedactionStream(() => this.matcher);
  }

  private scan(text: string): Scan {
    // A UTF-16 unit takes three bytes at most.
    workspace.reserve(text.length * 3);
    return this.matcher.scan(workspace.bytes.write(text), -1, true);
  }

  private get matcher(): Matcher {
    return (this.current ??= new Matcher(
      new PatternSet([...this.known].map(([key, { patterns }]) => ({ key, patterns }))),
    ));
  }
}
