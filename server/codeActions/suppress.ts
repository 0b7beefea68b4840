/** Comments that silence a diagnostic, on its line or in its file. */
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { FlowDocument } from '../../flow/document.js';
import { CodeActionKind } from '../lsp.js';

export function suppressions(flow: FlowDocument, uri: string, diagnostic: Diagnostic): CodeAction[] {
  const { code } = diagnostic;
  if (typeof code !== 'string') return [];
  const line = diagnostic.range.start.line;
  const first = { line: 0, character: 0 };
  const eol = flow.segments[0]!.text.includes('\r\n') ? '\r\n' : '\n';
  const comment = commentBefore(flow, line, code, eol);
  const ofFile = `# flows-ignore-file[${code}]${eol}`;
  const inFile = edit(`Ignore ${code} in this file`, diagnostic, uri, first, ofFile);
  if (comment === undefined) return [inFile];
  return [edit(`Ignore ${code} on this line`, diagnostic, uri, { line, character: 0 }, comment), inFile];
}

/** A comment line as it may stand before the line; undefined inside a quoted scalar, where none may. */
function commentBefore(flow: FlowDocument, line: number, code: string, eol: string): string | undefined {
  const { segment, offset } = flow.at(flow.offsetAt({ line, character: 0 }));
  const indent = /^ */.exec(segment.text.slice(offset))![0];
  const around = segment.expressions.find(({ scalar: { span } }) => span.start < offset && offset < span.end);
  if (!around) return `${indent}# flows-ignore[${code}]${eol}`;
  return around.scalar.style === 'literal' ? `${indent}// flows-ignore[${code}]${eol}` : undefined;
}

function edit(
  title: string,
  diagnostic: Diagnostic,
  uri: string,
  at: Diagnostic['range']['start'],
  newText: string,
): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    edit: { changes: { [uri]: [{ range: { start: at, end: at }, newText }] } },
  };
}
