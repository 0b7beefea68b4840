/** Which project a command is about: that of the document that asked, else of the editor, else the person says. */
import * as vscode from 'vscode';
import { FLOW_LANGUAGE, INSTALLATION_LANGUAGE } from '../../flow/protocol.js';
import type { Project, Projects } from '../projects.js';
import { placeOf } from './words.js';

/** Undefined when cancelled or when there is none; that has been said then. */
export async function chooseProject(projects: Projects, uri?: string): Promise<Project | undefined> {
  if (uri !== undefined) return projects.of(vscode.Uri.parse(uri));
  const document = vscode.window.activeTextEditor?.document;
  if (
    document &&
    ['yaml', FLOW_LANGUAGE, INSTALLATION_LANGUAGE].includes(document.languageId) &&
    !document.isUntitled
  ) {
    return projects.of(document.uri);
  }
  const all = await projects.all();
  if (all.length === 0) {
    void vscode.window.showErrorMessage(
      'Secrets belong to a project: open the folder with your flows first.',
    );
    return undefined;
  }
  if (all.length === 1) return all[0];
  const picked = await vscode.window.showQuickPick(
    all.map((project) => ({
      label: project.id,
      description: placeOf(project.folder),
      project,
    })),
    { title: 'Secrets of which project?', placeHolder: 'Project' },
  );
  return picked?.project;
}
