/** Declares a key in the project file, so that the team sees it. The file's comments, order and style stay. */
import * as vscode from 'vscode';
import { declareKey, newProjectFile } from '../../flow/project.js';
import { PROJECT_FILE } from '../../flow/protocol.js';
import type { Project } from '../projects.js';

/** Makes the project file where there is none. @throws Error that says why the file cannot be edited. */
export async function declareInProject(project: Project, key: string): Promise<void> {
  if (project.file === undefined) {
    const file = vscode.Uri.joinPath(vscode.Uri.parse(project.folder), PROJECT_FILE);
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(newProjectFile(project.id, key)));
    return;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(project.file));
  const change = declareKey(document.getText(), key);
  if (!change) return;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(change.span.start), document.positionAt(change.span.end)),
    change.text,
  );
  const unsaved = document.isDirty;
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${PROJECT_FILE} cannot be edited.`);
  // Edits of the person's own stay theirs to save.
  if (!unsaved) await document.save();
}
