/** Helpers over acorn's syntax trees, strict or loose: what a node is, what is in it, what a literal says. */
import type { AnyNode, Node } from 'acorn';

export type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionExpression' | 'FunctionDeclaration' | 'ArrowFunctionExpression' }
>;

/** Names of `var` declarations anywhere in a function's body, nested functions excepted. */
export function declareVars(node: AnyNode, declare: (name: string) => void): void {
  if (isFunction(node)) return;
  if (node.type === 'VariableDeclaration' && node.kind === 'var') {
    for (const { id } of node.declarations) if (id.type === 'Identifier') declare(id.name);
  }
  for (const child of childrenOf(node)) declareVars(child, declare);
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration' ||
    node.type === 'ArrowFunctionExpression'
  );
}

export function unwrap(node: AnyNode): AnyNode | undefined {
  let inner = node;
  for (;;) {
    if (inner.type === 'ParenthesizedExpression' || inner.type === 'ChainExpression')
      inner = inner.expression;
    else if (inner.type === 'AwaitExpression') inner = inner.argument;
    else return inner;
  }
}

/** The text of a string, number or template literal without parts. */
export function literalKey(node: AnyNode): string | undefined {
  if (node.type === 'Literal' && (typeof node.value === 'string' || typeof node.value === 'number'))
    return String(node.value);
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The literals that a key can be: itself, or those of `condition ? "A" : "B"`; undefined where it can be anything else. */
export function literalKeys(node: AnyNode): AnyNode[] | undefined {
  const inner = unwrap(node)!;
  if (inner.type === 'ConditionalExpression') {
    const [yes, no] = [literalKeys(inner.consequent), literalKeys(inner.alternate)];
    return yes && no && [...yes, ...no];
  }
  return literalKey(inner) === undefined ? undefined : [inner];
}

/** `Object.hasOwn` asks whether a key exists, as `in` does. */
export function isHasOwn(callee: AnyNode): boolean {
  return (
    callee.type === 'MemberExpression' &&
    !callee.computed &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Object' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'hasOwn'
  );
}

export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) {
      children.push(value);
    }
  }
  return children;
}

export function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Node).type === 'string' &&
    'start' in value
  );
}
