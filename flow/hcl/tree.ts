/**
 * A syntax tree of HCL as a parser gives it (the node types of the grammar tree-sitter-hcl), and the walks over it. The
 * parser is handed in (load.ts makes one). Offsets are UTF-16, those of the parsed text.
 */
import type { Span } from '../text.js';

/** What is used of a tree-sitter node. Only valid while its tree is. */
export interface HclNode {
  readonly type: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly children: readonly HclNode[];
  /** The parser had to make it up. */
  readonly isMissing: boolean;
  readonly isError: boolean;
  /** It or something in it is an error or made up. */
  readonly hasError: boolean;
}

/** Parses and hands the root to `read`; the tree is gone when that returns. */
export type HclParser = <T>(text: string, read: (root: HclNode) => T) => T;

/** A top-level block with two labels: `resource "<type>" "<name>" { … }`. */
export interface ResourceNode {
  readonly type: string;
  readonly typeSpan: Span;
  readonly name: string;
  readonly span: Span;
  /** What is between the braces. */
  readonly content: readonly HclNode[];
}

export interface AttributeNode {
  readonly name: string;
  readonly nameSpan: Span;
  /** The expression; several nodes where the parser could not make one of them. */
  readonly value: readonly HclNode[];
}

/** The resources of a file, also of one that does not parse as a whole. */
export function* resourcesIn(root: HclNode, text: string): Generator<ResourceNode> {
  const nodes = flatten(root.children);
  for (const [i, node] of nodes.entries()) {
    if (node.type === 'body') {
      yield* resourcesIn(node, text);
    } else if (node.type === 'block') {
      // Most blocks of most files are others' business, and each step into the tree is a call into WebAssembly.
      if (!text.slice(node.startIndex, node.endIndex).includes('flows_')) continue;
      const head = headerOf(flatten(node.children), 0, text);
      if (head) yield { ...head, span: spanOf(node), content: contentOf(head.rest) };
    } else if (node.type === 'identifier') {
      // A block that never ends: its parts stand side by side.
      const head = headerOf(nodes, i, text);
      const end = head?.rest.at(-1)?.endIndex ?? node.endIndex;
      if (head) yield { ...head, span: { start: node.startIndex, end }, content: contentOf(head.rest) };
    }
  }
}

function headerOf(
  nodes: readonly HclNode[],
  at: number,
  text: string,
): { type: string; typeSpan: Span; name: string; rest: readonly HclNode[] } | undefined {
  const [keyword, type, name, start, ...rest] = nodes.slice(at);
  if (keyword?.type !== 'identifier' || textOf(keyword, text) !== 'resource') return undefined;
  if (!isLabel(type) || !isLabel(name) || start?.type !== 'block_start') return undefined;
  return { type: labelOf(type, text), typeSpan: spanOf(type), name: labelOf(name, text), rest };
}

const isLabel = (node: HclNode | undefined): node is HclNode =>
  node?.type === 'identifier' || node?.type === 'string_lit';

function labelOf(node: HclNode, text: string): string {
  const label = textOf(node, text);
  return node.type === 'string_lit' ? label.replace(/^"|"$/g, '') : label;
}

function contentOf(rest: readonly HclNode[]): HclNode[] {
  const end = rest.findIndex(({ type }) => type === 'block_end');
  return flatten(end < 0 ? rest : rest.slice(0, end)).flatMap((node) =>
    node.type === 'body' ? flatten(node.children) : [node],
  );
}

/** The attributes among the nodes between a block's braces; those of blocks inside are left out. */
export function* attributesIn(content: readonly HclNode[], text: string): Generator<AttributeNode> {
  for (let i = 0; i < content.length; i++) {
    const node = content[i]!;
    if (node.type === 'attribute') {
      const [name, , ...value] = flatten(node.children).filter(({ type }) => type !== 'comment');
      if (name) yield { name: textOf(name, text), nameSpan: spanOf(name), value };
    } else if (node.type === 'identifier' && content[i + 1]?.type === '=') {
      // What does not parse: up to the next name that is given a value.
      let end = i + 2;
      while (end < content.length && !(content[end]!.type === 'identifier' && content[end + 1]?.type === '='))
        end++;
      yield { name: textOf(node, text), nameSpan: spanOf(node), value: content.slice(i + 2, end) };
      i = end - 1;
    }
  }
}

export interface ElementNode {
  /** Undefined for `(…)`, which only Terraform knows. */
  readonly key: { readonly text: string; readonly span: Span } | undefined;
  readonly value: HclNode;
}

/** The elements of an object; also of one that the parser could not close. */
export function elementsOf(nodes: readonly HclNode[], text: string): ElementNode[] {
  return nodes.flatMap((node): ElementNode[] => {
    if (node.type !== 'object_elem') return [];
    const [first, , value] = flatten(node.children).filter(({ type }) => type !== 'comment');
    const key = first && keyOf(first, text);
    return value ? [{ key, value }] : [];
  });
}

function keyOf(expression: HclNode, text: string): ElementNode['key'] {
  const node = only(expression);
  if (node?.type === 'variable_expr') return { text: textOf(node, text), span: spanOf(node) };
  const string = node?.type === 'literal_value' ? only(node) : undefined;
  if (string?.type !== 'string_lit') return undefined;
  const span = { start: string.startIndex + 1, end: Math.max(string.startIndex + 1, string.endIndex - 1) };
  return { text: text.slice(span.start, span.end), span };
}

/** The one child that is no comment. */
export function only(node: HclNode): HclNode | undefined {
  const children = node.children.filter(({ type }) => type !== 'comment');
  return children.length === 1 ? children[0] : undefined;
}

/** Nodes with what errors hold in their place: an error says nothing about its parts. */
export function flatten(nodes: readonly HclNode[]): HclNode[] {
  return nodes.flatMap((node) => (node.isError ? flatten(node.children) : [node]));
}

/** The first error or made-up node, in the order of the text. */
export function firstError(node: HclNode): HclNode | undefined {
  if (node.isMissing || (node.isError && !node.children.some(({ hasError }) => hasError))) return node;
  for (const child of node.children) {
    const found = child.hasError || child.isMissing ? firstError(child) : undefined;
    if (found) return found;
  }
  return node.isError ? node : undefined;
}

export function spanOf({ startIndex, endIndex }: HclNode): Span {
  return { start: startIndex, end: endIndex };
}

export function textOf(node: HclNode, text: string): string {
  return text.slice(node.startIndex, node.endIndex);
}
