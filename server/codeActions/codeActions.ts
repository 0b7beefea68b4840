/** textDocument/codeAction: the fixes of what diagnostics report, the likely ones first. */
import type { CodeAction, CodeActionParams, Diagnostic } from 'vscode-languageserver/node';
import { DIAGNOSTIC_SOURCE } from '../../flow/protocol.js';
import { CodeActionKind } from '../lsp.js';
import type { Features } from '../server.js';
import { asTerraform } from '../terraform/files.js';
import { expressionFix } from './expression.js';
import { mendFix } from './mend.js';
import { moveFix, moveRefactoring } from './moveLiteral.js';
import { secretFixes } from './secrets.js';
import { spellingFix } from './spelling.js';
import { suppressions } from './suppress.js';
import { terraformFixes } from './terraform.js';

export function codeActions(
  features: Features,
  { textDocument: { uri }, range, context }: CodeActionParams,
): CodeAction[] {
  const wants = (kind: CodeActionKind): boolean =>
    context.only?.some((one) => kind === one || kind.startsWith(`${one}.`)) ?? true;
  return [
    ...(wants(CodeActionKind.QuickFix) ? fixes(features, uri, context.diagnostics) : []),
    ...(wants(CodeActionKind.RefactorExtract)
      ? moveRefactoring(features, uri, range, context.diagnostics)
      : []),
  ];
}

function fixes(features: Features, uri: string, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const flow = features.documents.flow(uri)?.flow;
  const own = diagnostics.filter(({ source }) => source === DIAGNOSTIC_SOURCE);
  const found = own.flatMap((diagnostic) => [
    ...moveFix(features, uri, diagnostic),
    ...spellingFix(uri, diagnostic),
    ...secretFixes(features, uri, diagnostic),
    ...(flow ? [...expressionFix(flow, uri, diagnostic), ...mendFix(flow, uri, diagnostic)] : []),
  ]);
  const terraform = asTerraform(features.documents.get(uri));
  if (terraform)
    return [...found, ...own.flatMap((diagnostic) => terraformFixes(features, terraform, diagnostic))];
  return flow ? [...found, ...own.flatMap((diagnostic) => suppressions(flow, uri, diagnostic))] : found;
}
