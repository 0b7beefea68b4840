/**
 * Flows: Rename Secret. The value, the project file and every expression that reads the key change together, or nothing does.
 * The edits are the language server's; F2 in an editor ends up here too (renameInEditor.ts).
 */
import * as vscode from 'vscode';
import { secretKeyProblem } from '../../flow/keys.js';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { chooseKey, type ChosenKey } from './chooseKey.js';
import { reasonOf, showFailure } from './messages.js';
import { countOf } from './words.js';

const FLOW_FILES = '**/{flow,*.flow}.{yaml,yml}';
const MAX_FILES = 2_000;

export async function renameSecret(services: Services, given?: unknown): Promise<void> {
  const chosen = await chooseKey(services, given, {
    title: 'Rename which secret?',
    fits: () => true,
    none: ({ id }) => `${id} has no secrets to rename.`,
  });
  if (!chosen) return;
  const to = await askName(services, chosen);
  if (to === undefined) return;
  try {
    const files = await rename(services, chosen, to);
    services.log.info(`${chosen.key} of ${chosen.project.id} is ${to} now.`);
    vscode.window.setStatusBarMessage(
      `$(check) ${chosen.key} is ${to} now, in ${countOf(files, 'file')}`,
      5_000,
    );
  } catch (error) {
    services.log.error(`${chosen.key} of ${chosen.project.id} was not renamed: ${reasonOf(error)}`);
    await showFailure(services, `${chosen.key} was not renamed.`, error);
  }
}

async function askName({ catalogue }: Services, { project, key }: ChosenKey): Promise<string | undefined> {
  const taken = new Set(catalogue.keys(project).map((one) => one.key));
  const name = await vscode.window.showInputBox({
    title: `Rename ${key} of ${project.id}`,
    prompt: 'New key. Its value, its declaration and the expressions that read it follow.',
    value: key,
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (text === key || text === '') return undefined;
      return (
        secretKeyProblem(text) ??
        (taken.has(text) ? `${project.id} has a secret ${text} already.` : undefined)
      );
    },
  });
  return name === '' || name === key ? undefined : name;
}

/** Number of files that have changed. Rejects with a reason; nothing has changed then. */
async function rename(
  { vault, catalogue, renameInEditor }: Services,
  { project, key }: ChosenKey,
  to: string,
): Promise<number> {
  // The server knows the files that are open: for this moment, all of them are.
  const documents = await openFlows(project);
  await catalogue.refresh();
  const place = catalogue.keys(project).find((one) => one.key === key)?.places[0];
  const edit = await renameInEditor.withoutValues(() => editsFor(project, key, to, place));
  const prepared = await vault.prepareRename(project.id, key, to);
  const clean = new Set(
    vscode.workspace.textDocuments.filter(({ isDirty }) => !isDirty).map(({ uri }) => uri.toString()),
  );
  if (edit && !(await vscode.workspace.applyEdit(edit))) {
    await prepared?.rollBack();
    throw new Error('The files could not be edited.');
  }
  await prepared?.commit();
  const changed = edit?.entries().map(([uri]) => uri.toString()) ?? [];
  for (const document of [...documents, ...vscode.workspace.textDocuments]) {
    const uri = document.uri.toString();
    if (changed.includes(uri) && clean.has(uri) && document.isDirty) await document.save();
  }
  return changed.length;
}

async function openFlows(project: Project): Promise<vscode.TextDocument[]> {
  const folder = vscode.Uri.parse(project.folder);
  const files = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, FLOW_FILES),
    '**/node_modules/**',
    MAX_FILES,
  );
  return Promise.all(files.map((file) => vscode.workspace.openTextDocument(file)));
}

/** Undefined when no file names the key. */
async function editsFor(
  project: Project,
  key: string,
  to: string,
  place:
    | { readonly uri: string; readonly range: { readonly start: { line: number; character: number } } }
    | undefined,
): Promise<vscode.WorkspaceEdit | undefined> {
  const declaration = project.declared.secrets.get(key);
  let uri: vscode.Uri;
  let position: vscode.Position;
  if (declaration && project.file !== undefined) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(project.file));
    uri = document.uri;
    position = document.positionAt(declaration.keySpan.start + 1);
  } else if (place) {
    uri = vscode.Uri.parse(place.uri);
    position = new vscode.Position(place.range.start.line, place.range.start.character);
  } else return undefined;
  return vscode.commands.executeCommand<vscode.WorkspaceEdit>(
    'vscode.executeDocumentRenameProvider',
    uri,
    position,
    to,
  );
}
