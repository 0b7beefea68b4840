/** Fixes that are written in HCL: an escaped interpolation, comments that silence a diagnostic. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { OpenText } from '../documents.js';
import { CodeActionKind } from '../lsp.js';
import type { Features } from '../server.js';

export function terraformFixes(
  { terraform }: Features,
  document: OpenText,
  diagnostic: Diagnostic,
): CodeAction[] {
  const { code, range } = diagnostic;
  if (typeof code !== 'string') return [];
  const { text, uri } = document;
  const insert = (title: string, at: Diagnostic['range']['start'], newText: string): CodeAction => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    edit: { changes: { [uri]: [{ range: { start: at, end: at }, newText }] } },
  });
  const fixes: CodeAction[] = [];
  if (code === 'hcl-interpolation')
    fixes.push({ ...insert('Leave it to JavaScript: $${…}', range.start, '$'), isPreferred: true });
  const start = text.offsetAt({ line: range.start.line, character: 0 });
  const isInString = terraform
    .read(document)
    .expressions.some(({ span }) => span.start < start && start < span.end);
  // A comment line inside a heredoc would be part of its text.
  if (!isInString) {
    const indent = /^[ \t]*/.exec(text.getText().slice(start))![0];
    const line = { line: range.start.line, character: 0 };
    fixes.push(insert(`Ignore ${code} on this line`, line, `${indent}# flows-ignore[${code}]\n`));
  }
  return [
    ...fixes,
    insert(`Ignore ${code} in this file`, { line: 0, character: 0 }, `# flows-ignore-file[${code}]\n`),
  ];
}
