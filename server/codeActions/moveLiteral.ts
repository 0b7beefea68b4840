/** "Move to secret": the fix of a value that stands in a file, and a refactoring of any other string. */
import type { CodeAction, Diagnostic, Range } from 'vscode-languageserver/node';
import { Commands, type MoveLiteralArguments } from '../../flow/protocol.js';
import { literalAt } from '../literalAt.js';
import { CodeActionKind } from '../lsp.js';
import type { Features } from '../server.js';

const REPORTS: ReadonlySet<unknown> = new Set(['hard-coded-secret', 'project-value']);

export function moveFix(features: Features, uri: string, diagnostic: Diagnostic): CodeAction[] {
  if (!REPORTS.has(diagnostic.code)) return [];
  const found = literalFor(features, uri, diagnostic.range);
  if (!found) return [];
  const title = !found.isDeclaration
    ? 'Move to secret…'
    : `Move the value of ${found.key} to the keychain${found.variable === undefined ? '' : ' and a variable'}`;
  return [{ ...action(title, uri, diagnostic.range), diagnostics: [diagnostic], isPreferred: true }];
}

/** `range`: the cursor or selection. Nothing where a report offers it as its fix. */
export function moveRefactoring(
  features: Features,
  uri: string,
  range: Range,
  diagnostics: readonly Diagnostic[],
): CodeAction[] {
  if (diagnostics.some(({ code }) => REPORTS.has(code)) || !literalFor(features, uri, range)) return [];
  return [{ ...action('Move literal to secret…', uri, range), kind: CodeActionKind.RefactorExtract }];
}

function literalFor(features: Features, uri: string, { start }: Range): ReturnType<typeof literalAt> {
  return features.commands ? literalAt(features, { uri, position: start }) : null;
}

function action(title: string, uri: string, { start }: Range): CodeAction {
  const argument: MoveLiteralArguments = { uri, position: start };
  return {
    title,
    kind: CodeActionKind.QuickFix,
    command: { title, command: Commands.moveLiteralToSecret, arguments: [argument] },
  };
}
