/** Folders that live as long as the script. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onExit } from './processes.mjs';

let isSwept = false;

/** @param {string} purpose part of its name @returns {Promise<string>} */
export async function temporaryFolder(purpose) {
  const parent = await realpath(os.tmpdir());
  if (!isSwept) await sweep(parent);
  isSwept = true;
  const folder = await mkdtemp(path.join(parent, `flow-secrets-${purpose}-${process.pid}-`));
  onExit(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Removes what scripts have left that were killed before they could; the names tell whose they are. @param {string} parent */
async function sweep(parent) {
  if (!existsSync('/proc/self')) return;
  for (const name of readdirSync(parent)) {
    const owner = /^flow-secrets-[a-z-]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => undefined); // another user's
  }
}
