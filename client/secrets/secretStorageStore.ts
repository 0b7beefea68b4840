/**
 * VS Code's SecretStorage as a store: encrypted by the editor, on the desktop side also for SSH, WSL and containers.
 * It takes over where no keychain answers.
 */
import type { SecretStorage } from 'vscode';
import { valueProblem } from '../keychain/keychain.js';
import type { SecretStore } from './store.js';

export class SecretStorageStore implements SecretStore {
  readonly kind = 'secretStorage';
  readonly label = 'VS Code’s secret storage';

  constructor(private readonly storage: Pick<SecretStorage, 'get' | 'store' | 'delete'>) {}

  async get(project: string, key: string): Promise<string | undefined> {
    return this.storage.get(entry(project, key));
  }

  async set(project: string, key: string, value: string): Promise<void> {
    // The same limits as the keychain's, so that a value can always move there.
    const problem = valueProblem(value);
    if (problem) throw problem;
    await this.storage.store(entry(project, key), value);
  }

  async delete(project: string, key: string): Promise<void> {
    await this.storage.delete(entry(project, key));
  }

  /** Its names can be listed only from VS Code 1.105 on; what is in it is known from the index. */
  clear(): Promise<void> {
    return Promise.resolve();
  }

  check(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keys hold no slash, so no two pairs meet. */
function entry(project: string, key: string): string {
  return `flow-secrets/${project}/${key}`;
}
