/** Flows: Show Secret Usage. Every place of the workspace that names a key, in the editor's own peek of references. */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { chooseKey } from './chooseKey.js';

export async function showUsage(services: Services, given?: unknown): Promise<void> {
  const chosen = await chooseKey(services, given, {
    title: 'Show the usage of which secret?',
    fits: () => true,
    none: ({ id }) => `${id} has no secrets yet.`,
    offersAdd: true,
  });
  if (!chosen) return;
  const { project, key } = chosen;
  await services.catalogue.refresh();
  const place =
    placeOfCursor(services, project, key) ??
    (await declarationOf(project, key)) ??
    usesOf(services, project, key)[0];
  if (!place) {
    void vscode.window.showInformationMessage(`No file of ${project.id} names ${key}.`);
    return;
  }
  // The peek opens in an editor, at a place that it lists.
  const { start } = place.range;
  await vscode.window.showTextDocument(place.uri, { selection: new vscode.Range(start, start) });
  const places = await vscode.commands.executeCommand<vscode.Location[]>(
    'vscode.executeReferenceProvider',
    place.uri,
    start,
  );
  await vscode.commands.executeCommand('editor.action.showReferences', place.uri, start, places);
}

function usesOf({ catalogue }: Services, project: Project, key: string): vscode.Location[] {
  return catalogue
    .keys(project)
    .filter((known) => known.key === key)
    .flatMap(({ places }) => places)
    .map(
      ({ uri, range: { start, end } }) =>
        new vscode.Location(
          vscode.Uri.parse(uri),
          new vscode.Range(start.line, start.character, end.line, end.character),
        ),
    );
}

async function declarationOf(project: Project, key: string): Promise<vscode.Location | undefined> {
  const declaration = project.declared.secrets.get(key);
  if (!declaration || project.file === undefined) return undefined;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(project.file));
  const { start, end } = declaration.keySpan;
  return new vscode.Location(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(end)),
  );
}

/** The place in which the command was called, so that the editor stays where it is. */
function placeOfCursor(services: Services, project: Project, key: string): vscode.Location | undefined {
  const editor = vscode.window.activeTextEditor;
  return (
    editor &&
    usesOf(services, project, key).find(
      ({ uri, range }) =>
        uri.toString() === editor.document.uri.toString() && range.contains(editor.selection.active),
    )
  );
}
