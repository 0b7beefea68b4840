/**
 * Flows: Delete Secret. Shows where the key is used; then takes it off the list at once and removes its value ten seconds later,
 * so that Undo needs no copy of it in memory.
 */
import * as vscode from 'vscode';
import type { KeyUsages } from '../../flow/protocol.js';
import type { Services } from '../services.js';
import { chooseKey, type ChosenKey } from './chooseKey.js';
import { undeclareInProject } from './declare.js';
import { reasonOf, showFailure } from './messages.js';
import { countOf } from './words.js';

export const UNDO_MS = 10_000;

type Choice =
  | { readonly kind: 'value' | 'all' }
  | { readonly kind: 'place'; readonly place: KeyUsages['places'][number] };

export async function deleteSecret(services: Services, given?: unknown): Promise<void> {
  const chosen = await chooseKey(services, given, {
    title: 'Delete which secret?',
    fits: ({ state, declared }) => declared || state === 'set' || state === 'unused',
    none: ({ id }) => `${id} has no secrets to delete.`,
  });
  if (!chosen) return;
  const choice = await askWhat(services, chosen);
  if (choice?.kind === 'place') {
    const { uri, range } = choice.place;
    const { start, end } = range;
    await vscode.window.showTextDocument(vscode.Uri.parse(uri), {
      selection: new vscode.Range(start.line, start.character, end.line, end.character),
    });
  } else if (choice) await remove(services, chosen, choice.kind === 'all');
}

async function askWhat(
  { catalogue, vault }: Services,
  { project, key }: ChosenKey,
): Promise<Choice | undefined> {
  const known = catalogue.keys(project).find((one) => one.key === key);
  const places = known?.places ?? [];
  const label = vault.storeOf(project.id, key)?.label;
  const items: (vscode.QuickPickItem & { choice?: Choice })[] = [];
  if (label !== undefined) {
    items.push({
      label: '$(trash) Delete the value',
      detail: `From ${label} of this machine${known?.declared ? '; the team’s declaration stays' : ''}`,
      choice: { kind: 'value' },
    });
  }
  if (known?.declared) {
    items.push({
      label:
        label === undefined
          ? '$(trash) Delete the declaration'
          : '$(trash) Delete the value and the declaration',
      detail: 'From flows.project.yaml too, for the whole team',
      choice: { kind: 'all' },
    });
  }
  if (places.length > 0)
    items.push({
      label: `Used in ${countOf(places.length, 'place')}`,
      kind: vscode.QuickPickItemKind.Separator,
    });
  for (const place of places) {
    items.push({
      label: `$(go-to-file) ${vscode.workspace.asRelativePath(vscode.Uri.parse(place.uri))}`,
      description: `line ${place.range.start.line + 1}`,
      choice: { kind: 'place', place },
    });
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: `Delete ${key} of ${project.id}`,
    placeHolder:
      places.length > 0
        ? `Expressions still read it in ${countOf(places.length, 'place')}`
        : 'No open file uses it',
  });
  return picked?.choice;
}

async function remove(services: Services, { project, key }: ChosenKey, declaration: boolean): Promise<void> {
  const { vault, log } = services;
  try {
    const redeclare = declaration ? await undeclareInProject(project, key) : undefined;
    const withdrawal = await vault.withdraw(project.id, key).catch(async (error: unknown) => {
      await redeclare?.();
      throw error;
    });
    log.info(`${key} of ${project.id} is deleted${declaration ? ', and its declaration' : ''}.`);
    let open = true;
    const finish = setTimeout(() => {
      open = false;
      withdrawal
        ?.remove()
        .catch((error: unknown) => log.warn(`The value of ${key} is still in its store: ${reasonOf(error)}`));
    }, UNDO_MS);
    const what = [
      ...(withdrawal ? [`The value of ${key}`] : []),
      ...(declaration ? [withdrawal ? 'its declaration' : `The declaration of ${key}`] : []),
    ];
    const done = `${what.join(' and ')} ${what.length > 1 ? 'are' : 'is'} deleted. Undo works for ${UNDO_MS / 1_000} seconds.`;
    void vscode.window.showInformationMessage(done, 'Undo').then(async (choice) => {
      if (choice === undefined) return;
      const back = open && (withdrawal === undefined || (await withdrawal.takeBack()));
      if (!back) {
        void vscode.window.showWarningMessage(
          `${key} is gone: its value can be brought back for ${UNDO_MS / 1_000} seconds only.`,
        );
        return;
      }
      clearTimeout(finish);
      await redeclare?.();
      log.info(`${key} of ${project.id} is back.`);
    });
  } catch (error) {
    await showFailure(services, `${key} was not deleted.`, error);
  }
}
