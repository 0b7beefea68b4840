/** Fixes for secrets: take the near key, add the secret, declare it. */
import { CodeActionKind, type CodeAction, type Diagnostic, type TextEdit } from 'vscode-languageserver/node';
import { declareKey, newProjectFile } from '../../flow/project.js';
import { Commands, PROJECT_FILE, type AddSecretArguments } from '../../flow/protocol.js';
import { lineStarts, floorIndex, type Position } from '../../flow/text.js';
import type { Features } from '../server.js';
import type { ProjectState } from '../projects.js';

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
    ...declare(features.projects.of(uri), features, diagnostic, key),
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

function declare(
  project: ProjectState,
  { projects }: Features,
  diagnostic: Diagnostic,
  key: string,
): CodeAction[] {
  const uri = project.file ?? `${project.folder}/${PROJECT_FILE}`;
  let edit: TextEdit | undefined;
  if (project.file === undefined) {
    edit = {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      newText: newProjectFile(project.id, key),
    };
  } else {
    const text = projects.textOf(project.file);
    if (text === undefined) return [];
    try {
      const change = declareKey(text, key);
      if (!change) return [];
      edit = {
        range: { start: positionIn(text, change.span.start), end: positionIn(text, change.span.end) },
        newText: change.text,
      };
    } catch {
      // The file is too broken to edit; its own diagnostics say so.
      return [];
    }
  }
  return [
    {
      title: `Declare ${key} in ${PROJECT_FILE}`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: {
        documentChanges: [
          ...(project.file === undefined
            ? [{ kind: 'create' as const, uri, options: { ignoreIfExists: true } }]
            : []),
          { textDocument: { uri, version: null }, edits: [edit] },
        ],
      },
    },
  ];
}

function positionIn(text: string, offset: number): Position {
  const starts = lineStarts(text);
  const line = floorIndex(starts, offset);
  return { line, character: offset - starts[line]! };
}
