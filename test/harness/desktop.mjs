/** The desktop VS Code of this machine, if there is one that can open a window. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './find-program.mjs';
import { onExit, run, stop } from './processes.mjs';
import { root } from './project.mjs';
import { say } from './terminal.mjs';

export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/**
 * @typedef {object} Desktop
 * @property {string} name what to call it
 * @property {(workspace: string) => Promise<number>} open with the extension loaded; resolves when there is nothing
 *   left to do for us: at once when the person's own VS Code has taken over, else when the window is closed
 */

/** @returns {Desktop | undefined} */
export function findDesktop() {
  if (!hasDisplay()) return undefined;
  // In a terminal of a remote VS Code, `code` talks to that window, which cannot load an extension from here.
  const command = process.env.VSCODE_IPC_HOOK_CLI ? undefined : findCommand();
  if (command) return { name: 'VS Code', open: (workspace) => openWithCommand(command, workspace) };
  const downloaded = findDownloaded();
  if (downloaded)
    return {
      name: `VS Code (${downloaded.name})`,
      open: (workspace) => openDownloaded(downloaded.executable, workspace),
    };
  return undefined;
}

function findCommand() {
  const inApplications = '/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code';
  return findProgram('code') ?? (existsSync(inApplications) ? inApplications : undefined);
}

/** @param {string} command @param {string} workspace */
async function openWithCommand(command, workspace) {
  await run(command, ['--new-window', `--extensionDevelopmentPath=${root}`, workspace]);
  say('VS Code is open. Close its window when you are done.');
  return 0;
}

/** Downloaded by @vscode/test-electron for the tests. */
function findDownloaded() {
  const cache = path.join(root, '.vscode-test');
  const places = [
    'code',
    'Visual Studio Code.app/Contents/MacOS/Electron',
    'Visual Studio Code.app/Contents/MacOS/Code',
    'Code.exe',
  ];
  for (const name of existsSync(cache) ? readdirSync(cache).sort().reverse() : []) {
    if (!name.startsWith('vscode-')) continue;
    const executable = places.map((place) => path.join(cache, name, place)).find(existsSync);
    if (executable) return { name, executable };
  }
  return undefined;
}

/** @param {string} executable @param {string} workspace */
async function openDownloaded(executable, workspace) {
  const profile = path.join(root, '.vscode-host/desktop');
  const args = [
    `--user-data-dir=${path.join(profile, 'user-data')}`,
    `--extensions-dir=${path.join(profile, 'extensions')}`,
    '--disable-workspace-trust',
    '--skip-welcome',
    `--extensionDevelopmentPath=${root}`,
    workspace,
  ];
  const child = spawn(executable, args, { stdio: 'ignore' });
  onExit(() => stop(child));
  say('VS Code is open. Close its window, or press Ctrl-C here, when you are done.');
  return new Promise((/** @type {(code: number) => void} */ resolve, reject) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', reject);
  });
}
