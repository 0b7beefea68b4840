/** Fixes for `missing-expr`: the tag, or a template literal in place of placeholders that nobody fills in. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { FlowDocument } from '../../flow/document.js';
import { scalarSource } from '../../flow/quoting.js';
import { CodeActionKind } from '../lsp.js';
import { pathAt } from '../tree.js';

export function expressionFix(flow: FlowDocument, uri: string, diagnostic: Diagnostic): CodeAction[] {
  if (diagnostic.code !== 'missing-expr') return [];
  const fix = (diagnostic.data as { fix?: unknown } | undefined)?.fix;
  const { range } = diagnostic;
  if (fix === 'tag') {
    const at = { start: range.start, end: range.start };
    return [action('Add !expr', diagnostic, uri, at, '!expr ')];
  }
  const { segment, offset } = flow.at(flow.offsetAt(range.start));
  const value = pathAt(segment, offset).at(-1)?.value;
  if (value?.kind !== 'constant' || typeof value.value !== 'string') return [];
  const newText = `!expr ${scalarSource(templateLiteral(value.value), 'single', true)}`;
  return [
    action(
      'Make it a JavaScript template literal',
      diagnostic,
      uri,
      flow.range(segment, value.span),
      newText,
    ),
  ];
}

/** `a ${{ secrets.B }}` and `a {{ secrets.B }}` -> `` `a ${secrets.B}` ``; all other text stands as it is. */
function templateLiteral(text: string): string {
  const parts = text.split(/(\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\{[^}]*\})/);
  const body = parts.map((part, i) =>
    i % 2 === 1
      ? `\${${part.replace(/^\$?\{\{?|\}\}?$/g, '').trim()}}`
      : part.replace(/[`\\]|\$(?=\{)/g, '\\$&'),
  );
  return `\`${body.join('')}\``;
}

function action(
  title: string,
  diagnostic: Diagnostic,
  uri: string,
  range: Diagnostic['range'],
  newText: string,
): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred: true,
    edit: { changes: { [uri]: [{ range, newText }] } },
  };
}
