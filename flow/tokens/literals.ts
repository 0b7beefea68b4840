/** Where tokens stand in files: constants of YAML, string and template literals of JavaScript, strings of HCL. */
import type { Node } from 'acorn';
import { syntaxTree } from '../expression.js';
import { HclText } from '../hcl/literal.js';
import type { HclExpression, TerraformFile } from '../hcl/terraform.js';
import type { ConstantValue, MapEntry, MappedExpression, Value } from '../model.js';
import { evaluatedIn, mocksIn } from '../mocksFile.js';
import type { Problem } from '../problem.js';
import type { Segment } from '../segment.js';
import { shapeOf } from '../catalog.js';
import type { FieldShape } from '../shape.js';
import { contains, type Span } from '../text.js';
import { findTokens, keyFor, type Token, type TokenPlace } from './detect.js';
import { mayHoldTokens } from './mayHold.js';

/** A token in a file. */
export interface TokenLiteral {
  readonly token: Token;
  /** The token alone, in the source. */
  readonly span: Span;
  /** What it stands in; undefined where no reference to a secret could take its place. */
  readonly holder?: Holder;
}

/** What a secret's text has to become where it takes the place of what is no text. */
export type Read = 'number' | 'boolean';

/** `inner`: the token in the decoded text. */
export type Holder =
  | {
      readonly kind: 'constant';
      readonly value: ConstantValue;
      readonly inner: Span;
      readonly read?: Read;
      /** What it is a part of, where it stands below a field's top. */
      readonly field?: NestedField;
    }
  | {
      readonly kind: 'code';
      readonly value: MappedExpression;
      readonly inner: Span;
      readonly read?: Read;
      /** The literal in the expression's text, with its quotes; a template's piece has none. */
      readonly literal: Span;
      readonly quote: '"' | "'" | '`' | '';
    };

/** A map or list that is the value of a field: an expression can only take the place of all of it. */
export interface NestedField {
  readonly entry: MapEntry;
  /** It stands inside `{…}`. */
  readonly inFlow: boolean;
}

const ofSegment = new WeakMap<Segment, readonly TokenLiteral[]>();
const NONE: readonly TokenLiteral[] = [];

/** The tokens of a segment of a flow or installation config, in file order. Cached. */
export function tokensIn(segment: Segment): readonly TokenLiteral[] {
  let found = ofSegment.get(segment);
  if (!found) {
    found = mayHoldTokens(segment) ? searchTokens(segment) : NONE;
    ofSegment.set(segment, found);
  }
  return found;
}

/** The same for every segment; exported for the comparison with those that are not searched. */
export function searchTokens(segment: Segment): TokenLiteral[] {
  return [...stringsIn(segment)]
    .flatMap((string) => tokensOf(string))
    .sort((a, b) => a.span.start - b.span.start);
}

/** The tokens in the expressions of a Terraform file. */
export function tokensInTerraform({ expressions }: TerraformFile): TokenLiteral[] {
  return expressions.flatMap((value) => [...inHcl(value)].flatMap((string) => tokensOf(string)));
}

/**
 * Well-known tokens in a test file. A test is sent as it is written, and runs with made-up secrets: no reference could take
 * their place.
 */
export function tokensInTest(root: Value | undefined, source: string): TokenLiteral[] {
  const walk: Walk = { fields: NO_FIELDS, source, all: false, named: false };
  return [...inValue(root, undefined, walk)].flatMap((string) =>
    tokensOf(string).map(({ token, span }) => ({ token, span })),
  );
}

/** The string or number at an offset of a segment as if all of it were a token, whatever it looks like. */
export function literalIn(segment: Segment, offset: number): TokenLiteral | undefined {
  return whole(stringsIn(segment, true), offset);
}

/** The same for a Terraform file. */
export function literalInTerraform({ expressions }: TerraformFile, offset: number): TokenLiteral | undefined {
  return whole(
    expressions.filter(({ span }) => contains(span, offset)).flatMap((value) => [...inHcl(value, true)]),
    offset,
  );
}

