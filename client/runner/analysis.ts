/**
 * What the sandbox may do with an expression, decided from its syntax tree in the trusted process.
 *
 * - Syntax: the text must be exactly one expression, so that wrapping it in parentheses cannot be escaped.
 * - `simple`: it calls nothing, creates no function and assigns nothing. Such an expression ends in bounded time and
 *   changes no data, so it needs neither a deadline mark nor its own copy of the data.
 * - `outputs`: the keys of `outputs` it reads; null when they cannot be known. Only these are handed to it.
 */
import { Parser, type AnyNode, type Node } from 'acorn';
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
  let node: Node;
  try {
    node = Parser.parseExpressionAt(text, 0, { ecmaVersion: 'latest', sourceType: 'script' });
    const rest = text.slice(node.end).replace(/^(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/, '');
    if (rest !== '') {
      const offset = text.length - rest.length;
      const found = rest.startsWith(';') ? ';' : (/^[\w$]+|^./su.exec(rest)?.[0] ?? '');
      return {
        ...NOTHING,
        error: {
          message: `SyntaxError: Unexpected "${found}": an expression is a single JavaScript value.`,
          offset,
        },
      };
    }
  } catch (error) {
    const { message, pos } = error as { message?: string; pos?: number };
    return {
      ...NOTHING,
      error: {
        message: `SyntaxError: ${(message ?? 'Invalid expression').replace(/ \(\d+:\d+\)$/, '')}`,
        offset: pos ?? 0,
      },
    };
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

const NOTHING = { simple: false, outputs: [], previous: false } as const;

function memberKey(node: Extract<AnyNode, { type: 'MemberExpression' }>): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' && typeof node.property.value === 'string'
    ? node.property.value
    : undefined;
}
