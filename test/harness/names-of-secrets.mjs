/** What a window remembers of keys on this machine: which have a value (client/secrets/nameIndex.ts). */
import { rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * For a window whose keychain is gone: the names would say that there are values still.
 * @param {string} userDataDir
 */
export async function forgetNames(userDataDir) {
  const names = path.join(userDataDir, 'User/globalStorage/flow-secrets.flow-secrets/secrets');
  await rm(names, { recursive: true, force: true });
}
