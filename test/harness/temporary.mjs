/** Folders that live as long as the script. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onExit } from './processes.mjs';

/** @param {string} purpose part of its name @returns {Promise<string>} */
export async function temporaryFolder(purpose) {
  const folder = await mkdtemp(path.join(await realpath(os.tmpdir()), `flow-secrets-${purpose}-`));
  onExit(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
