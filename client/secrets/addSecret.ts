/** Flows: Add Secret. Asks for a key and a value, stores the value on this machine, declares the key in the project file. */
import * as vscode from 'vscode';
import { secretKeyProblem } from '../../flow/keys.js';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { proposedKey, readArguments } from './chooseKey.js';
import { chooseProject } from './chooseProject.js';
import { declareInProject } from './declare.js';
import { reasonOf, showFailure } from './messages.js';
import { askValue } from './valueInput.js';

/**
 * @param given what the caller knows; whatever else it holds is ignored: other extensions can run commands.
 * @returns whether a value was stored. Never the value.
 */
export async function addSecret(services: Services, given?: unknown): Promise<boolean> {
  const { key: givenKey, uri } = readArguments(given);
  const project = await chooseProject(services.projects, uri);
  if (!project) return false;
  const title = `Add Secret to ${project.id}`;
  const ask = givenKey === undefined;
  const key = givenKey ?? (await askKey(services, project, title));
  if (key === undefined) return false;
  const value = await askValue({
    title,
    ...(ask && { step: 2, totalSteps: 2 }),
    prompt: services.vault.has(project.id, key)
      ? `New value of ${key}. It replaces the one on this machine.`
      : `Value of ${key}. It goes to ${services.storeState.target.label} and nowhere else.`,
  });
  return value !== undefined && storeSecret(services, project, key, value);
}

/** Stores, declares, says so; failures too. Returns whether the value is stored. */
export function storeSecret(
  services: Services,
  project: Project,
  key: string,
  value: string,
): Promise<boolean> {
  return services.log.guarding([{ key, value }], () => store(services, project, key, value));
}

async function store(services: Services, project: Project, key: string, value: string): Promise<boolean> {
  const { vault, log, homes, storeState } = services;
  try {
    const place = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: `Storing ${key} in ${storeState.target.label}` },
      () => vault.set(project.id, key, value),
    );
    await homes.firstUse(project);
    log.info(`Stored ${key} of ${project.id} in ${place.label}.`);
    vscode.window.setStatusBarMessage(`$(check) ${key} is stored in ${place.label}`, 5_000);
  } catch (error) {
    log.error(`${key} of ${project.id} was not stored: ${reasonOf(error)}`);
    await showFailure(services, `${key} was not stored.`, error);
    return false;
  }
  void warnOfTwin(services, project, key, value);
  try {
    await declareInProject(project, [key]);
  } catch (error) {
    log.warn(`${key} was not declared in ${project.file ?? project.folder}: ${reasonOf(error)}`);
    void offerProjectFile(project, `${key} is stored, but not declared: ${reasonOf(error)}`);
  }
  return true;
}

/** Two keys with one value: output cannot say which of them it holds. */
async function warnOfTwin({ vault }: Services, { id }: Project, key: string, value: string): Promise<void> {
  for (const other of vault.keys(id)) {
    if (other === key || (await vault.get(id, other).catch(() => undefined)) !== value) continue;
    void vscode.window.showWarningMessage(
      `${key} has the same value as ${other}. Where a run shows it, it will stand as one of the two; is that meant?`,
    );
    return;
  }
}

async function askKey({ vault }: Services, project: Project, title: string): Promise<string | undefined> {
  const named = proposedKey();
  // With a value here it is rarely the one to be added; Update Secret Value is for that.
  const proposed = named !== undefined && vault.has(project.id, named) ? undefined : named;
  return vscode.window
    .showInputBox({
      title: `${title} (1/2)`,
      prompt: 'Key: expressions read it as secrets.KEY',
      placeHolder: 'API_TOKEN',
      ignoreFocusOut: true,
      ...(proposed !== undefined && {
        value: proposed,
        valueSelection: [0, proposed.length] as [number, number],
      }),
      validateInput: (key) => {
        const problem = key === '' ? undefined : secretKeyProblem(key);
        if (problem !== undefined) return problem;
        const hint = vault.has(project.id, key)
          ? `${key} has a value on this machine. It will be replaced.`
          : key !== key.toUpperCase()
            ? 'Keys are usually written in capitals, like API_TOKEN. The platform tells them apart by case.'
            : undefined;
        return hint === undefined
          ? undefined
          : { message: hint, severity: vscode.InputBoxValidationSeverity.Warning };
      },
    })
    .then((key) => key || undefined);
}

async function offerProjectFile(project: Project, message: string): Promise<void> {
  const open = 'Open Project File';
  const choice = await vscode.window.showWarningMessage(
    message,
    ...(project.file === undefined ? [] : [open]),
  );
  if (choice === open && project.file !== undefined)
    await vscode.window.showTextDocument(vscode.Uri.parse(project.file));
}
