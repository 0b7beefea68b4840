/** textDocument/selectionRange: from the JavaScript under the cursor over its YAML value to the block and the file. */
import type { Node } from 'acorn';
import { full } from 'acorn-walk';
import type { SelectionRange, SelectionRangeParams } from 'vscode-languageserver/node';
import type { FlowDocument } from '../flow/document.js';
import { syntaxTree } from '../flow/expression.js';
import type { ConstantValue, ExpressionValue } from '../flow/model.js';
import { contains, type Position, type Span } from '../flow/text.js';
import type { Features } from './server.js';
import { pathAt, trimmed, unquoted } from './tree.js';

export function selectionRanges(
  { documents }: Features,
  { textDocument: { uri }, positions }: SelectionRangeParams,
): SelectionRange[] | null {
  const flow = documents.flow(uri)?.flow;
  return flow ? positions.map((position) => selectionAt(flow, position)) : null;
}

function selectionAt(flow: FlowDocument, position: Position): SelectionRange {
  const at = flow.offsetAt(position);
  const { segment, offset } = flow.at(at);
  const whole = { start: 0, end: flow.length };
  const spans: Span[] = [whole];
  const start = flow.startOf(segment);
  const shift = (span: Span): Span => ({ start: span.start + start, end: span.end + start });
  if (segment.kind === 'block') spans.push(blocksSpan(flow));
  const indent = segment.text.length - segment.text.trimStart().length;
  spans.push(shift(trimmed(segment.text, { start: indent, end: segment.text.length })));
  for (const { span, value, entry } of pathAt(segment, offset)) {
    spans.push(shift(trimmed(segment.text, span)));
    if (entry && contains(entry.keySpan, offset))
      spans.push(shift(entry.keySpan), shift(unquoted(segment.text, entry.keySpan)));
    else if (!entry && (value.kind === 'constant' || value.kind === 'expression'))
      spans.push(...insideScalar(segment.text, value, offset).map(shift));
  }
  return nested(flow, spans, at);
}

/** The `blocks` key with all its items. */
function blocksSpan(flow: FlowDocument): Span {
  const { segments } = flow;
  const first = segments.findIndex(({ kind }) => kind === 'block');
  const last = segments.findLast(({ kind }) => kind === 'block')!;
  const head = segments[Math.max(0, first - 1)]!;
  const key = head.content.keys.find((entry) => entry.key === 'blocks');
  const end = trimmed(last.text, { start: 0, end: last.text.length }).end;
  return {
    start: flow.startOf(key ? head : segments[first]!) + (key?.keySpan.start ?? 0),
    end: flow.startOf(last) + end,
  };
}

/** From the outside in: the scalar, its text, and the JavaScript that holds the offset. */
function insideScalar(text: string, value: ConstantValue | ExpressionValue, offset: number): Span[] {
  const { scalar } = value;
  if (!scalar) return [];
  const spans = [trimmed(text, scalar.span)];
  if (!scalar.exact) return spans;
  const content = scalar.value.trimEnd().length;
  spans.push(
    scalar.spanToSource({ start: scalar.value.length - scalar.value.trimStart().length, end: content }),
  );
  if (value.kind === 'expression' && contains(spans.at(-1)!, offset)) {
    const inner = nodesAt(scalar.value, scalar.toValue(offset));
    spans.push(...inner.map((span) => scalar.spanToSource(span)));
  }
  return spans;
}

/** The syntax nodes that hold the offset, larger ones first; a literal's content is one more. */
function nodesAt(text: string, offset: number): Span[] {
  const tree = syntaxTree(text);
  if (!tree) return [];
  const spans: Span[] = [];
  full(tree.node, (node: Node) => {
    const span = { start: node.start + tree.shift, end: node.end + tree.shift };
    if (span.start < 0 || span.end > text.length || !contains(span, offset)) return;
    spans.push(span);
    const inner = { start: span.start + 1, end: span.end - 1 };
    if (/^["'`]/.test(text.slice(span.start, span.end)) && inner.end > inner.start && contains(inner, offset))
      spans.push(inner);
  });
  return spans.sort((a, b) => b.end - b.start - (a.end - a.start));
}

/** A chain of ranges that hold each other, smallest first; what does not fit in is left out. */
function nested(flow: FlowDocument, spans: readonly Span[], at: number): SelectionRange {
  let outer: Span | undefined;
  let selection: SelectionRange | undefined;
  for (const span of spans) {
    const fits =
      contains(span, at) &&
      (!outer ||
        (outer.start <= span.start &&
          span.end <= outer.end &&
          span.end - span.start < outer.end - outer.start));
    if (!fits) continue;
    const range = { start: flow.positionAt(span.start), end: flow.positionAt(span.end) };
    selection = { range, ...(selection && { parent: selection }) };
    outer = span;
  }
  return selection!;
}
