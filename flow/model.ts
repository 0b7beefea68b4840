/**
 * What a flow is, once parsed (flows-platform §1). Immutable. Every span is relative to the text of the segment that
 * holds it (document.ts): a block's to the block's own text, so that an edit elsewhere leaves the block untouched.
 * Parsing is lenient: whatever is missing or of the wrong kind is left out of the model and named in a problem.
 */
import type { Span } from './text.js';
import type { Expression } from './expression.js';
import type { MappedText } from './pieces.js';
import type { ScalarText } from './scalar.js';

/** JSON-compatible constant. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A value in YAML: a constant, an `!expr`, or a map or list of values. */
export type Value = ConstantValue | ExpressionValue | MapValue | ListValue;

export interface ConstantValue {
  readonly kind: 'constant';
  /** Scalars only; maps and lists have their own kinds. */
  readonly value: string | number | boolean | null;
  readonly span: Span;
  /** The scalar as written; absent for an empty (null) value, and with a tag. */
  readonly scalar?: ScalarText;
  /** Tag of a kind of file that has tags of its own, e.g. `!match` in a test; in a flow one that nobody knows. */
  readonly tag?: string;
}

/** An expression, whatever language its text is written in. */
export interface MappedExpression {
  readonly expression: Expression;
  readonly scalar: MappedText;
  /** Tag or quotes included. */
  readonly span: Span;
}

export interface ExpressionValue extends MappedExpression {
  readonly kind: 'expression';
  /** The text inside `!expr` and its mapping to the document. */
  readonly scalar: ScalarText;
  /** Tag included. */
  readonly span: Span;
  /** Where the value stands in the block, e.g. `inputs.default.config.url`. */
  readonly path: string;
}

export interface MapValue {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
  readonly span: Span;
}

export interface MapEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Value;
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly Value[];
  readonly span: Span;
}

/** A name as written, with its place. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

export interface Block {
  /** Unique in a flow; '' when the block has none. */
  readonly name: Name;
  /** What expressions call it: `outputs.<key>`. */
  readonly key: string;
  readonly description?: string;
  readonly type?: BlockType;
  /** Canvas coordinates [x, y]. */
  readonly position?: readonly [number, number];
  /** Static configuration, evaluated once. */
  readonly config?: MapValue;
  readonly inputs: ReadonlyMap<string, Input>;
  readonly outputs: ReadonlyMap<string, Output>;
  readonly errorHandler?: Name;
  readonly group?: Name;
  readonly dynamicOutputKeys: readonly string[];
  /** Every `!expr` of the block in document order. */
  readonly expressions: readonly ExpressionValue[];
  /** The whole block. */
  readonly span: Span;
}

export type BlockType =
  | { readonly kind: 'core'; readonly name: Name }
  | {
      readonly kind: 'app';
      readonly block: Name;
      readonly installation: Name;
      /** The JSON of `schema`, when it is an object (appSchema.ts reads it leniently). */
      readonly schema?: { readonly [key: string]: Json };
      readonly span: Span;
    };

export interface Input {
  readonly key: Name;
  /** Wires, stored on the receiving side. */
  readonly links: readonly Link[];
  /** Evaluated per event. */
  readonly config?: MapValue;
}

export interface Link {
  readonly block: Name;
  readonly output: Name;
  readonly span: Span;
}

export interface Output {
  readonly key: Name;
  readonly customization?: Value;
}

export interface AppInstallation {
  readonly key: Name;
  readonly appName?: string;
  readonly appVersion?: string;
  readonly id?: string;
}

export interface Note {
  readonly body: string;
  readonly position?: readonly [number, number];
}
