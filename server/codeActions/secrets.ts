/** Fixes for secrets: take the near key, add the secret, declare it. */
import type { CodeAction, Diagnostic, TextEdit } from 'vscode-languageserver/node';
import { declareKey, newProjectFile } from '../../flow/project.js';
import { Commands, PROJECT_FILE, type AddSecretArguments } from '../../flow/protocol.js';
import { lineStarts, floorIndex, type Position } from '../../flow/text.js';
import { CodeActionKind } from '../lsp.js';
import type { Features } from '../server.js';
import { projectUsage } from '../usage.js';

/** Nothing for diagnostics of other kinds. */
export function secretFixes(features: Features, uri: string, diagnostic: Diagnostic): CodeAction[] {
  const key = (diagnostic.data as { key?: unknown } | undefined)?.key;
  if (typeof key !== 'string') return [];
  switch (diagnostic.code) {
    case 'undefined-secret':
      return undefinedSecret(features, uri, diagnostic, key);
    case 'secret-without-value':
      return addSecret(features, uri, diagnostic, key, `Set the value of ${key} on this machine…`);
    default:
      return [];
  }
}

function undefinedSecret(features: Features, uri: string, diagnostic: Diagnostic, key: string): CodeAction[] {
  return [
    ...addSecret(features, uri, diagnostic, key, `Add secret ${key}…`),
    ...declare(features, uri, diagnostic, [key]),
    ...declareAll(features, uri, diagnostic),
  ];
}

function addSecret(
  { commands }: Features,
  uri: string,
  diagnostic: Diagnostic,
  key: string,
  title: string,
): CodeAction[] {
  if (!commands) return [];
  const argument: AddSecretArguments = { key, uri };
  return [
    {
      title,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      command: { title, command: Commands.addSecret, arguments: [argument] },
    },
  ];
}

/** All that the project's flows name and nobody has declared; where that is more than the one key. */
function declareAll(features: Features, uri: string, diagnostic: Diagnostic): CodeAction[] {
  const project = features.projects.of(uri);
  const { declared, set } = project.knowledge;
  const missing = [...projectUsage(features, project).keys()]
    .filter((key) => !declared.has(key) && !set?.has(key))
    .sort();
  return missing.length > 1 ? declare(features, uri, diagnostic, missing) : [];
}

function declare(
  features: Features,
  uri: string,
  diagnostic: Diagnostic,
  keys: readonly string[],
): CodeAction[] {
  const project = features.projects.of(uri);
  const file = project.file ?? `${project.folder}/${PROJECT_FILE}`;
  const before = project.file === undefined ? '' : features.projects.textOf(project.file);
  if (before === undefined) return [];
  const after = declaring(before || newProjectFile(project.id), keys);
  if (after === undefined || after === before) return [];
  const edit = smallestEdit(before, after);
  return [
    {
      title:
        keys.length === 1
          ? `Declare ${keys[0]!} in ${PROJECT_FILE}`
          : `Declare all ${keys.length} undeclared secrets in ${PROJECT_FILE}`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: {
        documentChanges: [
          ...(project.file === undefined
            ? [{ kind: 'create' as const, uri: file, options: { ignoreIfExists: true } }]
            : []),
          { textDocument: { uri: file, version: null }, edits: [edit] },
        ],
      },
    },
  ];
}

/** The text with the keys declared; undefined where the file is too broken to edit: its own diagnostics say so. */
function declaring(text: string, keys: readonly string[]): string | undefined {
  try {
    return keys.reduce((current, key) => {
      const change = declareKey(current, key);
      return change
        ? current.slice(0, change.span.start) + change.text + current.slice(change.span.end)
        : current;
    }, text);
  } catch {
    return undefined;
  }
}

/** Replaces what lies between the common beginning and end. */
function smallestEdit(before: string, after: string): TextEdit {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return {
    range: { start: positionIn(before, start), end: positionIn(before, before.length - end) },
    newText: after.slice(start, after.length - end),
  };
}

function positionIn(text: string, offset: number): Position {
  const starts = lineStarts(text);
  const line = floorIndex(starts, offset);
  return { line, character: offset - starts[line]! };
}
