/** Flows: Move Secrets to Another Store. All values of all projects on this machine, one by one; each is in one place at any time. */
import * as vscode from 'vscode';
import type { Services } from '../services.js';
import { reasonOf, showFailure } from './messages.js';
import type { StoreKind } from './store.js';
import { countOf } from './words.js';

export async function moveSecrets(services: Services): Promise<void> {
  const { vault, log, stores } = services;
  const all = vault.projects().flatMap((project) => vault.keys(project).map((key) => ({ project, key })));
  const count = (kind: StoreKind) =>
    all.filter(({ project, key }) => vault.storeOf(project, key)?.kind !== kind).length;
  const picked = await vscode.window.showQuickPick(
    (['keychain', 'secretStorage'] as const)
      .map((kind) => ({
        label: `To ${stores[kind].label}`,
        description: count(kind) === 0 ? 'everything is there' : `${countOf(count(kind), 'value')} to move`,
        kind,
      }))
      .map(({ kind, ...item }) => ({ ...item, to: kind })),
    { title: 'Move the secrets of all projects' },
  );
  if (!picked) return;
  const { to } = picked;
  const failed: string[] = [];
  let moved = 0;
  try {
    await stores[to].check();
  } catch (error) {
    await showFailure(services, 'Nothing was moved.', error);
    return;
  }
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Moving secrets to ${stores[to].label}`,
      cancellable: true,
    },
    async (progress, token) => {
      for (const { project, key } of all) {
        if (token.isCancellationRequested) return;
        progress.report({ message: `${project}: ${key}`, increment: 100 / all.length });
        try {
          if (await vault.move(project, key, to)) moved++;
        } catch (error) {
          failed.push(`${key} of ${project}`);
          log.error(`${key} of ${project} was not moved: ${reasonOf(error)}`);
        }
      }
    },
  );
  log.info(`Moved ${countOf(moved, 'value')} to ${stores[to].label}.`);
  // New values follow the others.
  await vscode.workspace
    .getConfiguration('flows')
    .update('secrets.store', to, vscode.ConfigurationTarget.Global);
  const text = `${countOf(moved, 'value')} moved to ${stores[to].label}; new values go there too.`;
  if (failed.length === 0) void vscode.window.showInformationMessage(text);
  else
    void vscode.window
      .showErrorMessage(`${text} Not moved: ${failed.join(', ')}.`, 'Show Log')
      .then((choice) => choice && log.show());
}
