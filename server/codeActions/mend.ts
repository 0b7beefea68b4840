/** Fixes of YAML that does not parse: what it was read as is written down. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { FlowDocument } from '../../flow/document.js';
import { comparePositions } from '../../flow/text.js';
import { CodeActionKind } from '../lsp.js';

export function mendFix(flow: FlowDocument, uri: string, diagnostic: Diagnostic): CodeAction[] {
  if (diagnostic.code !== 'yaml-syntax') return [];
  const { start } = diagnostic.range;
  const { segment } = flow.at(flow.offsetAt(start));
  for (const [{ message, span }, { title, edits }] of segment.tree.mends ?? []) {
    if (message !== diagnostic.message || comparePositions(flow.range(segment, span).start, start) !== 0)
      continue;
    return [
      {
        title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: {
          changes: {
            [uri]: edits.map((one) => ({ range: flow.range(segment, one.span), newText: one.text })),
          },
        },
      },
    ];
  }
  return [];
}
