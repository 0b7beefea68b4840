/** How the state of a key is said and drawn, the same everywhere. */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import type { KeyOverview, KeyState } from './overview.js';

const ICONS: Readonly<Record<KeyState, readonly [icon: string, colour?: string]>> = {
  set: ['key', 'testing.iconPassed'],
  missing: ['circle-outline', 'list.warningForeground'],
  undeclared: ['error', 'list.errorForeground'],
  unused: ['circle-slash', 'disabledForeground'],
};

export function stateIcon(state: KeyState): vscode.ThemeIcon {
  const [icon, colour] = ICONS[state];
  return new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
}

export function describeState(
  { vault }: Pick<Services, 'vault'>,
  project: Project,
  { key, state, declared }: KeyOverview,
): string {
  switch (state) {
    case 'set':
      return `in ${vault.storeOf(project.id, key)?.label ?? 'no store'}${declared ? '' : ', not declared'}`;
    case 'missing':
      return 'no value on this machine';
    case 'undeclared':
      return 'not declared';
    case 'unused':
      return 'not used';
  }
}

export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Where a project is, as short as it can be told: the name of its workspace folder, or the way from there. */
export function placeOf(folder: string): string {
  const uri = vscode.Uri.parse(folder);
  const root = vscode.workspace.getWorkspaceFolder(uri);
  return root?.uri.toString() === uri.toString() ? root.name : vscode.workspace.asRelativePath(uri);
}