function whole(strings: Iterable<StringPlace>, offset: number): TokenLiteral | undefined {
  for (const { text, place, at } of strings) {
    if (text.trim() === '') continue;
    const all = { start: 0, end: text.length };
    const { span, holder } = at(all);
    if (!contains(span, offset)) continue;
    const { name } = place;
    const token: Token = {
      span: all,
      name: name === undefined ? 'text' : `value of \`${name}\``,
      key: name === undefined ? 'SECRET' : keyFor(name),
    };
    return { token, span, ...(holder && { holder }) };
  }
  return undefined;
}

/** A text that stands in a file: a constant of YAML, a string, a number or a piece of a template of JavaScript. */
interface StringPlace {
  readonly text: string;
  readonly place: TokenPlace;
  /** Where a part of the text is written, and what holds it. */
  readonly at: (part: Span) => Pick<TokenLiteral, 'span' | 'holder'>;
}

function tokensOf({ text, place, at }: StringPlace): TokenLiteral[] {
  return findTokens(text, place).map((token) => ({ token, ...at(token.span) }));
}

/** `all`: also those that cannot be tokens. Numbers can be in sensitive fields alone. */
function* stringsIn(segment: Segment, all = false): Generator<StringPlace> {
  yield* inValue(segment.tree.root, undefined, {
    fields: fieldsOf(segment),
    source: segment.text,
    all,
    // Answers that somebody has made up are full of made-up tokens: names prove nothing.
    named: all || segment.dialect !== 'mocks',
  });
}

function* inHcl(value: HclExpression, all = false): Generator<StringPlace> {
  yield* inCode(value, value.field === undefined ? {} : { name: value.field }, all);
}

/** Where no reference can stand, what a recording or a test needs is any text of that form. */
export function tokenProblem({ token, span, holder }: TokenLiteral, madeUp = false): Problem {
  const advice = madeUp && !holder ? 'Make one up' : `Keep it under a key, write \`secrets.${token.key}\``;
  return {
    code: 'hard-coded-secret',
    message: `A secret stands in the file: ${token.name}. ${advice}, and treat what has been shared as leaked.`,
    severity: 'warning',
    span,
    data: { key: token.key },
  };
}

const NO_FIELDS: ReadonlyMap<Value, Field> = new Map();

interface Field {
  readonly sensitive: boolean;
}

/** Values that stand alone for a field, where `!expr` may take their place. */
function fieldsOf(segment: Segment): ReadonlyMap<Value, Field> {
  const { content, dialect } = segment;
  const fields = new Map<Value, Field>();
  const add = (
    entries: readonly { key: string; value: Value }[] | undefined,
    shapes?: ReadonlyMap<string, FieldShape>,
  ): void => {
    for (const { key, value } of entries ?? [])
      fields.set(value, { sensitive: shapes?.get(key)?.sensitive === true });
  };
  for (const block of content.blocks) {
    const shape = shapeOf(block);
    add(block.config?.entries, shape?.config);
    for (const [key, { config }] of block.inputs) add(config?.entries, shape?.inputs.get(key)?.config);
    for (const { customization } of block.outputs.values())
      if (customization) fields.set(customization, { sensitive: false });
  }
  if (dialect === 'mocks') {
    // What is written by hand is evaluated, and may hold expressions at any depth.
    const leaves = (value: Value): void => {
      if (value.kind === 'list') value.items.forEach(leaves);
      else if (value.kind === 'map') for (const entry of value.entries) leaves(entry.value);
      else fields.set(value, { sensitive: false });
    };
    for (const { value } of mocksIn(segment)) evaluatedIn(value).forEach(leaves);
  }
  if (dialect === 'installation') {
    const config = content.keys.find(({ key }) => key === 'config')?.value;
    if (config?.kind === 'map') add(config.entries);
  }
  return fields;
}

interface Walk {
  readonly fields: ReadonlyMap<Value, Field>;
  readonly source: string;
  readonly all: boolean;
  /** What a field is called counts. */
  readonly named: boolean;
}

