/** Under which key a literal is to be kept: the suggested one, one that is typed, or one that exists and fits. */
import * as vscode from 'vscode';
import { secretKeyProblem } from '../../flow/keys.js';
import type { LiteralAtResult } from '../../flow/protocol.js';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';

export interface Target {
  readonly key: string;
  /** What the key has on this machine before: no value, this very one, or another that is to go. */
  readonly has: 'none' | 'this' | 'other';
  /** For the edit. */
  readonly label: string;
}

interface Item extends vscode.QuickPickItem {
  readonly target?: Target;
}

/** Undefined when cancelled. */
export async function chooseTarget(
  services: Services,
  project: Project,
  found: LiteralAtResult,
  value: string,
): Promise<Target | undefined> {
  const { vault } = services;
  const here = vault.keys(project.id);
  const same = new Set<string>();
  for (const key of here) {
    const known = await vault.get(project.id, key).catch(() => undefined);
    if (known === value) same.add(key);
  }
  if (found.isDeclaration) return targetOfDeclaration(services, found.key, here, same);
  const known = services.catalogue.keys(project).map(({ key }) => key);
  return pick(services, project, found, { here: new Set(here), same, known });
}

async function targetOfDeclaration(
  { storeState }: Services,
  key: string,
  here: readonly string[],
  same: ReadonlySet<string>,
): Promise<Target | undefined> {
  const label = `Move the value of ${key} to the keychain`;
  if (!here.includes(key)) return { key, has: 'none', label };
  if (same.has(key)) return { key, has: 'this', label };
  const picked = await vscode.window.showQuickPick<Item>(
    [
      {
        label: '$(trash) Keep the one on this machine',
        detail: 'The one in the file is removed and not stored',
        target: { key, has: 'this', label },
      },
      {
        label: '$(replace) Take the one in the file',
        detail: `It replaces the one in ${storeState.target.label}`,
        target: { key, has: 'other', label },
      },
    ],
    { title: `${key} has another value on this machine`, placeHolder: 'Which one counts?' },
  );
  return picked?.target;
}

interface Known {
  readonly here: ReadonlySet<string>;
  readonly same: ReadonlySet<string>;
  readonly known: readonly string[];
}

function pick(
  { storeState }: Services,
  { id }: Project,
  found: LiteralAtResult,
  { here, same, known }: Known,
): Promise<Target | undefined> {
  const target = (key: string, has: Target['has']): Target => ({ key, has, label: `Move to secret ${key}` });
  const fresh = (key: string): Item => ({
    label: `$(add) ${key}`,
    description: known.includes(key)
      ? `gets this value, in ${storeState.target.label}`
      : `new; the value goes to ${storeState.target.label}`,
    target: target(key, 'none'),
  });
  const reused = [...same].sort().map((key): Item => ({
    label: `$(key) ${key}`,
    description: 'has this very value already',
    target: target(key, 'this'),
  }));
  const empty = known.filter((key) => !here.has(key) && key !== found.key).map(fresh);
  const heading = (label: string, items: readonly Item[]): Item[] =>
    items.length > 0 ? [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items] : [];
  /** What is typed may be a key of its own. */
  const typed = (key: string): Item[] => {
    if (key === '' || same.has(key) || (known.includes(key) && !here.has(key))) return [];
    const problem =
      secretKeyProblem(key) ??
      (here.has(key) ? `It has another value on this machine: choose another key, or update it.` : undefined);
    return [
      problem === undefined
        ? { ...fresh(key), alwaysShow: true }
        : { label: `$(error) ${key}`, description: problem, alwaysShow: true },
    ];
  };
  const box = vscode.window.createQuickPick<Item>();
  box.title = `Move ${found.name} to a secret of ${id}`;
  box.placeholder = 'Key: take one, or type another';
  box.ignoreFocusOut = true;
  const show = (text: string) => {
    const suggested = text === '' ? [fresh(found.key)] : typed(text.trim());
    box.items = [
      ...(text === '' ? [...reused, ...suggested] : [...suggested, ...reused]),
      ...heading('Without a value on this machine', empty),
    ];
  };
  show('');
  return new Promise((resolve) => {
    box.onDidChangeValue(show);
    box.onDidAccept(() => {
      const chosen = box.selectedItems[0]?.target;
      if (!chosen) return;
      resolve(chosen);
      box.dispose();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
