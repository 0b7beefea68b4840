/** textDocument/foldingRange: blocks, maps, lists, texts, runs of comments, regions, and the brackets of JavaScript. */
import type { FoldingRange, FoldingRangeParams } from 'vscode-languageserver/node';
import type { Node } from 'acorn';
import { full } from 'acorn-walk';
import { syntaxTree } from '../flow/expression.js';
import type { FlowDocument } from '../flow/document.js';
import type { ExpressionValue, Value } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import type { Span } from '../flow/text.js';
import { FoldingRangeKind } from './lsp.js';
import type { Features } from './server.js';
import { entrySpan, trimmed } from './tree.js';

/** Lines, both included, from the segment's first. */
interface Fold {
  readonly start: number;
  readonly end: number;
  readonly kind?: FoldingRangeKind;
}

export function foldingRanges(
  { documents, client }: Features,
  { textDocument: { uri } }: FoldingRangeParams,
): FoldingRange[] | null {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return null;
  const folds = [...blocksFold(flow)];
  for (const segment of flow.segments) {
    const { line } = flow.range(segment, { start: 0, end: 0 }).start;
    for (const { start, end, kind } of foldsIn(segment))
      folds.push({ start: line + start, end: line + end, ...(kind && { kind }) });
  }
  const limit = client.textDocument?.foldingRange?.rangeLimit ?? Infinity;
  // Regions may span segments; what is left out beyond the limit is the innermost.
  const all = distinct([...folds, ...regions(flow)]);
  const kept =
    all.length <= limit ? all : all.sort((a, b) => b.end - b.start - (a.end - a.start)).slice(0, limit);
  return kept
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .map(({ start, end, kind }) => ({ startLine: start, endLine: end, ...(kind && { kind }) }));
}

/** One fold per first line: the one that ends last. */
function distinct(folds: readonly Fold[]): Fold[] {
  const byLine = new Map<number, Fold>();
  for (const fold of folds) {
    const known = byLine.get(fold.start);
    if (fold.end > fold.start && (!known || known.end < fold.end)) byLine.set(fold.start, fold);
  }
  return [...byLine.values()];
}

/** `blocks:` with its items, which have segments of their own. */
function* blocksFold(flow: FlowDocument): Generator<Fold> {
  const items = flow.segments.filter(({ kind }) => kind === 'block');
  const [first, last] = [items[0], items.at(-1)];
  if (!first || !last) return;
  const head = flow.segments[flow.segments.indexOf(first) - 1];
  const key = head?.content.keys.find((entry) => entry.key === 'blocks');
  if (!head || !key) return;
  const end = trimmed(last.text, last.tree.root?.span ?? { start: 0, end: last.text.length });
  yield { start: flow.range(head, key.keySpan).start.line, end: flow.range(last, end).end.line };
}

const known = new WeakMap<Segment, readonly Fold[]>();

function foldsIn(segment: Segment): readonly Fold[] {
  let folds = known.get(segment);
  if (!folds) known.set(segment, (folds = [...find(segment)]));
  return folds;
}

function* find(segment: Segment): Generator<Fold> {
  const lines = (span: Span): Fold => {
    const inside = trimmed(segment.text, span);
    return { start: segment.positionAt(inside.start).line, end: segment.positionAt(inside.end).line };
  };
  const { root } = segment.tree;
  if (root) for (const span of foldable(root)) yield lines(span);
  for (const value of segment.expressions) {
    for (const span of bracketsIn(value)) {
      const { start, end } = lines(span);
      // The closing bracket stays in sight, as in any editor.
      yield { start, end: end - 1 };
    }
  }
  yield* comments(segment);
}

/** Entries and list items; where a value begins on its key's line the key folds it. */
function* foldable(value: Value): Generator<Span> {
  if (value.kind === 'map') {
    for (const entry of value.entries) {
      yield entrySpan(entry);
      if (entry.value.span.start >= entry.keySpan.end) yield* foldable(entry.value);
    }
  } else if (value.kind === 'list') {
    for (const item of value.items) {
      yield item.span;
      yield* foldable(item);
    }
  }
}

const BRACKETED: ReadonlySet<string> = new Set([
  'BlockStatement',
  'ObjectExpression',
  'ArrayExpression',
  'ObjectPattern',
  'ArrayPattern',
  'ClassBody',
  'SwitchStatement',
  'CallExpression',
  'ParenthesizedExpression',
  'TemplateLiteral',
]);

function bracketsIn({ expression, scalar }: ExpressionValue): Span[] {
  if (!scalar.source.text.slice(scalar.span.start, scalar.span.end).trimEnd().includes('\n')) return [];
  const tree = scalar.exact ? syntaxTree(expression.text) : null;
  if (!tree) return [];
  const spans: Span[] = [];
  full(tree.node, (node: Node) => {
    if (!BRACKETED.has(node.type)) return;
    const span = { start: node.start + tree.shift, end: node.end + tree.shift };
    if (span.start >= 0 && span.end <= expression.text.length) spans.push(scalar.spanToSource(span));
  });
  return spans;
}

/** Runs of whole-line comments. */
function* comments({ text, lines, tree }: Segment): Generator<Fold> {
  if (!text.includes('#')) return;
  const scalars = multiLineScalars(tree.root);
  let begin = -1;
  for (let line = 0; line <= lines.length; line++) {
    const start = lines[line];
    const isComment =
      start !== undefined &&
      /^[ \t]*#(?![ \t]*(?:end)?region\b)/.test(text.slice(start, lines[line + 1])) &&
      !scalars.some((span) => span.start < start && start < span.end);
    if (isComment && begin < 0) begin = line;
    if (!isComment && begin >= 0) {
      if (line - 1 > begin) yield { start: begin, end: line - 1, kind: FoldingRangeKind.Comment };
      begin = -1;
    }
  }
}

/** Where a `#` at the beginning of a line is text. */
function multiLineScalars(value: Value | undefined): Span[] {
  switch (value?.kind) {
    case 'map':
      return value.entries.flatMap((entry) => multiLineScalars(entry.value));
    case 'list':
      return value.items.flatMap(multiLineScalars);
    case 'constant':
    case 'expression':
      return value.scalar ? [value.scalar.span] : [];
    case undefined:
      return [];
  }
}

/** `# region` … `# endregion`, over any lines. */
function* regions(flow: FlowDocument): Generator<Fold> {
  const open: number[] = [];
  for (const segment of flow.segments) {
    if (!segment.text.includes('region')) continue;
    const { line } = flow.range(segment, { start: 0, end: 0 }).start;
    const scalars = multiLineScalars(segment.tree.root);
    for (const match of segment.text.matchAll(/^[ \t]*#[ \t]*(end)?region\b/gm)) {
      if (scalars.some((span) => span.start < match.index && match.index < span.end)) continue;
      const at = line + segment.positionAt(match.index).line;
      if (match[1] === undefined) {
        open.push(at);
      } else {
        const start = open.pop();
        if (start !== undefined) yield { start, end: at, kind: FoldingRangeKind.Region };
      }
    }
  }
}
