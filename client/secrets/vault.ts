/**
 * The secrets of this machine as commands, views and runs see them: two stores and the index of names over them.
 *
 * Order of steps, so that a crash between any two leaves nothing that reads wrong: the index first says that a store may hold
 * something that does not count; then the value is stored; then its name is listed; then an older copy in the other store goes.
 * A name leaves the list only after the value is gone.
 */
import { KeychainError } from '../keychain/errors.js';
import type { NameIndex } from './nameIndex.js';
import type { SecretStore, StoreKind } from './store.js';

/** `auto`: the keychain, and where none answers VS Code's secret storage. */
export type StoreSetting = 'auto' | StoreKind;

export interface VaultOptions {
  readonly stores: Readonly<Record<StoreKind, SecretStore>>;
  readonly index: NameIndex;
  readonly setting: () => StoreSetting;
  /** In an untrusted workspace nothing is read or written. */
  readonly trusted: () => boolean;
  /** A value went to secret storage because no keychain answered. */
  readonly onFallback: (reason: KeychainError) => void;
  /** The list of names has changed. */
  readonly onChange: () => void;
}

export interface Withdrawal {
  /** False when it is too late: another value has been stored, or it is gone. */
  takeBack(): Promise<boolean>;
  remove(): Promise<void>;
}

export interface PreparedRename {
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

export class Vault {
  /** Operations run one after another: their steps must not mix. */
  private tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: VaultOptions) {}

  /** Keys of a project that have a value on this machine, in order. Reads no value. */
  keys(project: string): string[] {
    return this.options.index.keys(project);
  }

  has(project: string, key: string): boolean {
    return this.storeOf(project, key) !== undefined;
  }

  storeOf(project: string, key: string): SecretStore | undefined {
    const { store } = this.options.index.entry(project, key);
    return store && this.options.stores[store];
  }

  /**
   * The value, read now. Undefined when there is none on this machine; a name that was listed wrongly leaves the list.
   * @throws KeychainError when the store cannot say.
   */
  get(project: string, key: string): Promise<string | undefined> {
    return this.run(async () => {
      const { store } = this.options.index.entry(project, key);
      return store ? this.getListed(project, key, store) : this.search(project, key);
    });
  }

  /**
   * Stores a value and lists its name. Returns where it went.
   * @throws KeychainError; the old value then stands.
   */
  set(project: string, key: string, value: string): Promise<SecretStore> {
    return this.run(async () => {
      const store = await this.write(project, key, value);
      this.options.index.put(project, key, store.kind);
      await this.removeLeft(project, key);
      this.options.onChange();
      return store;
    });
  }

  /** Removes the value from every store that may hold one, then the name. @throws KeychainError */
  delete(project: string, key: string): Promise<void> {
    return this.run(async () => {
      const { index, stores } = this.options;
      const { store } = index.entry(project, key);
      await this.removeLeft(project, key);
      const { left } = index.entry(project, key);
      for (const kind of store ? [store] : this.order().filter((candidate) => !left.includes(candidate))) {
        try {
          await stores[kind].delete(project, key);
        } catch (error) {
          // Where it was never said to be, a store that does not answer is no hindrance.
          if (store) throw error;
        }
        index.remove(project, key, kind);
      }
      this.options.onChange();
    });
  }

  /**
   * Takes a key off the list and leaves its value where it is, until it is taken back or removed for good. A window that closes
   * in between loses nothing but the way back: what is left over goes with `sweep`.
   */
  async withdraw(project: string, key: string): Promise<Withdrawal | undefined> {
    const { index, stores, onChange } = this.options;
    return this.run(() => {
      const { store } = index.entry(project, key);
      if (!store) return Promise.resolve(undefined);
      index.leave(project, key, store);
      onChange();
      const withdrawn = () => {
        const entry = index.entry(project, key);
        return entry.store === undefined && entry.left.includes(store);
      };
      return Promise.resolve({
        takeBack: () =>
          this.run(async () => {
            if (!withdrawn() || (await stores[store].get(project, key)) === undefined) return false;
            index.put(project, key, store);
            onChange();
            return true;
          }),
        remove: () => (withdrawn() ? this.delete(project, key) : Promise.resolve()),
      });
    });
  }

  /**
   * Moves one value to another store. Returns false when it was there already.
   * @throws KeychainError; the value is then where it was.
   */
  move(project: string, key: string, to: StoreKind): Promise<boolean> {
    return this.run(async () => {
      const { index, onChange } = this.options;
      const from = index.entry(project, key).store;
      if (!from || from === to) return false;
      const value = await this.getListed(project, key, from);
      if (value === undefined) return false;
      await this.writeTo(this.options.stores[to], project, key, value);
      index.put(project, key, to);
      await this.removeLeft(project, key);
      onChange();
      return true;
    });
  }

  /** Projects that have had values on this machine, of this workspace or not. */
  projects(): string[] {
    return this.options.index.projects();
  }

  /**
   * Removes every value of a project, listed or not, and gives the keys.
   * @throws KeychainError when a store that holds some does not answer; the keys that are left stay on the list.
   */
  clear(project: string): Promise<string[]> {
    return this.run(async () => {
      const { index, stores, onChange } = this.options;
      const keys = index.keys(project);
      try {
        for (const key of new Set([...keys, ...index.leftovers(project)])) {
          const { store, left } = index.entry(project, key);
          for (const kind of store ? [...left, store] : left) {
            await stores[kind].delete(project, key);
            index.remove(project, key, kind);
          }
        }
        await stores.keychain.clear(project).catch((error: unknown) => {
          // Where no keychain is, nothing of ours is in it.
          if (!(error instanceof KeychainError && error.unavailable)) throw error;
        });
      } finally {
        onChange();
      }
      return keys;
    });
  }

