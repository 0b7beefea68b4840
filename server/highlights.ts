/** textDocument/documentHighlight: the other places of the document that name what is under the cursor. */
import type { DocumentHighlight, DocumentHighlightParams } from 'vscode-languageserver/node';
import { DocumentHighlightKind } from './lsp.js';
import { placeOf } from './mentions.js';
import type { Features } from './server.js';
import { subjectAt } from './subject.js';
import { isDeclaration, occurrences } from './targets.js';

export function highlights(features: Features, params: DocumentHighlightParams): DocumentHighlight[] | null {
  const subject = subjectAt(features, params);
  const at = subject?.at;
  // `previous` is no name of its own, and an output's name says nothing about the rest of its block.
  if (!subject || !at || at.mention.kind === 'previous' || at.mention.kind === 'output') return null;
  const places = new Map(
    subject.targets
      .flatMap((target) => occurrences(at.flow, target))
      .map((placed) => [placed.mention, placed] as const),
  );
  return [...places.values()].map(({ segment, mention }) => ({
    range: at.flow.range(segment, placeOf(segment, mention)),
    kind: isDeclaration(mention) ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
  }));
}
