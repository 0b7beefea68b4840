/** textDocument/inlayHint: the key of a block where its name does not show it, and the types of outputs. */
import type { InlayHint, InlayHintParams } from 'vscode-languageserver/node';
import { shapeOf } from '../flow/catalog.js';
import type { FlowDocument } from '../flow/document.js';
import { graphOf } from '../flow/graph.js';
import { blockKey, blockRead, IDENTIFIER, NO_KEY } from '../flow/keys.js';
import type { Block } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import { typeName } from '../flow/shape.js';
import type { Span } from '../flow/text.js';
import { InlayHintKind } from './lsp.js';
import { segmentsIn } from './semanticTokens.js';
import type { Features } from './server.js';
import { trimmed } from './tree.js';

export function inlayHints(
  { documents }: Features,
  { textDocument: { uri }, range }: InlayHintParams,
): InlayHint[] | null {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return null;
  return segmentsIn(flow, range)
    .flatMap(({ segment }) => segment.content.blocks.flatMap((block) => [...hintsOf(flow, segment, block)]))
    .filter(({ position: { line } }) => range.start.line <= line && line <= range.end.line);
}

function* hintsOf(flow: FlowDocument, segment: Segment, block: Block): Generator<InlayHint> {
  const { name, key } = block;
  const read = blockRead(key);
  if (name.text !== '' && !isObvious(name.text)) {
    yield {
      position: flow.range(segment, trimmed(segment.text, name.span)).end,
      label: read === undefined ? 'no key' : key,
      paddingLeft: true,
      tooltip: read === undefined ? NO_KEY : `Expressions read this block as ${read}`,
    };
  }
  for (const output of block.outputs.values()) {
    const type = outputType(block, output.key.text);
    if (type !== undefined) yield typeHint(flow, segment, afterColon(segment.text, output.key.span), type);
  }
  const graph = graphOf(flow);
  for (const { links } of block.inputs.values()) {
    for (const { block: sender, output } of links) {
      const from = graph.named(sender.text)?.block;
      // What a customisation gives, the schema does not know.
      if (!from || from.outputs.get(output.text)?.customization) continue;
      const type = outputType(from, output.text);
      if (type !== undefined) yield typeHint(flow, segment, trimmed(segment.text, output.span), type);
    }
  }
}

/** A reader comes to the key alone: simple words, of which only first letters are capital. `Get issue`, not `Get JWT (1)`. */
function isObvious(name: string): boolean {
  return /^\p{Lu}?[\p{Ll}\p{N}]+(?: \p{Lu}?[\p{Ll}\p{N}]+)*$/u.test(name) && IDENTIFIER.test(blockKey(name));
}

function outputType(block: Block, output: string): string | undefined {
  const type = shapeOf(block)?.outputs.get(output)?.type;
  const name = type && typeName(type);
  return name === 'any' ? undefined : name;
}

function typeHint(flow: FlowDocument, segment: Segment, after: Span, type: string): InlayHint {
  return {
    position: flow.range(segment, after).end,
    label: type,
    kind: InlayHintKind.Type,
    paddingLeft: true,
  };
}

function afterColon(text: string, key: Span): Span {
  const colon = /^\s*:/.exec(text.slice(key.end, key.end + 10));
  return { start: key.start, end: key.end + (colon ? colon[0].length : 0) };
}
