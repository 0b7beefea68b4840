/** The operating system's keychain as a store. */
import type { Keychain } from '../keychain/keychain.js';
import type { SecretStore } from './store.js';

export class KeychainStore implements SecretStore {
  readonly kind = 'keychain';
  readonly label = 'the keychain';

  constructor(private readonly keychain: Keychain) {}

  get(project: string, key: string): Promise<string | undefined> {
    return this.keychain.get(project, key);
  }

  set(project: string, key: string, value: string): Promise<void> {
    return this.keychain.set(project, key, value);
  }

  async delete(project: string, key: string): Promise<void> {
    // "There was none" is also what a locked keychain says.
    if (!(await this.keychain.delete(project, key))) await this.keychain.check();
  }

  async clear(project: string): Promise<void> {
    await this.keychain.clear(project);
  }

  check(): Promise<void> {
    return this.keychain.check();
  }
}
