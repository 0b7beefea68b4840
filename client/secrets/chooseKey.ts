/** Which key a command is about: given by the caller, named at the cursor, or picked. */
import * as vscode from 'vscode';
import { secretKeyProblem } from '../../flow/keys.js';
import type { AddSecretArguments } from '../../flow/protocol.js';
import { fileOf, type Project } from '../projects.js';
import type { Services } from '../services.js';
import { chooseProject } from './chooseProject.js';
import { keyAt } from './keyAtCursor.js';
import type { KeyOverview } from './overview.js';
import { describeState, stateIcon } from './words.js';

export interface ChosenKey {
  readonly project: Project;
  readonly key: string;
}

/** Names only; whatever else the caller passes is ignored: other extensions can run commands too. */
export function readArguments(given: unknown): AddSecretArguments {
  if (typeof given !== 'object' || given === null) return {};
  const { key, uri } = given as Record<string, unknown>;
  return {
    ...(typeof key === 'string' && secretKeyProblem(key) === undefined && { key }),
    ...(typeof uri === 'string' && { uri }),
  };
}

/** Undefined when cancelled, or when no key fits; that has been said then. */
export async function chooseKey(
  services: Services,
  given: unknown,
  {
    title,
    fits,
    none,
    offersAdd = false,
  }: {
    title: string;
    fits: (key: KeyOverview) => boolean;
    none: (project: Project) => string;
    /** Whether a new secret is the way on when no key fits. */
    offersAdd?: boolean;
  },
): Promise<ChosenKey | undefined> {
  const { key, uri } = readArguments(given);
  const project = await chooseProject(services.projects, uri);
  if (!project) return undefined;
  if (key !== undefined) return { project, key };
  const keys = services.catalogue.keys(project).filter(fits);
  if (keys.length === 0) {
    void sayNone(project, none(project), offersAdd);
    return undefined;
  }
  const named = proposedKey();
  const items = keys.map((one) => ({
    label: one.key,
    iconPath: stateIcon(one.state),
    description: [one.description, describeState(services, project, one)].filter(Boolean).join(' — '),
    key: one.key,
  }));
  // The key at the cursor is the first to be offered.
  items.sort((a, b) => Number(b.key === named) - Number(a.key === named));
  const picked = await vscode.window.showQuickPick(items, {
    title: `${title} (${project.id})`,
    matchOnDescription: true,
  });
  return picked && { project, key: picked.key };
}

async function sayNone(project: Project, text: string, offersAdd: boolean): Promise<void> {
  const add = 'Add Secret';
  const choice = await vscode.window.showInformationMessage(text, ...(offersAdd ? [add] : []));
  if (choice === add) await vscode.commands.executeCommand('flows.addSecret', { uri: fileOf(project) });
}

/** The key that is selected or named at the cursor. */
export function proposedKey(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const selected = editor.document.getText(editor.selection);
  if (selected !== '' && selected.length < 200 && secretKeyProblem(selected) === undefined) return selected;
  const { line, character } = editor.selection.active;
  return keyAt(editor.document.lineAt(line).text, character);
}