function* inValue(
  value: Value | undefined,
  name: string | undefined,
  walk: Walk,
  nested?: NestedField,
): Generator<StringPlace> {
  if (!value) return;
  const field = walk.fields.get(value);
  const place: TokenPlace = {
    ...(name !== undefined && walk.named && { name }),
    ...(field?.sensitive && { sensitive: true }),
  };
  switch (value.kind) {
    case 'constant': {
      const { scalar } = value;
      const read = scalar && readOf(value.value, scalar.value, place);
      if (!scalar || (typeof value.value !== 'string' && !(read && (walk.all || place.sensitive)))) return;
      yield {
        text: scalar.value,
        place,
        at: (inner) => ({
          span: scalar.spanToSource(inner),
          ...((field ?? nested) && {
            holder: {
              kind: 'constant',
              value,
              inner,
              ...(read && { read }),
              ...(nested && !field && { field: nested }),
            },
          }),
        }),
      };
      return;
    }
    case 'expression':
      yield* inCode(value, place, walk.all, walk.named);
      return;
    case 'list':
      for (const item of value.items) yield* inValue(item, name, walk, nested);
      return;
    case 'map': {
      const inFlow = walk.source[value.span.start] === '{';
      for (const entry of value.entries) {
        const below = walk.fields.has(entry.value) ? { entry, inFlow } : nested;
        // The app's own description of a block: JSON that nobody writes.
        if (entry.key !== 'schema' || entry.value.kind !== 'constant')
          yield* inValue(entry.value, entry.key, walk, below);
      }
    }
  }
}

/** Undefined for a text, and for what no text could become again. A switch is a secret only where its app says so. */
function readOf(value: ConstantValue['value'], written: string, { sensitive }: TokenPlace): Read | undefined {
  if (typeof value === 'number' && Number(written) === value) return 'number';
  return sensitive && typeof value === 'boolean' && String(value) === written ? 'boolean' : undefined;
}

