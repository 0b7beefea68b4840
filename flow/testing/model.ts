/**
 * A test file `*.flow-test.yaml`: what is sent to a flow, and what it has to emit. Holds no values of secrets: a test runs with
 * made-up ones.
 */
import type { Json, MapValue, Name, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';

export interface FlowTestFile {
  /** Path from the test file; undefined: the flow beside it. */
  readonly flow?: Name;
  readonly setup: TestSetup;
  readonly tests: readonly FlowTest[];
  readonly problems: readonly Problem[];
}

/** What may stand for the whole file and, where it differs, for one test. */
export interface TestSetup {
  /** Path from the test file; undefined: the mocks beside the flow. */
  readonly mocks?: Name;
  /** By key. Keys that are not here have generated values. */
  readonly secrets: ReadonlyMap<string, TestSecret>;
  /** Where each key whose value is `stored` stands. */
  readonly stored: readonly Name[];
  /** Signals by owner's key and signal. */
  readonly signals?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Virtual time at the start, in milliseconds since the epoch. */
  readonly time?: number;
  readonly seed?: number;
}

/**
 * `generated`: a made-up value, the same each time; `none`: no value, as if nobody had set it; `stored`: the value that this
 * machine has, of keys with `sensitive: false` only; else the made-up text.
 */
export type TestSecret = 'generated' | 'none' | 'stored' | { readonly fake: string };

export interface FlowTest {
  readonly name: Name;
  readonly setup: TestSetup;
  readonly steps: readonly TestStep[];
  readonly expect: readonly Expectation[];
  /** What must not happen. */
  readonly never: readonly Expectation[];
}

export type TestStep = (
  | {
      readonly kind: 'send';
      readonly block: Name;
      readonly input?: Name;
      readonly output?: Name;
      readonly data: Json;
      /** What earlier blocks have emitted, by block name. */
      readonly ancestors?: Readonly<Record<string, Json>>;
    }
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly path: string;
      readonly query: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Json;
    }
  /** Moves virtual time on, in milliseconds. */
  | { readonly kind: 'advance'; readonly milliseconds: number }
) & { readonly span: Span };

export type Expectation = (
  | { readonly kind: 'event'; readonly block: Name; readonly output?: Name; readonly data?: Value }
  /** `message`: text that the failure's message holds, or a matcher. */
  | { readonly kind: 'failed'; readonly block: Name; readonly message: Value }
  | { readonly kind: 'response'; readonly status?: Value; readonly headers?: MapValue; readonly body?: Value }
) & { readonly span: Span };
