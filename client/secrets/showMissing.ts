/** Flows: Show Missing Secrets. Lists what a run would lack and fills it, one or all of them one after another. */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { storeSecret } from './addSecret.js';
import { readArguments } from './chooseKey.js';
import { missing, type KeyOverview } from './overview.js';
import { askValue } from './valueInput.js';
import { countOf, describeState, stateIcon } from './words.js';

interface Lacking {
  readonly project: Project;
  readonly key: KeyOverview;
}

/** @param given a document: then only its project counts. */
export async function showMissing(services: Services, given?: unknown): Promise<void> {
  const { uri } = readArguments(given);
  const lacking = await find(services, uri);
  if (lacking.length === 0) {
    void vscode.window.showInformationMessage('Every secret has a value on this machine.');
    return;
  }
  const several = new Set(lacking.map(({ project }) => project.folder)).size > 1;
  const items: (vscode.QuickPickItem & { fill: readonly Lacking[] })[] = lacking.map((one) => ({
    label: one.key.key,
    iconPath: stateIcon(one.key.state),
    description: [
      several && one.project.id,
      one.key.description,
      describeState(services, one.project, one.key),
    ]
      .filter(Boolean)
      .join(' — '),
    fill: [one],
  }));
  if (lacking.length > 1)
    items.unshift({
      label: `$(edit) Fill all ${lacking.length}`,
      description: 'one after another',
      fill: lacking,
    });
  const picked = await vscode.window.showQuickPick(items, {
    title: `${countOf(lacking.length, 'secret')} without a value on this machine`,
  });
  if (picked) await fill(services, picked.fill);
}

async function find({ catalogue, projects }: Services, uri: string | undefined): Promise<Lacking[]> {
  await catalogue.refresh();
  // Asked for first: its project counts also where the editor has not yet been told of its file.
  const document = uri === undefined ? vscode.window.activeTextEditor?.document.uri : vscode.Uri.parse(uri);
  const here = document && (await projects.of(document));
  const all = uri === undefined ? await projects.all() : here ? [here] : [];
  const isHere = ({ folder }: Project) => folder === here?.folder;
  return [...all.filter(isHere), ...all.filter((project) => !isHere(project))].flatMap((project) =>
    missing(catalogue.keys(project)).map((key) => ({ project, key })),
  );
}

/** Escape ends it; what has been filled by then stays. */
async function fill(services: Services, lacking: readonly Lacking[]): Promise<void> {
  for (const [i, { project, key }] of lacking.entries()) {
    const value = await askValue({
      title: `Missing secrets of ${project.id}`,
      step: i + 1,
      totalSteps: lacking.length,
      prompt: `Value of ${key.key}.${key.description === undefined ? '' : ` ${key.description.replace(/[.\s]+$/, '')}.`} It goes to ${services.storeState.target.label} and nowhere else.`,
    });
    if (value === undefined || !(await storeSecret(services, project, key.key, value))) return;
  }
}
