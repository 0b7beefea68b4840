/**
 * Flows: Move Literal to Secret. What stands in a file goes to a store of this machine, its key to the project file, and a
 * reference takes its place: stored first, then one edit of all files, so that nothing is lost on the way. The text is read
 * from the editor's own document; the language server says where it stands and is never told what it is.
 */
import * as vscode from 'vscode';
import { PROJECT_FILE, type LiteralAtResult } from '../../flow/protocol.js';
import { decodeLiteral } from '../../flow/tokens/move.js';
import { valueProblem } from '../keychain/keychain.js';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { addDeclaration } from './declare.js';
import { wasCommitted } from './history.js';
import { reasonOf, showFailure } from './messages.js';
import { chooseTarget, type Target } from './moveTarget.js';

interface Place {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
}

/** @param given a MoveLiteralArguments; without one, what is at the cursor. */
export async function moveLiteral(services: Services, given?: unknown): Promise<void> {
  const place = await placeOf(given);
  if (!place) {
    void vscode.window.showInformationMessage('Put the cursor into the text that is to become a secret.');
    return;
  }
  const { document, position } = place;
  const found = await services.languageClient.literalAt(document.uri, position);
  if (!found) {
    void vscode.window.showInformationMessage(
      'No text that a secret could replace stands at the cursor: it must be the value of a field, or a string in an expression.',
    );
    return;
  }
  const value = textOf(document, found);
  const problem = value === undefined ? CHANGED : valueProblem(value)?.message;
  if (value === undefined || problem !== undefined) {
    void vscode.window.showErrorMessage(`This text cannot become a secret. ${problem ?? ''}`);
    return;
  }
  const secret = { key: found.key, value };
  await services.log.guarding([secret], () => move(services, place, found, value));
}

const CHANGED = 'It has changed in the meantime: try again.';

async function placeOf(given: unknown): Promise<Place | undefined> {
  const { uri, position } = fields(given);
  const { line, character } = fields(position);
  if (typeof uri === 'string' && typeof line === 'number' && typeof character === 'number') {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    return { document, position: document.validatePosition(new vscode.Position(line, character)) };
  }
  const editor = vscode.window.activeTextEditor;
  return editor && { document: editor.document, position: editor.selection.start };
}

/** Of what anybody may have passed. */
function fields(given: unknown): Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null ? { ...given } : {};
}

/** Undefined when the document is not the one that was asked about. */
function textOf(
  document: vscode.TextDocument,
  { version, literal, layers }: LiteralAtResult,
): string | undefined {
  return document.version === version ? decodeLiteral(document.getText(toRange(literal)), layers) : undefined;
}

async function move(services: Services, place: Place, found: LiteralAtResult, value: string): Promise<void> {
  const { projects } = services;
  // The server may know more of where a file belongs.
  const project = await projects.of(
    vscode.Uri.joinPath(vscode.Uri.parse(found.project.folder), PROJECT_FILE),
  );
  const target = await chooseTarget(services, project, found, value);
  if (!target) return;
  try {
    await replace(services, place, project, target, value);
  } catch (error) {
    services.log.error(`Nothing was moved to ${target.key} of ${project.id}: ${reasonOf(error)}`);
    await showFailure(services, `Nothing was moved to ${target.key}.`, error);
  }
}

/** @throws Error; files and store are then as they were. */
async function replace(
  services: Services,
  { document, position }: Place,
  project: Project,
  { key, has, label }: Target,
  value: string,
): Promise<void> {
  const { homes, languageClient, log, vault } = services;
  const change = await languageClient.literalAt(document.uri, position, key);
  if (!change || textOf(document, change) !== value) throw new Error(CHANGED);
  const edit = new vscode.WorkspaceEdit();
  // First, since it is the part that can fail: what comes before a failure stays done.
  const takeBack = change.declared ? undefined : await addDeclaration(edit, project, key);
  for (const { range, newText } of [change.edit, ...(change.also ? [change.also] : [])])
    edit.replace(document.uri, toRange(range), newText, { label, needsConfirmation: false });
  const written = document.getText(toRange(change.literal));
  const before = has === 'this' ? undefined : await vault.get(project.id, key);
  // A store may hold what is on no list: another program, or another profile, has put it there.
  if (has === 'none' && before !== undefined && before !== value)
    throw new Error(`It turns out to have another value on this machine: choose again.`);
  const store = has === 'this' ? vault.storeOf(project.id, key) : await vault.set(project.id, key, value);
  const wasClean = !isDirty(project.file);
  if (!(await apply(edit, document, change.version))) {
    try {
      if (before !== undefined) await vault.set(project.id, key, before);
      else if (has !== 'this') await vault.delete(project.id, key);
    } catch (error) {
      throw new Error(
        `The file was not changed, and ${key} could not be ${before === undefined ? 'removed from' : 'put back into'} its store: ${reasonOf(error)}`,
        { cause: error },
      );
    } finally {
      await takeBack?.();
    }
    throw new Error('The file was not changed.');
  }
  const where = store?.label ?? 'a store of this machine';
  log.info(
    `A text of ${vscode.workspace.asRelativePath(document.uri)} is ${key} of ${project.id} now, in ${where}.`,
  );
  void advise({ uri: document.uri, project, key, where, variable: change.variable }, [value, written]);
  await homes.firstUse(project);
  if (wasClean) await saveProjectFile(project);
}

/** Of a text that has moved on nothing is changed. */
async function apply(
  edit: vscode.WorkspaceEdit,
  document: vscode.TextDocument,
  version: number,
): Promise<boolean> {
  try {
    return document.version === version && (await vscode.workspace.applyEdit(edit));
  } catch {
    return false;
  }
}

function isDirty(file: string | undefined): boolean {
  return vscode.workspace.textDocuments.some(({ uri, isDirty: dirty }) => dirty && uri.toString() === file);
}

/** The team's list is on disk with the value in its store; the file that was edited stays the person's to save. */
async function saveProjectFile({ folder }: Project): Promise<void> {
  const file = vscode.Uri.joinPath(vscode.Uri.parse(folder), PROJECT_FILE).toString();
  await vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file)?.save();
}

interface Moved {
  readonly uri: vscode.Uri;
  readonly project: Project;
  readonly key: string;
  readonly where: string;
  /** Where Terraform gets it from. */
  readonly variable: string | undefined;
}

/** What has stood in a file is known to whoever has had the file. */
async function advise(
  { uri, project: { id }, key, where, variable }: Moved,
  texts: readonly string[],
): Promise<void> {
  const committed = uri.scheme === 'file' && (await wasCommitted(uri.fsPath, texts));
  const update = 'Update Value';
  const leaked = committed
    ? 'It is in the git history: have it replaced where it was issued, then update the value here.'
    : 'It has stood in a file, and Undo puts it back there: if anybody has had that file, have it replaced where it was issued.';
  const asked =
    variable === undefined ? '' : ` Terraform asks for it as var.${variable}: set TF_VAR_${variable}.`;
  const choice = await vscode.window.showWarningMessage(
    `${key} of ${id} is in ${where} now.${asked} ${leaked}`,
    update,
  );
  if (choice === update)
    await vscode.commands.executeCommand('flows.updateSecret', { key, uri: uri.toString() });
}

function toRange({ start, end }: LiteralAtResult['literal']): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
