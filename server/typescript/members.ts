/**
 * Members that the flow itself decides: keys of `outputs`, owners in `signals`, whole texts of `ref`. They need no types,
 * so they are there at once, before TypeScript is.
 */
import type { CompletionItem } from 'vscode-languageserver/node';
import { shapeOf } from '../../flow/catalog.js';
import type { FlowDocument, PlacedBlock, PlacedExpression } from '../../flow/document.js';
import { accessAtCursor, analyzeExpression } from '../../flow/expression.js';
import { IDENTIFIER } from '../../flow/keys.js';
import { insideScalar } from '../../flow/quoting.js';
import type { Span } from '../../flow/text.js';
import type { FlowTypes } from '../../flow/types/flowTypes.js';
import { escapeMarkdown } from '../hover/card.js';
import { CompletionItemKind, MarkupKind } from '../lsp.js';

/** Letters, and nothing that anybody types. */
const CURSOR = '\u01c3here\u01c3';

/** Undefined where none of these is being typed. */
export function completeMembers(
  flow: FlowDocument,
  types: FlowTypes,
  place: PlacedExpression,
  placed: PlacedBlock | undefined,
): CompletionItem[] | undefined {
  const { value, offset } = place;
  const text = value.scalar.value;
  const ref = refAtCursor(text, offset);
  if (ref) return finish(flow, place, ref, signalItems(types));
  const cursor = accessAtCursor(text, offset);
  if (!cursor) return undefined;
  const { root, span, form } = cursor.access;
  // What there is to know of secrets has been offered before anybody came here.
  if (root === 'secrets') return [];
  const items =
    root === 'outputs' && placed
      ? outputItems(types, placed)
      : root === 'signals'
        ? ownerItems(types)
        : undefined;
  if (!items) return undefined;
  // A key that is no identifier cannot stand behind a dot.
  const fitting = form === 'bracket' ? items : items.filter(({ label }) => IDENTIFIER.test(label));
  return finish(flow, place, span, fitting);
}

function finish(
  flow: FlowDocument,
  { value, segment }: PlacedExpression,
  span: Span,
  items: readonly CompletionItem[],
): CompletionItem[] {
  const range = flow.range(segment, value.scalar.spanToSource(span));
  return items.map((item, i) => ({
    ...item,
    sortText: String(i).padStart(5, '0'),
    textEdit: { range, newText: insideScalar(item.label, value.scalar.style) },
  }));
}

/** Nearest blocks first. */
function outputItems(types: FlowTypes, placed: PlacedBlock): CompletionItem[] {
  return [...types.upstream(placed)].map(([label, blocks]) => {
    const [nearest] = blocks;
    const shape = nearest && shapeOf(nearest.block);
    const description = nearest?.block.description ?? shape?.description;
    return {
      label,
      kind: CompletionItemKind.Field,
      detail: blocks.map(({ block }) => `“${block.name.text}”`).join(' or '),
      ...(description !== undefined && {
        documentation: { kind: MarkupKind.Markdown, value: escapeMarkdown(description) },
      }),
    };
  });
}

function ownerItems(types: FlowTypes): CompletionItem[] {
  return [...types.owners.values()].map(({ key, blocks }) => ({
    label: key,
    kind: CompletionItemKind.Field,
    detail: `signals of ${blocks.map((name) => `“${name}”`).join(' or ')}`,
  }));
}

function signalItems(types: FlowTypes): CompletionItem[] {
  return [...types.owners.values()].flatMap(({ key, blocks, signals }) =>
    [...signals.values()].map(({ key: signal, description }) => ({
      label: `signal.${key}.${signal}`,
      kind: CompletionItemKind.Value,
      detail: `signal of ${blocks.map((name) => `“${name}”`).join(' or ')}`,
      ...(description !== undefined && {
        documentation: { kind: MarkupKind.Markdown, value: escapeMarkdown(description) },
      }),
    })),
  );
}

/** The text of `ref("…")` that the cursor stands in, without quotes. */
function refAtCursor(text: string, offset: number): Span | undefined {
  const before = text.slice(0, offset);
  if (!/\bref\s*\(\s*(?:"[^"\n]*|'[^'\n]*|`[^`]*)$/.test(before)) return undefined;
  const after = text.slice(offset);
  // A text that is still open is closed first; what stands behind the cursor would else belong to it.
  for (const whole of [
    before + CURSOR + after,
    `${before}${CURSOR}${/["'`]/.exec(before.slice(before.lastIndexOf('ref')))![0]})`,
  ]) {
    const found = analyzeExpression(whole).refs.find((ref) => ref.text.includes(CURSOR));
    if (found) return { start: found.span.start, end: found.span.start + found.text.length - CURSOR.length };
  }
  return undefined;
}
