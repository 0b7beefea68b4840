/** textDocument/hover: secrets first, since they wait for nothing; then blocks, fields and links. */
import type { Hover, HoverParams } from 'vscode-languageserver/node';
import { MarkupKind } from '../lsp.js';
import type { Features } from '../server.js';
import { hoverTerraform } from '../terraform/features.js';
import { hoverFlow } from './flow.js';
import { hoverAppField } from './installation.js';
import { hoverMocks } from './mocks.js';
import { hoverProject } from './project.js';
import { hoverSecret } from './secrets.js';
import { hoverTest } from './test.js';

export function hover(features: Features, { textDocument: { uri }, position }: HoverParams): Hover | null {
  const document = features.documents.get(uri);
  if (document?.kind === 'project') return hoverProject(features, document, document.text.offsetAt(position));
  if (document?.kind === 'test') return hoverTest(document, document.text.offsetAt(position));
  if (document?.kind === 'terraform') return hoverTerraform(features, document, position);
  if (document?.kind !== 'flow') return null;
  const { flow } = document;
  const place = flow.expressionAt(position);
  const card =
    (place && hoverSecret(features, document, place)) ??
    (flow.dialect === 'mocks' && !place ? hoverMocks(features, document, position) : undefined) ??
    hoverAppField(document, position) ??
    hoverFlow(flow, position);
  if (!card) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value: card.lines.join('\n\n') },
    range: flow.range(card.segment, card.span),
  };
}
