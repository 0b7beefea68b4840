/** textDocument/codeAction: the fixes of what diagnostics report, the likely ones first. */
import type { CodeAction, CodeActionParams } from 'vscode-languageserver/node';
import { DIAGNOSTIC_SOURCE } from '../../flow/protocol.js';
import type { Features } from '../server.js';
import { asTerraform } from '../terraform/files.js';
import { expressionFix } from './expression.js';
import { secretFixes } from './secrets.js';
import { spellingFix } from './spelling.js';
import { suppressions } from './suppress.js';
import { terraformFixes } from './terraform.js';

export function codeActions(
  features: Features,
  { textDocument: { uri }, context }: CodeActionParams,
): CodeAction[] {
  const flow = features.documents.flow(uri)?.flow;
  const own = context.diagnostics.filter(({ source }) => source === DIAGNOSTIC_SOURCE);
  const fixes = own.flatMap((diagnostic) => [
    ...spellingFix(uri, diagnostic),
    ...secretFixes(features, uri, diagnostic),
    ...(flow ? expressionFix(flow, uri, diagnostic) : []),
  ]);
  const terraform = asTerraform(features.documents.get(uri));
  if (terraform)
    return [...fixes, ...own.flatMap((diagnostic) => terraformFixes(features, terraform, diagnostic))];
  return flow ? [...fixes, ...own.flatMap((diagnostic) => suppressions(flow, uri, diagnostic))] : fixes;
}
