/**
 * What a JavaScript expression of a flow reads: secrets, block outputs, the previous event, signals (flows-platform §3).
 * Parsed with acorn; half-typed code falls back to acorn-loose, so that names are known while somebody types.
 * One analysis per text, cached. Offsets are those of the expression's own text (scalar.ts maps them to the file).
 */
import { Parser, type Expression as ExpressionNode, type Node } from 'acorn';
import { parse as parseLoose } from 'acorn-loose';
import {
  collectAccesses,
  type Access,
  type Accesses,
  type DynamicUse,
  type RootUse,
  type SignalReference,
} from './accesses.js';
import type { Span } from './text.js';
import { mayBeToken } from './tokens/detect.js';

export type { Access, DynamicUse, RootUse, SignalReference } from './accesses.js';

export interface Expression {
  readonly text: string;
  /** First-level names read from `secrets`, `outputs`, `previous` and `signals`, in source order. */
  readonly accesses: readonly Access[];
  /** Uses of `secrets` whose key cannot be known from the text. */
  readonly dynamic: readonly DynamicUse[];
  /** `ref("signal.<owner>.<signal>")` calls. */
  readonly refs: readonly SignalReference[];
  /** What is handed to `ref` and is no text that is written out. */
  readonly computedRefs: readonly Span[];
  /** Identifiers that stand for `secrets`, `outputs`, `previous` or `signals`, in source order. */
  readonly roots: readonly RootUse[];
  /** False: none of its literals holds a token, unless its place is sensitive. */
  readonly mayHoldToken: boolean;
  readonly syntaxError?: SyntaxProblem;
}

export interface SyntaxProblem {
  readonly message: string;
  readonly span: Span;
  /** A lone trailing `;`: whether the platform accepts it is not known, so it is only a warning. */
  readonly lenient?: boolean;
}

const CACHE_LIMIT = 4000;
const cache = new Map<string, Expression>();

/** Analyses one expression. Never throws. */
export function analyzeExpression(text: string): Expression {
  const known = cache.get(text);
  if (known) return known;
  const expression = analyze(text);
  if (cache.size >= CACHE_LIMIT) cache.delete(cache.keys().next().value!);
  cache.set(text, expression);
  return expression;
}

/** The secret keys an expression names for certain, without doubles. */
export function secretKeys(expression: Expression): string[] {
  return [
    ...new Set(expression.accesses.filter((access) => access.root === 'secrets').map((access) => access.key)),
  ];
}

/** Trees are large: kept only for who asks soon after the analysis, as the search for tokens does. */
const trees = new Map<string, StrictResult>();
const TREE_LIMIT = 32;

function analyze(text: string): Expression {
  const strict = parseStrict(text);
  if (trees.size >= TREE_LIMIT) trees.clear();
  trees.set(text, strict);
  const found = strict.node ? collectAccesses(strict.node, 0) : collectLoose(text);
  const { accesses, dynamic, refs, computedRefs, roots } = found;
  const mayHoldToken = strict.node === undefined || strict.literals.some(mayBeToken);
  const { problem } = strict;
  return {
    text,
    accesses,
    dynamic,
    refs,
    computedRefs,
    roots,
    mayHoldToken,
    ...(problem && { syntaxError: problem }),
  };
}

interface StrictResult {
  readonly node?: ExpressionNode;
  /** Texts of its string literals and of the pieces of its templates, as far as it has been read. */
  readonly literals: readonly string[];
  readonly problem?: SyntaxProblem;
}

/** The parts of acorn's parser that meet the literals; its types leave them out. */
interface LiteralParser {
  parseLiteral(value: unknown): Node;
  parseTemplateElement(options: object): Node & { readonly value: { readonly cooked?: string | null } };
}

let literals: string[] = [];

/** Hands out literals as they are read: a walk over each tree in search of them would cost a fifth of the parsing. */
const LiteralsParser = Parser.extend((Base) => {
  const original = Base.prototype as unknown as LiteralParser;
  class Reader extends Base {
    parseLiteral(value: unknown): Node {
      if (typeof value === 'string') literals.push(value);
      return original.parseLiteral.call(this, value);
    }
    parseTemplateElement(options: object): Node {
      const element = original.parseTemplateElement.call(this, options);
      if (typeof element.value.cooked === 'string') literals.push(element.value.cooked);
      return element;
    }
  }
  return Reader;
});

function parseStrict(text: string): StrictResult {
  literals = [];
  if (text.trim() === '') {
    return {
      literals,
      problem: {
        message: 'The expression is empty. Write JavaScript after `!expr`.',
        span: { start: 0, end: text.length },
      },
    };
  }
  try {
    const node = LiteralsParser.parseExpressionAt(text, 0, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      preserveParens: true,
    });
    const rest = firstToken(text, node.end);
    if (!rest) return { node, literals };
    if (rest.semicolon) {
      return {
        node,
        literals,
        problem: {
          message: 'An expression is a value, not a statement: remove the `;`.',
          span: { start: rest.start, end: rest.end },
          lenient: true,
        },
      };
    }
    const found = text.slice(rest.start, rest.end);
    return {
      literals,
      problem: {
        message: STATEMENT.test(text.slice(node.start, node.end))
          ? statementMessage(text.slice(node.start, node.end))
          : `Unexpected ${quote(found)}: an expression is a single JavaScript value.`,
        span: { start: rest.start, end: rest.end },
      },
    };
  } catch (error) {
    return { literals, problem: syntaxProblem(text, error) };
  }
}

