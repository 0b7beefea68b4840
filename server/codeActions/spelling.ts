/** "Change to …": for every diagnostic that knows a near name. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import { scalarSource } from '../../flow/quoting.js';
import { CodeActionKind } from '../lsp.js';

/** Names in YAML, which may need quotes; all others stand in JavaScript or are keys as they are. */
const IN_YAML: ReadonlySet<unknown> = new Set([
  'link-block',
  'link-output',
  'error-handler',
  'unknown-group',
  'unknown-installation',
  'test-name',
  'unused-mock',
]);

export function spellingFix(uri: string, diagnostic: Diagnostic): CodeAction[] {
  const near = (diagnostic.data as { near?: unknown } | undefined)?.near;
  if (typeof near !== 'string') return [];
  const newText = IN_YAML.has(diagnostic.code) ? scalarSource(near, 'plain', true) : near;
  return [
    {
      title: `Change to ${near}`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      isPreferred: true,
      edit: { changes: { [uri]: [{ range: diagnostic.range, newText }] } },
    },
  ];
}
