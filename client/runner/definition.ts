/**
 * A flow as the engine needs it: blocks by index, links turned to the sending side, each `!expr` once with the way back
 * to its place in the file. Plain data but for `locate`; made by fromFlow.ts, or by hand in tests.
 */
import type { Json } from '../../flow/model.js';
import type { Position } from '../../flow/text.js';

/**
 * A value that may hold expressions. `c`: constant; `x`: index of an expression; `m`: map entries in file order;
 * `l`: list items. Short names, because it travels to the sandbox as JSON.
 */
export type Template =
  | { readonly c: Json }
  | { readonly x: number }
  | { readonly m: readonly (readonly [string, Template])[] }
  | { readonly l: readonly Template[] };

export const EMPTY_MAP: Template = { c: {} };

export interface ExpressionDefinition {
  /** JavaScript as it stands after YAML's unescaping. */
  readonly text: string;
  /** Index of the block that holds it. */
  readonly block: number;
  /** Place in the block, e.g. `inputs.default.config.url`. */
  readonly path: string;
  /** Name of the file that holds it. */
  readonly file: string;
  /** Position in the file of an offset of `text`. */
  readonly locate: (offset: number) => Position;
  /** Keys read from `secrets` for certain. */
  readonly secrets: readonly string[];
}

export interface InputDefinition {
  readonly key: string;
  /** Evaluated for every event. */
  readonly config: Template;
}

/** Receiving end of a link: indexes of the block and of its input. */
export type Target = readonly [block: number, input: number];

export interface OutputDefinition {
  readonly key: string;
  readonly customization?: Template;
  readonly targets: readonly Target[];
}

export interface BlockDefinition {
  readonly name: string;
  /** What expressions call it: `outputs.<key>`. */
  readonly key: string;
  readonly description?: string;
  readonly type:
    | { readonly kind: 'core'; readonly name: string }
    | {
        readonly kind: 'app';
        readonly block: string;
        readonly installation: string;
        readonly schema?: { readonly [key: string]: Json };
      }
    | { readonly kind: 'none' };
  /** Static configuration, evaluated once per run. */
  readonly config: Template;
  readonly inputs: readonly InputDefinition[];
  readonly outputs: readonly OutputDefinition[];
  /** Index of the block that gets this block's failures. */
  readonly errorHandler?: number;
  /** Where the block stands in the file. */
  readonly place: Position;
}

/** What stands in for a block: the first answer that fits the event which came in. */
export type Mock = readonly MockAnswer[];

export interface MockAnswer {
  readonly source: MockSource;
  /** Data of the event that it answers, in part; without it, any. */
  readonly when?: Json;
  /** Events it emits; without an output key, on the default output. */
  readonly outputs: readonly { readonly output?: string; readonly data: Template }[];
  /** It fails with this message instead. */
  readonly error?: string;
  /** Seconds before it does anything. */
  readonly delay: number;
}

/** Where an answer comes from: written by hand in a mocks file, recorded there from a run, or made from the block's schema. */
export type MockSource = 'file' | 'recorded' | 'generated';

export interface FlowDefinition {
  /** File name, for messages. */
  readonly file: string;
  readonly blocks: readonly BlockDefinition[];
  readonly expressions: readonly ExpressionDefinition[];
  /** By block index. */
  readonly mocks: ReadonlyMap<number, Mock>;
  /** Signals of the mocks file, by owner's key and signal. */
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Keys that the expressions name, sorted. */
  readonly secretKeys: readonly string[];
  /** Sentences about what could not be taken over, e.g. a link to a block that does not exist. */
  readonly problems: readonly string[];
}

/** Index of the block with this name; undefined when there is none. */
export function blockIndex(flow: FlowDefinition, name: string): number | undefined {
  const index = flow.blocks.findIndex((block) => block.name === name);
  return index < 0 ? undefined : index;
}
