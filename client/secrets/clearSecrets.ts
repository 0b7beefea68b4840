/** Flows: Clear Secrets of This Project. Removes every value of a project from this machine, also what crashes have left. */
import * as vscode from 'vscode';
import type { Services } from '../services.js';
import { readArguments } from './chooseKey.js';
import { chooseProject } from './chooseProject.js';
import { showFailure } from './messages.js';
import { countOf } from './words.js';

export async function clearSecrets(services: Services, given?: unknown): Promise<void> {
  const { vault, log } = services;
  const project = await chooseProject(services.projects, readArguments(given).uri);
  if (!project) return;
  const keys = vault.keys(project.id);
  const typed = await vscode.window.showInputBox({
    title: `Clear the secrets of ${project.id}`,
    prompt:
      keys.length === 0
        ? `No value of ${project.id} is known on this machine. Type ${project.id} to remove what may still be there.`
        : `Type ${project.id} to remove ${countOf(keys.length, 'value')} from this machine for good: ${keys.join(', ')}.`,
    placeHolder: project.id,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text === '' || text === project.id
        ? undefined
        : `Type ${project.id} as it stands here, or press Escape.`,
  });
  if (typed !== project.id) return;
  try {
    const removed = await vault.clear(project.id);
    log.info(`Cleared ${project.id}: ${removed.join(', ') || 'nothing was there'}.`);
    void vscode.window.showInformationMessage(
      `${countOf(removed.length, 'value')} of ${project.id} ${removed.length === 1 ? 'is' : 'are'} gone from this machine.`,
    );
  } catch (error) {
    await showFailure(services, `Not all values of ${project.id} were removed.`, error);
  }
}