/** Texts without these hold no literal that could be a token: they are not parsed once more. */
const MAY_HOLD = /["'`][^"'`]*(?:[\w-]{12,}|:\/\/|PRIVATE KEY)|token|secret|passw|pwd|key|auth|credential/i;

function* inCode(
  value: MappedExpression,
  place: TokenPlace,
  all: boolean,
  named = true,
): Generator<StringPlace> {
  const { text } = value.expression;
  if (all || place.sensitive) yield* numberIn(value, place);
  if (!/["'`]/.test(text) || !(all || place.sensitive || namesPlace(place) || MAY_HOLD.test(text))) {
    // A token alone, as if the text were no expression, reads like a name to JavaScript.
    if (!/["'`]/.test(text)) yield* bare(value, place);
    return;
  }
  const tree = syntaxTree(text);
  if (!tree) return;
  for (const { node, name, fixed } of literals(tree.node as AnyNode, place.name)) {
    const span = { start: node.start + tree.shift, end: node.end + tree.shift };
    const isTemplate = node.type === 'TemplateElement';
    const content = isTemplate ? node.value.cooked : node.value;
    if (typeof content !== 'string' || span.start < 0 || span.end > text.length) continue;
    const body = isTemplate ? span : { start: span.start + 1, end: span.end - 1 };
    const isAll = tree.node.start === node.start && tree.node.end === node.end;
    yield {
      text: content,
      place: {
        ...(name !== undefined && named && { name }),
        ...(isAll && place.sensitive && { sensitive: true }),
      },
      at: (part) => {
        const inner = placeIn(text, body, content, part);
        const quote = isTemplate ? '' : (text[span.start] as '"' | "'");
        return {
          span: value.scalar.spanToSource(inner),
          ...(!fixed && { holder: { kind: 'code', value, inner, literal: span, quote } }),
        };
      },
    };
  }
}

/** Where a part of a literal's content is written. Behind escapes it is looked for; one that has some itself is all of it. */
function placeIn(text: string, body: Span, content: string, { start, end }: Span): Span {
  const raw = text.slice(body.start, body.end);
  const part = content.slice(start, end);
  const at = raw === content ? start : raw.indexOf(part);
  if (at < 0 || (raw !== content && raw.includes(part, at + 1))) return body;
  return { start: body.start + at, end: body.start + at + part.length };
}

const namesPlace = ({ name }: TokenPlace): boolean =>
  name !== undefined && /token|secret|passw|key|auth/i.test(name);

/** Only what tokens of well-known services look like, and nothing around it. */
function* bare(value: MappedExpression, place: TokenPlace): Generator<StringPlace> {
  const text = value.scalar.value;
  const trimmed = text.trim();
  if (!(value.scalar instanceof HclText) || value.scalar.holes.length > 0) return;
  const sensitive: TokenPlace = place.sensitive ? { sensitive: true } : {};
  const [token] = findTokens(text, sensitive);
  if (!token || token.span.end - token.span.start !== trimmed.length || /^secrets\b/.test(trimmed)) return;
  yield {
    text,
    place: sensitive,
    at: (inner) => ({
      span: value.scalar.spanToSource(inner),
      holder: { kind: 'code', value, inner, literal: inner, quote: '' },
    }),
  };
}

/** An expression that is nothing but a number. */
function* numberIn(value: MappedExpression, place: TokenPlace): Generator<StringPlace> {
  const { text } = value.expression;
  const number = /^\s*(-?(?:0|[1-9]\d*)(?:\.\d+)?)\s*$/.exec(text)?.[1];
  if (number === undefined) return;
  const start = text.indexOf(number);
  yield {
    text: number,
    place,
    at: () => {
      const inner = { start, end: start + number.length };
      const span = value.scalar.spanToSource(inner);
      return { span, holder: { kind: 'code', value, inner, literal: inner, quote: '', read: 'number' } };
    },
  };
}

interface AnyNode extends Node {
  readonly value: string & { readonly cooked?: string };
  readonly [key: string]: unknown;
}

interface Literal {
  readonly node: AnyNode;
  /** What it is given to. */
  readonly name?: string;
  /** No other expression may stand there, or it would mean something else. */
  readonly fixed?: boolean;
}

/** String literals and template pieces that are values. */
function* literals(node: AnyNode, name: string | undefined): Generator<Literal> {
  switch (node.type) {
    case 'Identifier':
      return;
    case 'Literal':
    case 'TemplateElement':
      yield { node, ...(name !== undefined && { name }) };
      return;
    case 'Property':
      yield* literals(node.value as unknown as AnyNode, nameOf(node.key) ?? name);
      return;
    case 'VariableDeclarator':
      if (node.init) yield* literals(node.init as AnyNode, nameOf(node.id));
      return;
    case 'AssignmentExpression':
      yield* literals(node.right as AnyNode, nameOf((node.left as AnyNode).property ?? node.left));
      return;
    // A name of a member is no value.
    case 'MemberExpression':
      yield* literals(node.object as AnyNode, undefined);
      if ((node.property as AnyNode).type !== 'Literal') yield* literals(node.property as AnyNode, undefined);
      return;
    // What is read, compared or handed to a function is given to nothing; which block or signal `ref` names must be written.
    case 'CallExpression':
      yield* fixedIn(children(node, undefined), nameOf(node.callee) === 'ref');
      return;
    case 'NewExpression':
      yield* children(node, undefined);
      return;
    case 'TaggedTemplateExpression':
      yield* fixedIn(children(node, undefined), true);
      return;
    case 'ExpressionStatement':
      if (node.directive !== 'use strict') yield* children(node, name);
      return;
    case 'BinaryExpression':
      yield* children(node, node.operator === '+' ? name : undefined);
      return;
    default:
      yield* children(node, name);
  }
}

function* fixedIn(found: Iterable<Literal>, fixed: boolean): Generator<Literal> {
  for (const literal of found) yield fixed ? { ...literal, fixed } : literal;
}

function* children(node: AnyNode, name: string | undefined): Generator<Literal> {
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? (child as unknown[]) : [child])
      if (isNode(one)) yield* literals(one, name);
  }
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function nameOf(key: unknown): string | undefined {
  if (!isNode(key)) return undefined;
  if (key.type === 'Identifier') return key.name as string;
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined;
}
