/**
 * Compares what a flow has emitted with what a test expects: maps in part, lists item by item, everything else exactly. `!any`,
 * `!absent`, `!match` and `!expr` stand for what differs from run to run.
 */
import type { ConstantValue, Json, Value } from '../../flow/model.js';
import type { Span } from '../../flow/text.js';

export interface Difference {
  /** Where in the data, e.g. `body.items[0]`; '' for the whole. */
  readonly path: string;
  /** What was expected, in words or as JSON. */
  readonly expected: string;
  /** What was there; undefined: nothing. */
  readonly actual: Json | undefined;
  /** Of the expectation in the test file. */
  readonly span: Span;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** The actual data with what was expected in the place of what differs: a diff of the two shows that alone. */
  readonly expected: Json | undefined;
}

export interface MatchOptions {
  /** Masks values of secrets, as has been done with the actual data. */
  readonly mask: (value: ConstantValue['value']) => Json;
  /** Whether a `!match` or `!expr` holds for a value; a text says why it could not be told. */
  readonly holds: (matcher: Value, actual: Json) => Promise<boolean | string>;
}

const NOTHING = Symbol('nothing');
type Actual = Json | typeof NOTHING;

export async function compare(expected: Value, actual: Json, options: MatchOptions): Promise<Comparison> {
  const differences: Difference[] = [];
  const shown = await new Comparer(options, differences).value(expected, actual, '');
  return { differences, expected: shown === NOTHING ? undefined : shown };
}

class Comparer {
  constructor(
    private readonly options: MatchOptions,
    private readonly differences: Difference[],
  ) {}

  /** Gives what to show as expected. */
  async value(expected: Value, actual: Actual, path: string): Promise<Actual> {
    switch (expected.kind) {
      case 'map': {
        if (!isMap(actual)) return this.#differs(expected, actual, path);
        const shown = new Map<string, Json>(Object.entries(actual));
        for (const { key, value } of expected.entries) {
          const found = Object.hasOwn(actual, key) ? actual[key]! : NOTHING;
          const inner = await this.value(value, found, path === '' ? key : `${path}.${key}`);
          if (inner === NOTHING) shown.delete(key);
          else shown.set(key, inner);
        }
        return Object.fromEntries(shown);
      }
      case 'list': {
        if (!Array.isArray(actual) || actual.length !== expected.items.length)
          return this.#differs(expected, actual, path);
        const shown: Json[] = [];
        for (const [i, item] of expected.items.entries()) {
          const inner = await this.value(item, (actual as readonly Json[])[i]!, `${path}[${i}]`);
          if (inner !== NOTHING) shown.push(inner);
        }
        return shown;
      }
      case 'expression':
        return this.#holds(expected, actual, path);
      case 'constant':
        break;
    }
    if (expected.tag === '!absent')
      return actual === NOTHING ? NOTHING : (this.#differs(expected, actual, path), NOTHING);
    if (expected.tag === '!any') return actual === NOTHING ? this.#differs(expected, actual, path) : actual;
    if (expected.tag === '!match') return this.#holds(expected, actual, path);
    const constant = this.options.mask(expected.value);
    return actual !== NOTHING && constant === actual ? actual : this.#differs(expected, actual, path);
  }

  async #holds(matcher: Value, actual: Actual, path: string): Promise<Actual> {
    if (actual === NOTHING) return this.#differs(matcher, actual, path);
    const held = await this.options.holds(matcher, actual);
    if (held === true) return actual;
    return this.#differs(matcher, actual, path, held === false ? undefined : held);
  }

  #differs(expected: Value, actual: Actual, path: string, reason?: string): Json {
    const shown = this.shown(expected);
    const text = typeof shown === 'string' && isMatcher(expected) ? shown : JSON.stringify(shown);
    this.differences.push({
      path,
      expected: reason === undefined ? text : `${text} (${reason})`,
      actual: actual === NOTHING ? undefined : actual,
      span: expected.span,
    });
    return shown;
  }

  /** Expected data as JSON; matchers as texts. */
  shown(value: Value): Json {
    switch (value.kind) {
      case 'map':
        return Object.fromEntries(value.entries.map((entry) => [entry.key, this.shown(entry.value)]));
      case 'list':
        return value.items.map((item) => this.shown(item));
      case 'expression':
        return `!expr ${value.scalar.value.trim()}`;
      case 'constant':
        return value.tag === undefined
          ? this.options.mask(value.value)
          : [value.tag, value.value].filter((part) => part !== null && part !== '').join(' ');
    }
  }
}

function isMatcher(value: Value): boolean {
  return value.kind === 'expression' || (value.kind === 'constant' && value.tag !== undefined);
}

function isMap(value: Actual): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
