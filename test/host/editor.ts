/** Steps that tests of the editor share. */
import path from 'node:path';
import * as vscode from 'vscode';
import { until } from './workbench.js';

export function workspaceFile(relative: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, relative);
}

export async function openFile(relative: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(workspaceFile(relative)));
}

export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Text of a file that is never empty but for the moment in which it is saved. */
export function readFile(relative: string): Promise<string> {
  return until(`a text in ${relative}`, async () =>
    new TextDecoder().decode(await vscode.workspace.fs.readFile(workspaceFile(relative))),
  );
}

/** `code: text` of our diagnostics for a file, in document order. */
export function problems(uri: vscode.Uri): string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === 'flows')
    .sort((a, b) => a.range.start.compareTo(b.range.start))
    .map((diagnostic) => `${codeOf(diagnostic)}: ${diagnostic.message}`);
}

export function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}

/** Keys that are reported as undefined, in document order. */
export function undefinedKeys(document: vscode.TextDocument): string[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((diagnostic) => codeOf(diagnostic) === 'undefined-secret')
    .sort((a, b) => a.range.start.compareTo(b.range.start))
    .map(({ range }) => document.getText(range));
}

/** Text of the output channel whose document name ends with `name`; it must have been shown. */
export async function outputText(name: string): Promise<string> {
  const document = await until(`the output channel ${name}`, () =>
    vscode.workspace.textDocuments.find(
      ({ uri }) =>
        uri.scheme === 'output' && decodeURIComponent(path.posix.basename(uri.path)).includes(name),
    ),
  );
  return document.getText();
}

/** Puts the cursor behind the first occurrence of `text`. */
export function cursorAfter(editor: vscode.TextEditor, text: string): vscode.Position {
  const at = editor.document.getText().indexOf(text);
  if (at < 0) throw new Error(`${text} is not in the document`);
  const position = editor.document.positionAt(at + text.length);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(editor.selection);
  return position;
}