/** The first token at or after `from`; comments are skipped. `semicolon`: it is a `;` with nothing behind it. */
function firstToken(
  text: string,
  from: number,
): { start: number; end: number; semicolon: boolean } | undefined {
  // Comments and blanks are jumped by hand: the tokenizer alone cannot tell a division from a regular expression here.
  const rest = /^(?:\s|\/\/[^\n\r]*|\/\*[^]*?\*\/)*/.exec(text.slice(from))![0].length + from;
  if (rest >= text.length) return undefined;
  if (text[rest] === ';') {
    const after = firstToken(text, rest + 1);
    return { start: rest, end: rest + 1, semicolon: after === undefined };
  }
  const token = /^(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|\d+|.)/su.exec(text.slice(rest));
  return { start: rest, end: rest + (token ? token[0].length : 1), semicolon: false };
}

function statementMessage(keyword: string): string {
  return `A statement (${quote(keyword)}) cannot stand here: an expression is a single JavaScript value. Wrap statements in a function that is called at once: (() => { … })().`;
}

function syntaxProblem(text: string, error: unknown): SyntaxProblem {
  const { pos, raisedAt, message } = error as { pos?: number; raisedAt?: number; message?: string };
  const at = typeof pos === 'number' ? Math.min(pos, text.length) : 0;
  if (at >= text.trimEnd().length) {
    const end = text.trimEnd().length;
    return { message: 'The expression ends too early.', span: { start: Math.max(0, end - 1), end } };
  }
  const token = firstToken(text, at);
  const span = token
    ? { start: token.start, end: token.end }
    : { start: at, end: Math.max(at, raisedAt ?? at) };
  const word = text.slice(span.start, span.end);
  const plain = (message ?? 'Syntax error').replace(/ \(\d+:\d+\)$/, '');
  if (STATEMENT.test(word)) return { message: statementMessage(word), span };
  return { message: plain === 'Unexpected token' ? `Unexpected ${quote(word)}.` : `${plain}.`, span };
}

/** Keywords that begin a statement and no expression. */
const STATEMENT = /^(?:const|let|var|if|for|while|return|throw|try|switch|do)$/;

const quote = (text: string): string => `\`${text}\``;

const NOTHING: Accesses = { accesses: [], dynamic: [], refs: [], computedRefs: [], roots: [] };

function collectLoose(text: string): Accesses {
  try {
    return collectAccesses(looseTree(text), LOOSE_SHIFT, text.length);
  } catch {
    return NOTHING;
  }
}

/** In parentheses, so that `{` begins an object literal; the shift takes them off the offsets again. */
function looseTree(text: string): Node {
  return parseLoose(`(${text}\n)`, { ecmaVersion: 'latest', sourceType: 'script' });
}
const LOOSE_SHIFT = -1;

/** The syntax tree of an expression. `shift` is added to the offsets of its nodes to give those of the text. */
export interface SyntaxTree {
  readonly node: Node;
  readonly shift: number;
}

/** The syntax tree of a text; one of guesses while the text does not parse, null where even that fails. */
export function syntaxTree(text: string): SyntaxTree | null {
  const { node } = trees.get(text) ?? parseStrict(text);
  try {
    return node ? { node, shift: 0 } : { node: looseTree(text), shift: LOOSE_SHIFT };
  } catch {
    return null;
  }
}

/** Letters to JavaScript, and nothing that anybody types. */
const CURSOR = '\u01c3cursor\u01c3';

export interface CursorAccess {
  readonly access: Access;
  /** What is typed so far, up to the cursor. */
  readonly prefix: string;
}

/**
 * The first-level name being typed at `offset`: `secrets.|`, `secrets?.AP|`, `secrets["|`, `` secrets[`| ``,
 * `const { | } = secrets`. The access' span covers the whole name, also what stands behind the cursor.
 */
export function accessAtCursor(text: string, offset: number): CursorAccess | undefined {
  const before = text.slice(0, offset);
  const after = text.slice(offset);
  // The name gets a letter that nobody types, and the same analysis as ever finds it. An open bracket or quote is
  // closed only when the text as it stands gives nothing.
  for (const close of ['', '"]', "']", '`]', ']', '}']) {
    const whole = close === '' ? before + CURSOR + after : before + CURSOR + close;
    const access = analyze(whole).accesses.find((candidate) => candidate.key.includes(CURSOR));
    if (!access) continue;
    const at = access.key.indexOf(CURSOR);
    const key = access.key.replace(CURSOR, '');
    return {
      access: { ...access, key, span: { start: access.span.start, end: access.span.start + key.length } },
      prefix: key.slice(0, at),
    };
  }
  return undefined;
}
