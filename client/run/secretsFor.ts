/** The secrets of a run, read just before it starts: the values of the keys that the flow names, and which of them may be shown. */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import type { StartRequest } from '../runner/protocol.js';
import { addSecret } from '../secrets/addSecret.js';
import { showFailure } from '../secrets/messages.js';
import type { Services } from '../services.js';

export type RunSecrets = Required<Pick<StartRequest, 'secrets' | 'insensitive'>>;

/**
 * The values a flow names. Asks for those that are missing; the person may run without them.
 * @returns undefined when cancelled, refused, or when a store failed: that has been said then.
 */
export async function secretsFor(
  services: Services,
  uri: vscode.Uri,
  keys: readonly string[],
): Promise<RunSecrets | undefined> {
  const project = await services.projects.of(uri);
  if (keys.length > 0 && !(await services.homes.mayUse(project, services.vault.keys(project.id))))
    return undefined;
  const secrets = await readAll(services, project, keys, uri);
  const insensitive = [...project.declared.secrets.values()]
    .filter(({ sensitive }) => !sensitive)
    .map(({ key }) => key);
  return secrets && { secrets, insensitive };
}

async function readAll(
  services: Services,
  project: Project,
  keys: readonly string[],
  uri: vscode.Uri,
): Promise<Record<string, string> | undefined> {
  for (;;) {
    const values: Record<string, string> = {};
    const missing: string[] = [];
    for (const key of keys) {
      try {
        const value = await services.vault.get(project.id, key);
        if (value === undefined) missing.push(key);
        else values[key] = value;
      } catch (error) {
        await showFailure(services, `${key} cannot be read.`, error);
        return undefined;
      }
    }
    if (missing.length === 0) return values;
    switch (await askAboutMissing(missing)) {
      case 'run':
        return values;
      case 'set':
        for (const key of missing)
          if (!(await addSecret(services, { key, uri: uri.toString() }))) return undefined;
        break;
      default:
        return undefined;
    }
  }
}

async function askAboutMissing(missing: readonly string[]): Promise<'set' | 'run' | undefined> {
  const one = missing.length === 1;
  const choice = await vscode.window.showQuickPick(
    [
      {
        label: one ? `Set ${missing[0]!}` : `Set the ${missing.length} values`,
        detail: one ? 'Its value is asked for now, and kept for later runs' : missing.join(', '),
        choice: 'set' as const,
      },
      {
        label: 'Run without',
        detail: 'An expression that reads one fails, and says which',
        choice: 'run' as const,
      },
    ],
    {
      title: one
        ? `${missing[0]!} has no value on this machine`
        : `${missing.length} secrets have no value on this machine`,
      ignoreFocusOut: true,
    },
  );
  return choice?.choice;
}
