/** The one choke point: knows the secrets, masks text, structured values and byte streams. */
import { Matcher } from './matcher.js';
import { PatternList, SHORTEST } from './pattern.js';
import { PatternSet } from './pattern-set.js';
import { patternsOf } from './patterns.js';
import { weaknessesOf } from './policy.js';
import type { Secret, Weakness } from './secret.js';
import { RedactionStream, type StreamOptions } from './stream.js';
import { maskValue } from './structured.js';
import { SLICE, workspace } from './workspace.js';

interface Known {
  readonly secret: Secret;
  readonly patterns: PatternList;
}

export class Redactor {
  private readonly known = new Map<string, Known>();
  private current: Matcher | undefined;
  /** Keys found by `containsSecret`, while it runs. */
  private found: Set<string> | undefined;
  private readonly whole = new RedactionStream(() => this.matcher, {
    masked: (key) => this.found?.add(key),
    transient: true,
  });

  constructor(secrets: Iterable<Secret> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Replaces a secret of the same key. What live streams still hold is masked for it too. */
  add(secret: Secret): void {
    const patterns = secret.sensitive === false ? PatternList.NONE : patternsOf(secret.value);
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
    if (text.length <= SLICE / 3 && !this.isSecretIn(text)) return text;
    const bytes = Buffer.from(text);
    const masked = this.bytes(bytes);
    return masked === bytes ? text : Buffer.from(masked).toString();
  }

  /** Masks bytes that are a whole text; the same array when there is nothing to hide. */
  bytes(bytes: Uint8Array): Uint8Array {
    if (bytes.length < SHORTEST) return bytes;
    const masked = Buffer.concat([this.whole.write(bytes), this.whole.end()]);
    return masked.equals(bytes) ? bytes : masked;
  }

  /** Whether bytes that are a whole text hold anything to hide. Makes no copy of them. */
  holdsSecret(bytes: Uint8Array): boolean {
    this.found = new Set();
    try {
      for (let at = 0; at < bytes.length; at += SLICE) this.whole.write(bytes.subarray(at, at + SLICE));
      this.whole.end();
      return this.found.size > 0;
    } finally {
      this.found = undefined;
    }
  }

  /**
   * Masks a structured value: strings, numbers and booleans in objects, arrays, Maps, Sets, errors and buffers, as keys and as
   * values. Returns the same object when there is nothing to hide, else a copy that shares all clean parts with it. Objects
   * without anything to copy into, such as a URL, become text.
   */
  value(value: unknown): unknown {
    return maskValue(value, this);
  }

  /** Keys of the secrets that occur in a value, sorted. */
  containsSecret(value: unknown): string[] {
    this.found = new Set();
    try {
      maskValue(value, this);
      return [...this.found].sort();
    } finally {
      this.found = undefined;
    }
  }

  /** A stream of its own; any number of them may be open. */
  stream(options?: StreamOptions): RedactionStream {
    return new RedactionStream(() => this.matcher, options);
  }

  private isSecretIn(text: string): boolean {
    // A UTF-16 unit takes three bytes at most.
    workspace.reserve(text.length * 3);
    return this.matcher.scan(workspace.bytes.write(text), -1, true).count > 0;
  }

  private get matcher(): Matcher {
    return (this.current ??= new Matcher(
      new PatternSet([...this.known].map(([key, { patterns }]) => ({ key, patterns }))),
    ));
  }
}