  /**
   * Copies a value to its key's new name, where it does not count yet. `commit` makes the new name the one that counts;
   * a rename that a crash cuts off in between is decided by the next `sweep`.
   * @returns undefined when the key has no value here, and so nothing to rename.
   * @throws KeychainError; nothing has changed then.
   */
  prepareRename(project: string, from: string, to: string): Promise<PreparedRename | undefined> {
    return this.run(async () => {
      const { index, stores } = this.options;
      const { store } = index.entry(project, from);
      const value = store && (await this.getListed(project, from, store));
      if (!store || value === undefined) return undefined;
      index.leave(project, to, store, from);
      try {
        await stores[store].set(project, to, value);
      } catch (error) {
        await this.removeLeft(project, to);
        throw error;
      }
      return {
        commit: () => this.run(() => this.commitRename(project, from, to, store)),
        rollBack: () => this.run(() => this.removeLeft(project, to)),
      };
    });
  }

  /**
   * Removes what crashes and closed windows have left over.
   * @param renamed whether the files of a project have a key's new name already.
   * @param age milliseconds; what is younger may belong to an operation of another window that goes on.
   */
  async sweep(
    renamed: (project: string, from: string, to: string) => Promise<boolean>,
    age: number,
  ): Promise<void> {
    const { index } = this.options;
    for (const project of this.projects()) {
      for (const key of index.leftovers(project, age)) {
        for (const store of index.entry(project, key).left) {
          const from = index.renamedFrom(project, key, store);
          const commit =
            from !== undefined &&
            index.entry(project, from).store === store &&
            (await renamed(project, from, key));
          await this.run(() =>
            commit ? this.commitRename(project, from, key, store) : this.removeLeft(project, key),
          );
        }
      }
    }
  }

  private async commitRename(project: string, from: string, to: string, store: StoreKind): Promise<void> {
    const { index, onChange } = this.options;
    index.put(project, to, store);
    index.leave(project, from, store);
    await this.removeLeft(project, from);
    onChange();
  }

  private async getListed(project: string, key: string, kind: StoreKind): Promise<string | undefined> {
    const { index, stores, onChange } = this.options;
    const value = await stores[kind].get(project, key);
    if (value !== undefined) return value;
    await stores[kind].check();
    index.remove(project, key, kind);
    onChange();
    return undefined;
  }

  /** Looks for a value that is not listed: stored by another profile or tool, or by a version that was removed. */
  private async search(project: string, key: string): Promise<string | undefined> {
    const { index, stores, setting, onChange } = this.options;
    let refusal: Error | undefined;
    const { left } = index.entry(project, key);
    for (const kind of this.order().filter((candidate) => !left.includes(candidate))) {
      try {
        const value = await stores[kind].get(project, key);
        if (value === undefined) continue;
        index.put(project, key, kind);
        onChange();
        return value;
      } catch (error) {
        refusal ??= error instanceof Error ? error : new Error(String(error));
      }
    }
    // A keychain that is not there holds nothing; one that did not answer may.
    if (refusal instanceof KeychainError && refusal.unavailable && setting() !== 'keychain') return undefined;
    if (refusal !== undefined) throw refusal;
    return undefined;
  }

  private async write(project: string, key: string, value: string): Promise<SecretStore> {
    const { stores, setting, onFallback } = this.options;
    const wanted = setting();
    if (wanted === 'secretStorage') return this.writeTo(stores.secretStorage, project, key, value);
    try {
      return await this.writeTo(stores.keychain, project, key, value);
    } catch (error) {
      if (wanted !== 'auto' || !(error instanceof KeychainError) || !error.unavailable) throw error;
      const store = await this.writeTo(stores.secretStorage, project, key, value);
      onFallback(error);
      return store;
    }
  }

  private async writeTo(
    store: SecretStore,
    project: string,
    key: string,
    value: string,
  ): Promise<SecretStore> {
    const { index } = this.options;
    const before = index.entry(project, key);
    const fresh = before.store !== store.kind && !before.left.includes(store.kind);
    if (fresh) index.leave(project, key, store.kind);
    try {
      await store.set(project, key, value);
      return store;
    } catch (error) {
      // What is not there has taken nothing; any other failure may come after the value.
      if (fresh && error instanceof KeychainError && error.unavailable)
        index.remove(project, key, store.kind);
      throw error;
    }
  }

  /** Removes older copies in other stores; where that does not work now, the next change of the key tries again. */
  private async removeLeft(project: string, key: string): Promise<void> {
    const { index, stores } = this.options;
    for (const kind of index.entry(project, key).left) {
      try {
        await stores[kind].delete(project, key);
        index.remove(project, key, kind);
      } catch {
        // It stays on the list of what is left.
      }
    }
  }

  private order(): readonly StoreKind[] {
    return this.options.setting() === 'secretStorage'
      ? ['secretStorage', 'keychain']
      : ['keychain', 'secretStorage'];
  }

  private run<T>(job: () => Promise<T>): Promise<T> {
    if (!this.options.trusted()) {
      return Promise.reject(
        new KeychainError(
          'denied',
          'Secrets are neither read nor stored in a workspace that is not trusted. Trust it first (Workspaces: Manage Workspace Trust).',
        ),
      );
    }
    const result = this.tail.then(job);
    this.tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
