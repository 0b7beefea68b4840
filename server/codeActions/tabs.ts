/** "Indent with spaces": for tabs, in all lines that YAML refuses for them. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { FlowDocument } from '../../flow/document.js';
import { TABS } from '../../flow/yamlErrors.js';
import { CodeActionKind } from '../lsp.js';

/** Columns that a tab stands for. */
const WIDTH = 2;

export function tabsFix(flow: FlowDocument, uri: string, diagnostic: Diagnostic): CodeAction[] {
  if (diagnostic.message !== TABS) return [];
  const edits = flow.segments.flatMap((segment) => {
    const refused = segment.tree.problems.filter(({ message }) => message === TABS);
    const lines = new Set(refused.map(({ span }) => segment.lines[segment.positionAt(span.start).line]!));
    return [...lines].map((start) => {
      const blanks = /^[ \t]*/.exec(segment.text.slice(start))![0];
      return {
        range: flow.range(segment, { start, end: start + blanks.length }),
        newText: blanks.replaceAll('\t', ' '.repeat(WIDTH)),
      };
    });
  });
  return [
    {
      title: 'Indent with spaces',
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      isPreferred: true,
      edit: { changes: { [uri]: edits } },
    },
  ];
}
