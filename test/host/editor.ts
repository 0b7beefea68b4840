/** Steps that tests of the editor share. */
import path from 'node:path';
import * as vscode from 'vscode';
import { until, workbench } from './workbench.js';

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

/** Writes a file of the workspace, with the folders it lies in. */
export async function writeFile(relative: string, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(workspaceFile(relative), Buffer.from(text));
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

/** Sets one of our settings for the user, e.g. `run.reveal`; undefined takes it back. */
export async function setSetting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('flows').update(name, value, vscode.ConfigurationTarget.Global);
}

/** Draws the window in a theme; without a name in the one that tests begin with, which is not the default of every version. */
export async function useTheme(name = 'Default Dark Modern'): Promise<void> {
  await vscode.workspace
    .getConfiguration('workbench')
    .update('colorTheme', name, vscode.ConfigurationTarget.Global);
  const { Dark, Light, HighContrast, HighContrastLight } = vscode.ColorThemeKind;
  const isLight = name.includes('Light');
  const kind = name.includes('Contrast')
    ? isLight
      ? HighContrastLight
      : HighContrast
    : isLight
      ? Light
      : Dark;
  await until(`the theme ${name}`, () => vscode.window.activeColorTheme.kind === kind);
}

/** Answers the box for a secret's value once it is there. */
export async function enterValue(value: string): Promise<void> {
  await until('the box for the value', async () => {
    // Between two boxes there is none.
    const box = await workbench.inputBox().catch(() => undefined);
    return box?.password === true && box.value === '';
  });
  await workbench.fillInput(value);
  await workbench.press('Enter');
}

/** Stores a value as a person does, for the project of a file. */
export async function addSecret(file: vscode.Uri, key: string, value: string): Promise<void> {
  const done = vscode.commands.executeCommand('flows.addSecret', { key, uri: file.toString() });
  await enterValue(value);
  await done;
}

/**
 * Opens the menu of quick fixes at the cursor, with the focus on this one. It is asked for again when it does not come: half a
 * second after it has seen the cursor move behind an earlier menu, VS Code drops one that it is about to show, also in the next
 * file of the same editor.
 */
export async function openQuickFixes(title: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
  await until(`the quick fix “${title}”`, async () => {
    await vscode.commands.executeCommand('editor.action.quickFix');
    return workbench
      .waitFor(`.action-widget .monaco-list-row.focused:has-text("${title}")`, { timeout: 2_000 })
      .then(
        () => true,
        () => false,
      );
  });
}

/** The text of a notification on the screen, waiting for it. */
export async function notification(pattern: RegExp): Promise<string> {
  return until(`a notification ${String(pattern)}`, async () =>
    (await workbench.notifications()).find((text) => pattern.test(text)),
  );
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
