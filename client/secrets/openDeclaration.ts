/** Go to Declaration, in the view: the key in the project file, or the file itself. */
import * as vscode from 'vscode';
import type { Services } from '../services.js';
import { readArguments } from './chooseKey.js';
import { chooseProject } from './chooseProject.js';

export async function openDeclaration({ projects }: Services, given: unknown): Promise<void> {
  const { key, uri } = readArguments(given);
  const project = await chooseProject(projects, uri);
  if (project?.file === undefined) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(project.file));
  const span = key === undefined ? undefined : project.declared.secrets.get(key)?.keySpan;
  const selection = span && new vscode.Range(document.positionAt(span.start), document.positionAt(span.end));
  await vscode.window.showTextDocument(document, selection && { selection });
}
