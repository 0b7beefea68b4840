/** The YAML tree of a segment, walked by place. */
import type { Block, MapEntry, MapValue, Value } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';

import { contains, type Span } from '../flow/text.js';

/** A value, or an entry of a map with key and value. */
export type Node = { readonly span: Span; readonly value: Value; readonly entry?: MapEntry };

/** From the root down to what holds the offset; an entry stands before its value. Ends count as inside. */
export function pathAt(segment: Segment, offset: number): Node[] {
  const path: Node[] = [];
  let value: Value | undefined = segment.tree.root;
  while (value && contains(value.span, offset)) {
    path.push({ span: value.span, value });
    value = childAt(value, offset, path);
  }
  return path;
}

/** The child that holds the offset; the last one where two touch. */
function childAt(value: Value, offset: number, path: Node[]): Value | undefined {
  if (value.kind === 'list') return value.items.findLast((item) => contains(item.span, offset));
  if (value.kind !== 'map') return undefined;
  const entry = value.entries.findLast((one) => contains(entrySpan(one), offset));
  if (!entry) return undefined;
  path.push({ span: entrySpan(entry), value: entry.value, entry });
  return entry.value;
}

/** Key and value. An alias' value stands elsewhere: then the key alone. */
export function entrySpan({ keySpan, value }: MapEntry): Span {
  return { start: keySpan.start, end: value.span.start >= keySpan.end ? value.span.end : keySpan.end };
}

/** Whether the scalar at `span` stands inside `{…}` or `[…]`. */
export function isInFlow(segment: Segment, span: Span): boolean {
  return pathAt(segment, span.start).some(
    ({ value, entry }) =>
      !entry &&
      (value.kind === 'map' || value.kind === 'list') &&
      /[{[]/.test(segment.text[value.span.start] ?? ''),
  );
}

/** The map that a block was read from. */
export function mapOf(segment: Segment, block: Block): MapValue | undefined {
  return pathAt(segment, block.span.start)
    .map(({ value }) => value)
    .find(
      (value): value is MapValue =>
        value.kind === 'map' && value.span.start === block.span.start && value.span.end === block.span.end,
    );
}

/** The span without the blanks and line breaks at its end, which block scalars and maps hold. */
export function trimmed(text: string, { start, end }: Span): Span {
  let last = end;
  while (last > start && /\s/.test(text[last - 1]!)) last--;
  return { start, end: last };
}

/** The text of a scalar without its quotes: what is underlined, highlighted and offered for renaming. */
export function unquoted(text: string, { start, end }: Span): Span {
  const quote = text[start];
  // An empty span may stand before somebody else's quote.
  if (end <= start || (quote !== '"' && quote !== "'")) return trimmed(text, { start, end });
  return { start: start + 1, end: end - start > 1 && text[end - 1] === quote ? end - 1 : end };
}
