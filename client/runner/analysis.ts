/**
 * What the sandbox may do with an expression, decided from its syntax tree in the trusted process.
 *
 * - Syntax: the text must be exactly one expression, so that wrapping it in parentheses cannot be escaped.
 * - `simple`: it calls nothing, creates no function and assigns nothing. Such an expression ends in bounded time and
 *   changes no data, so it needs neither a deadline mark nor its own copy of the data.
 * - `outputs`: the keys of `outputs` it reads; null when they cannot be known. Only these are handed to it.
 */
import { parse, type AnyNode, type Node } from 'acorn';
import { ancestor, simple as walk } from 'acorn-walk';

export interface ExpressionPlan {
  readonly simple: boolean;
  readonly outputs: readonly string[] | null;
  readonly previous: boolean;
  readonly error?: { readonly message: string; readonly offset: number };
}

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
  let previous = false;
  let dynamic = 0;
  const keys = new Set<string>();
  ancestor(node, {
    Identifier(identifier, _state, ancestors) {
      if (identifier.name === 'previous') previous = true;
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
  return {
    simple: calls === 0 && text.length <= SIMPLE_LENGTH,
    outputs: dynamic === 0 ? [...keys] : null,
    previous,
  };
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

const NOTHING = { simple: false, outputs: [], previous: false } as const;

function memberKey(node: Extract<AnyNode, { type: 'MemberExpression' }>): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' && typeof node.property.value === 'string'
    ? node.property.value
    : undefined;
}
