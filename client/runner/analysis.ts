/**
 * What the sandbox may do with an expression, decided from its syntax tree in the trusted process.
 *
 * - Syntax: the text must be exactly one expression, so that wrapping it in parentheses cannot be escaped.
 * - `simple`: it calls nothing, creates no function and assigns nothing. Such an expression ends in bounded time and
 *   changes no data, so it needs neither a deadline mark nor its own copy of the data.
 * - `outputs`: the keys of `outputs` it reads; null when they cannot be known. Only these are handed to it.
 * - `previous`, `raw`, `config`: whether it names them.
 * - `fresh`: what it gives, if that is sure to be a new object of its own making.
 */
import { parse, type AnyNode, type Expression, type Node, type ObjectExpression } from 'acorn';
import { ancestor, simple as walk } from 'acorn-walk';

export interface ExpressionPlan {
  readonly simple: boolean;
  readonly outputs: readonly string[] | null;
  readonly previous: boolean;
  readonly raw: boolean;
  readonly config: boolean;
  readonly fresh?: Fresh;
  readonly error?: { readonly message: string; readonly offset: number };
}

/**
 * A literal of a simple expression: nobody else has the object or list that it makes. `o`: its properties in order, `a`:
 * its items; null: a value that is not known before it is there.
 */
export type Fresh =
  | { readonly o: readonly (readonly [key: string, value: Fresh | null])[] }
  | { readonly a: readonly (Fresh | null)[] };

/** Largest text taken for simple: string building in it stays small beside the payload limit. */
const SIMPLE_LENGTH = 10_000;

export function planExpression(text: string): ExpressionPlan {
  // As it is evaluated. Only a text that cannot leave the parentheses gives one pair around everything.
  const source = `(${text}\n)`;
  let node: Node;
  try {
    const program = parse(source, { ecmaVersion: 'latest', sourceType: 'script', preserveParens: true });
    const [statement, ...more] = program.body;
    if (
      more.length > 0 ||
      statement?.type !== 'ExpressionStatement' ||
      statement.expression.type !== 'ParenthesizedExpression' ||
      statement.expression.end !== source.length
    ) {
      return failed(text, 0, 'The text is more than one JavaScript value');
    }
    node = statement.expression.expression;
  } catch (error) {
    const { message = 'Invalid expression', pos = 0 } = error as { message?: string; pos?: number };
    return failed(text, pos - 1, message);
  }
  const named = new Set<string>();
  let dynamic = 0;
  const keys = new Set<string>();
  ancestor(node, {
    Identifier(identifier, _state, ancestors) {
      named.add(identifier.name);
      if (identifier.name !== 'outputs') return;
      const parent = ancestors.at(-2);
      const key =
        parent?.type === 'MemberExpression' && parent.object === identifier ? memberKey(parent) : undefined;
      if (key === undefined) dynamic++;
      else keys.add(key);
    },
  });
  let calls = 0;
  const notSimple = (): number => ++calls;
  walk(node, {
    CallExpression: notSimple,
    NewExpression: notSimple,
    TaggedTemplateExpression: notSimple,
    ImportExpression: notSimple,
    AssignmentExpression: notSimple,
    UpdateExpression: notSimple,
    Function: notSimple,
    Class: notSimple,
    AwaitExpression: notSimple,
    YieldExpression: notSimple,
    UnaryExpression({ operator }) {
      if (operator === 'delete') notSimple();
    },
  });
  const simple = calls === 0 && text.length <= SIMPLE_LENGTH;
  const fresh = simple ? freshOf(node as Expression) : null;
  return {
    simple,
    outputs: dynamic === 0 ? [...keys] : null,
    previous: named.has('previous'),
    raw: named.has('raw'),
    config: named.has('config'),
    ...(fresh && { fresh }),
  };
}

/** Null for whatever is no literal, or one whose JSON cannot be told from its text. */
function freshOf(node: Expression): Fresh | null {
  switch (node.type) {
    case 'ParenthesizedExpression':
      return freshOf(node.expression);
    case 'ObjectExpression': {
      const o = freshProperties(node);
      return o && { o };
    }
    case 'ArrayExpression': {
      const a: (Fresh | null)[] = [];
      for (const item of node.elements) {
        if (!item || item.type === 'SpreadElement') return null;
        a.push(freshOf(item));
      }
      return { a };
    }
    default:
      return null;
  }
}

function freshProperties({ properties }: ObjectExpression): [string, Fresh | null][] | null {
  const found = new Map<string, Fresh | null>();
  for (const property of properties) {
    if (property.type === 'SpreadElement' || property.computed || property.kind !== 'init') return null;
    const { key, value } = property;
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? key.value : undefined;
    // Numbers come first in an object, `__proto__` is no property of it, `toJSON` stands for it.
    if (typeof name !== 'string' || /^\d+$/.test(name) || name === '__proto__' || name === 'toJSON')
      return null;
    if (found.has(name)) return null;
    found.set(name, freshOf(value));
  }
  return [...found];
}

function failed(text: string, at: number, message: string): ExpressionPlan {
  const offset = Math.max(0, Math.min(text.length, at));
  const found = /^[\w$]+|^[^\s]/u.exec(text.slice(offset))?.[0];
  const plain = message.replace(/ \(\d+:\d+\)$/, '');
  if (text.trim() === '') return { ...NOTHING, error: { message: 'The expression is empty.', offset: 0 } };
  if (plain !== 'Unexpected token') return { ...NOTHING, error: { message: `${plain}.`, offset } };
  const what =
    found === undefined
      ? 'The expression ends too early.'
      : `Unexpected "${found}": an expression is a single JavaScript value.`;
  return { ...NOTHING, error: { message: what, offset } };
}

const NOTHING = { simple: false, outputs: [], previous: false, raw: false, config: false } as const;

function memberKey(node: Extract<AnyNode, { type: 'MemberExpression' }>): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' && typeof node.property.value === 'string'
    ? node.property.value
    : undefined;
}
