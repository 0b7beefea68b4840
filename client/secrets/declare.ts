/** Declares keys in the project file, so that the team sees them, and takes them out. Comments, order and style stay. */
import * as vscode from 'vscode';
import { declareKey, newProjectFile, type TextEdit } from '../../flow/project.js';
import { PROJECT_FILE } from '../../flow/protocol.js';
import type { Project } from '../projects.js';
import { undeclareKey } from './undeclare.js';

/** Makes the project file where there is none. @throws Error that says why the file cannot be edited. */
export async function declareInProject(project: Project, keys: readonly string[]): Promise<void> {
  const [first, ...others] = keys;
  if (first === undefined) return;
  if (project.file !== undefined) {
    await editProjectFile(project.file, (text) =>
      keys.reduce((now, key) => apply(now, declareKey(now, key)), text),
    );
    return;
  }
  const file = vscode.Uri.joinPath(vscode.Uri.parse(project.folder), PROJECT_FILE);
  const text = others.reduce(
    (now, key) => apply(now, declareKey(now, key)),
    newProjectFile(project.id, first),
  );
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
}

/**
 * Adds to `edit` what declares a key: a change of the project file, or a new one. Returns what takes a new one away again
 * where the edit has failed in the middle. @throws Error that says why it cannot be edited.
 */
export async function addDeclaration(
  edit: vscode.WorkspaceEdit,
  project: Project,
  key: string,
): Promise<() => Promise<void>> {
  const nothing = () => Promise.resolve();
  if (project.file === undefined) {
    const file = vscode.Uri.joinPath(vscode.Uri.parse(project.folder), PROJECT_FILE);
    const contents = new TextEncoder().encode(newProjectFile(project.id, key));
    edit.createFile(file, { contents });
    return async () => {
      const found = await vscode.workspace.fs.readFile(file).then(undefined, () => undefined);
      if (found && Buffer.compare(found, contents) === 0) await vscode.workspace.fs.delete(file);
    };
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(project.file));
  const change = declareKey(document.getText(), key);
  if (!change) return nothing;
  const { start, end } = change.span;
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(end)),
    change.text,
  );
  return nothing;
}

/** Takes the declaration out; what it returns puts it back, unless the file says something else by then. */
export async function undeclareInProject(project: Project, key: string): Promise<() => Promise<void>> {
  const { file } = project;
  if (file === undefined) return () => Promise.resolve();
  const { before, after } = await editProjectFile(file, (text) => apply(text, undeclareKey(text, key)));
  const { description } = project.declared.secrets.get(key) ?? {};
  return async () => {
    await editProjectFile(file, (text) =>
      text === after ? before : apply(text, declareKey(text, key, description)),
    );
  };
}

/** @throws Error that says why the file cannot be edited. */
async function editProjectFile(
  file: string,
  change: (text: string) => string,
): Promise<{ before: string; after: string }> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(file));
  const before = document.getText();
  const after = change(before);
  if (after === before) return { before, after };
  const edit = new vscode.WorkspaceEdit();
  const { start, end, text } = difference(before, after);
  edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
  const unsaved = document.isDirty;
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${PROJECT_FILE} cannot be edited.`);
  // Edits of the person's own stay theirs to save.
  if (!unsaved) await document.save();
  return { before, after };
}

function apply(text: string, edit: TextEdit | undefined): string {
  return edit ? text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end) : text;
}

/** The part in which two texts differ, so that cursors and folds elsewhere in the file stay. */
function difference(before: string, after: string): { start: number; end: number; text: string } {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - start && before.at(-1 - tail) === after.at(-1 - tail))
    tail++;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}
