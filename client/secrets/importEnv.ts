/**
 * Flows: Import Secrets from .env. The preview shows keys, never values; the file is read once, not opened. Afterwards it offers
 * to take the file out of git, and to delete it once nothing in it would be lost: values in a file are what this is meant to end.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import * as vscode from 'vscode';
import { secretKeyProblem } from '../../flow/keys.js';
import { valueProblem } from '../keychain/keychain.js';
import type { Project } from '../projects.js';
import type { Services } from '../services.js';
import { readArguments } from './chooseKey.js';
import { chooseProject } from './chooseProject.js';
import { declareInProject } from './declare.js';
import { parseEnv, type EnvEntry } from './dotenv.js';
import { reasonOf, showFailure } from './messages.js';
import { valueWarning } from './valueInput.js';
import { countOf } from './words.js';

const MAX_FILE_BYTES = 5_000_000;

/** @param given a file's URI (from the explorer); else the .env files of the workspace are offered. */
export async function importEnv(services: Services, given?: unknown): Promise<void> {
  const file = given instanceof vscode.Uri ? given : await pickFile();
  if (!file) return;
  const project = await chooseProject(services.projects, readArguments(given).uri ?? file.toString());
  if (!project) return;
  let entries: readonly EnvEntry[];
  let skipped: readonly number[];
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    if (size > MAX_FILE_BYTES) throw new Error(`It has ${size.toLocaleString('en')} bytes.`);
    ({ entries, skipped } = parseEnv(
      new TextDecoder('utf-8', { fatal: true }).decode(await vscode.workspace.fs.readFile(file)),
    ));
  } catch (error) {
    const reason = error instanceof TypeError ? 'It is not UTF-8 text.' : reasonOf(error);
    void vscode.window.showErrorMessage(`${nameOf(file)} cannot be imported. ${reason}`);
    return;
  }
  const chosen = await preview(services, project, file, entries, skipped);
  if (!chosen || chosen.length === 0) return;
  const stored = await services.log.guarding(chosen, () => store(services, project, chosen));
  if (stored.length === 0) return;
  const left = [
    ...entries.map(({ key }) => key).filter((key) => !stored.includes(key)),
    ...(skipped.length > 0 ? [lines(skipped)] : []),
  ];
  await offerCleanUp(
    services,
    file,
    `${countOf(stored.length, 'secret')} imported from ${nameOf(file)}.`,
    left,
  );
}

async function pickFile(): Promise<vscode.Uri | undefined> {
  const found = await vscode.workspace.findFiles('**/{.env,.env.*,*.env}', '**/{node_modules,.git}/**', 100);
  const other = {
    label: '$(folder-opened) Another file…',
    description: '',
    file: undefined as vscode.Uri | undefined,
  };
  const items = found
    .map((file) => ({
      label: nameOf(file),
      description: vscode.workspace.asRelativePath(file),
      file: file,
    }))
    .sort((a, b) => (a.description < b.description ? -1 : 1));
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: 'Import secrets from which file?',
  });
  if (!picked) return undefined;
  return (
    picked.file ?? (await vscode.window.showOpenDialog({ title: 'Import secrets', openLabel: 'Import' }))?.[0]
  );
}

