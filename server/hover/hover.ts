/** textDocument/hover: secrets first, since they wait for nothing; then blocks, fields and links. */
import { MarkupKind, type Hover, type HoverParams } from 'vscode-languageserver/node';
import type { Features } from '../server.js';
import { hoverFlow } from './flow.js';
import { hoverSecret } from './secrets.js';

export function hover(
  { documents, projects }: Features,
  { textDocument: { uri }, position }: HoverParams,
): Hover | null {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return null;
  const place = flow.expressionAt(position);
  const card = (place && hoverSecret(flow, place, projects.of(uri))) ?? hoverFlow(flow, position);
  if (!card) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value: card.lines.join('\n\n') },
    range: flow.range(card.segment, card.span),
  };
}