/** Which entries to take. Those that would replace a value here are not ticked. */
async function preview(
  { vault }: Services,
  project: Project,
  file: vscode.Uri,
  entries: readonly EnvEntry[],
  skipped: readonly number[],
): Promise<readonly EnvEntry[] | undefined> {
  const usable = entries.filter(
    ({ key, value }) => secretKeyProblem(key) === undefined && valueProblem(value) === undefined,
  );
  const unusable = entries.filter((entry) => !usable.includes(entry));
  if (usable.length === 0) {
    const why =
      entries.length === 0
        ? 'It has no line of the form KEY=value.'
        : `Not usable: ${unusable.map(problemOf).join('; ')}.`;
    void vscode.window.showErrorMessage(`${nameOf(file)} has nothing to import. ${why}`);
    return undefined;
  }
  const items: (vscode.QuickPickItem & { entry?: EnvEntry })[] = usable.map((entry) => {
    const replaces = vault.has(project.id, entry.key);
    const notes = [
      `line ${entry.line}`,
      replaces && 'replaces the value on this machine',
      valueWarning(entry.value) && 'unusual value: short, or blanks around it',
    ];
    return { label: entry.key, description: notes.filter(Boolean).join(' — '), picked: !replaces, entry };
  });
  const left = [
    ...unusable.map(({ key, line }) => `${key} (line ${line})`),
    ...(skipped.length > 0 ? [lines(skipped)] : []),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `Import into ${project.id} from ${nameOf(file)}`,
    placeHolder: `Which keys? Values are not shown.${left.length > 0 ? ` Not usable: ${left.join(', ')}` : ''}`,
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked?.flatMap(({ entry }) => entry ?? []);
}

/** Keys that are stored now. Stops at the first failure, which is said; what is stored by then is declared. */
async function store(services: Services, project: Project, entries: readonly EnvEntry[]): Promise<string[]> {
  const stored: string[] = [];
  for (const { key, value } of entries) {
    try {
      await services.vault.set(project.id, key, value);
      stored.push(key);
    } catch (error) {
      void showFailure(
        services,
        `${key} was not stored; ${countOf(entries.length - stored.length, 'key')} remain.`,
        error,
      );
      break;
    }
  }
  if (stored.length > 0) await services.homes.firstUse(project);
  services.log.info(`Imported into ${project.id}: ${stored.join(', ') || 'nothing'}.`);
  try {
    await declareInProject(project, stored);
  } catch (error) {
    void vscode.window.showWarningMessage(`The keys are stored, but not declared: ${reasonOf(error)}`);
  }
  return stored;
}

/** @param left what only the file holds: with something in it, the file is not offered for deletion */
async function offerCleanUp(
  { log }: Services,
  file: vscode.Uri,
  message: string,
  left: readonly string[],
): Promise<void> {
  const tracked = file.scheme === 'file' && (await git(file, ['ls-files', '--error-unmatch']));
  const untrack = 'Stop Tracking in Git';
  const remove = 'Delete File';
  const open = 'Open File';
  const rest = left.length === 0 ? '' : ` Not imported: ${someOf(left)}.`;
  const hint = tracked
    ? 'The file is in git: its values stay in the history, so change them where they come from.'
    : 'The file still holds the values.';
  const choice = await vscode.window.showInformationMessage(
    `${message}${rest} ${hint}`,
    ...(tracked ? [untrack] : []),
    left.length === 0 ? remove : open,
  );
  if (choice === open) await vscode.window.showTextDocument(file);
  if (choice === remove) await vscode.workspace.fs.delete(file, { useTrash: false });
  if (choice === untrack) {
    const done = await git(file, ['rm', '--cached', '--quiet']);
    if (done) await ignore(file);
    log.info(`${nameOf(file)} ${done ? 'is no longer tracked by git' : 'could not be taken out of git'}.`);
    if (!done)
      void vscode.window.showErrorMessage(
        `git did not take ${nameOf(file)} out: run "git rm --cached ${nameOf(file)}".`,
      );
  }
}

/** Runs git on a file in its folder. No shell: names of files are not to be interpreted. */
function git(file: vscode.Uri, args: readonly string[]): Promise<boolean> {
  const folder = path.dirname(file.fsPath);
  return new Promise((resolve) => {
    execFile('git', [...args, '--', path.basename(file.fsPath)], { cwd: folder, timeout: 10_000 }, (error) =>
      resolve(error === null),
    );
  });
}

/** Adds the file to the .gitignore beside it. */
async function ignore(file: vscode.Uri): Promise<void> {
  const list = vscode.Uri.joinPath(file, '..', '.gitignore');
  const before = await vscode.workspace.fs.readFile(list).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
  const entry = `/${nameOf(file)}`;
  if (before.split(/\r?\n/).includes(entry)) return;
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await vscode.workspace.fs.writeFile(list, new TextEncoder().encode(`${before}${gap}${entry}\n`));
}

function problemOf({ key, value, line }: EnvEntry): string {
  return `${key} (line ${line}): ${secretKeyProblem(key) ?? valueProblem(value)?.message ?? ''}`;
}

function lines(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'line' : 'lines'} ${numbers.join(', ')}`;
}

/** The first of them, and how many more there are. */
function someOf(names: readonly string[]): string {
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return shown.join(', ');
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
