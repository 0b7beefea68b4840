import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { KeychainError } from '../../../client/keychain/errors.js';
import { Keychain } from '../../../client/keychain/keychain.js';
import type { NativeKeychain } from '../../../client/keychain/native.js';
import { KeychainStore } from '../../../client/secrets/keychainStore.js';
import { NameIndex } from '../../../client/secrets/nameIndex.js';
import { SecretStorageStore } from '../../../client/secrets/secretStorageStore.js';
import { Vault, type StoreSetting } from '../../../client/secrets/vault.js';
import { FakeKeychain } from '../keychain/fake.js';

const LOCKED = 'Cannot create an item in a locked collection';
const NO_BUS = 'Cannot autolaunch D-Bus without X11 $DISPLAY';

/** A machine: its keychain, VS Code's storage and disk outlive the windows that are opened on it. */
class Machine {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'vault-'));
  readonly native = new FakeKeychain();
  readonly storage = new Map<string, string>();
  setting: StoreSetting = 'auto';
  trusted = true;
  /** What the keychain says to every call. */
  failure: string | undefined;
  fallbacks: KeychainError[] = [];
  changes = 0;

  open(): Vault {
    const { native } = this;
    /** A locked keychain on Linux reads as empty; every other failure is said. */
    const ask = async <T>(answer: () => Promise<T>, whenLocked?: T): Promise<T> => {
      if (this.failure === undefined) return answer();
      if (this.failure === LOCKED && whenLocked !== undefined) return whenLocked;
      throw new Error(this.failure);
    };
    const guarded: NativeKeychain = {
      getPassword: (service, account) => ask(() => native.getPassword(service, account), null),
      setPassword: (service, account, password) => ask(() => native.setPassword(service, account, password)),
      deletePassword: (service, account) => ask(() => native.deletePassword(service, account), false),
      findCredentials: (service) => ask(() => native.findCredentials(service)),
    };
    const storage = {
      get: (name: string) => Promise.resolve(this.storage.get(name)),
      store: (name: string, value: string) => Promise.resolve(void this.storage.set(name, value)),
      delete: (name: string) => Promise.resolve(void this.storage.delete(name)),
    };
    return new Vault({
      stores: {
        keychain: new KeychainStore(new Keychain({ load: () => guarded })),
        secretStorage: new SecretStorageStore(storage),
      },
      index: new NameIndex(this.folder),
      setting: () => this.setting,
      trusted: () => this.trusted,
      onFallback: (reason) => this.fallbacks.push(reason),
      onChange: () => this.changes++,
    });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe('vault', function () {
  this.timeout(60_000);
  let machine: Machine;
  let vault: Vault;

  beforeEach(() => {
    machine = new Machine();
    vault = machine.open();
  });
  afterEach(() => machine.dispose());

  it('stores in the keychain, lists names in order, and another window sees them', async () => {
    assert.equal((await vault.set('ops', 'TOKEN', 'v1')).kind, 'keychain');
    await vault.set('ops', 'API', 'v2');
    assert.deepEqual(machine.open().keys('ops'), ['API', 'TOKEN']);
    assert.deepEqual(machine.open().keys('other'), []);
    assert.equal(await machine.open().get('ops', 'TOKEN'), 'v1');
    assert.equal(machine.storage.size, 0);
  });

  it('listing and asking for names reads no value', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    machine.native.calls = 0;
    const other = machine.open();
    assert.deepEqual(other.keys('ops'), ['TOKEN']);
    assert.equal(other.has('ops', 'TOKEN'), true);
    assert.equal(machine.native.calls, 0);
  });

  it('tells keys apart that differ in case only, and projects with odd names', async () => {
    for (const project of ['ops', 'OPS', 'a/b', 'a_b', '../up', 'é 😀']) {
      await vault.set(project, 'Token', `${project} Token`);
      await vault.set(project, 'TOKEN', `${project} TOKEN`);
    }
    for (const project of ['ops', 'OPS', 'a/b', 'a_b', '../up', 'é 😀']) {
      assert.deepEqual(vault.keys(project), ['TOKEN', 'Token']);
      assert.equal(await vault.get(project, 'Token'), `${project} Token`);
    }
    const names = readdirSync(machine.folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      name.toLowerCase(),
    );
    assert.equal(new Set(names).size, names.length, 'also where file names differ in case only');
  });

  it('writes names to disk and never a value', async () => {
    await vault.set('ops', 'TOKEN', 's3cr3t-canary-value');
    for (const name of readdirSync(machine.folder, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(machine.folder, name);
      if (statSync(file).isFile()) assert.doesNotMatch(`${name} ${readFileSync(file, 'utf8')}`, /canary/);
    }
  });

  it('a deleted value is gone everywhere', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    await vault.delete('ops', 'TOKEN');
    assert.equal(await vault.get('ops', 'TOKEN'), undefined);
    assert.equal(machine.native.entries.size, 0);
    assert.deepEqual(vault.keys('ops'), []);
  });

  it('a value that another tool has stored is found, and listed, when asked for', async () => {
    await new Keychain({ load: () => machine.native }).set('ops', 'TOKEN', 'v');
    assert.deepEqual(vault.keys('ops'), []);
    assert.equal(await vault.get('ops', 'TOKEN'), 'v');
    assert.deepEqual(vault.keys('ops'), ['TOKEN']);
  });

  it('a name whose value somebody removed from the keychain leaves the list when asked for', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    machine.native.entries.clear();
    assert.equal(await vault.get('ops', 'TOKEN'), undefined);
    assert.deepEqual(vault.keys('ops'), []);
    assert.ok(machine.changes >= 2);
  });

  for (const [what, failure] of [
    ['no keychain answers', NO_BUS],
    ['the keychain is locked', LOCKED],
  ] as const) {
    it(`auto: when ${what}, the value goes to secret storage and the reason is given`, async () => {
      machine.failure = failure;
      assert.equal((await vault.set('ops', 'TOKEN', 'v')).kind, 'secretStorage');
      assert.equal(machine.fallbacks.length, 1);
      assert.equal(await machine.open().get('ops', 'TOKEN'), 'v');
      machine.failure = undefined;
      assert.equal(await machine.open().get('ops', 'TOKEN'), 'v');
    });

    it(`keychain only: when ${what}, nothing is stored and the reason is given`, async () => {
      machine.setting = 'keychain';
      machine.failure = failure;
      await assert.rejects(vault.set('ops', 'TOKEN', 'v'), KeychainError);
      assert.equal(machine.storage.size, 0);
      assert.deepEqual(vault.keys('ops'), []);
    });
  }

  it('auto: a refusal or a time-out is no reason to go elsewhere', async () => {
    machine.failure = 'The operation was canceled by the user';
    await assert.rejects(vault.set('ops', 'TOKEN', 'v'), { reason: 'denied' });
    assert.equal(machine.storage.size, 0);
  });

  it('a locked keychain is an error for a key it holds, not "no value"; the name stays', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    machine.failure = LOCKED;
    await assert.rejects(vault.get('ops', 'TOKEN'), { reason: 'locked' });
    await assert.rejects(vault.delete('ops', 'TOKEN'), { reason: 'locked' });
    assert.deepEqual(vault.keys('ops'), ['TOKEN']);
    assert.equal(await vault.get('ops', 'NEVER_SET'), undefined);
    machine.failure = undefined;
    assert.equal(await vault.get('ops', 'TOKEN'), 'v');
  });

  it('a new value in the other store counts at once; the old one goes when its store can be reached', async () => {
    await vault.set('ops', 'TOKEN', 'old');
    machine.failure = LOCKED;
    await vault.set('ops', 'TOKEN', 'new');
    machine.failure = undefined;
    assert.equal(await machine.open().get('ops', 'TOKEN'), 'new');
    assert.equal(machine.native.entries.size, 1);
    await machine.open().set('ops', 'TOKEN', 'newer');
    assert.equal(await machine.open().get('ops', 'TOKEN'), 'newer');
    assert.equal(machine.native.entries.size + machine.storage.size, 1, 'one copy in all');
  });

  it('an untrusted workspace reads and stores nothing', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    machine.trusted = false;
    machine.native.calls = 0;
    await assert.rejects(vault.get('ops', 'TOKEN'), /not trusted/);
    await assert.rejects(vault.set('ops', 'TOKEN', 'w'), /not trusted/);
    await assert.rejects(vault.delete('ops', 'TOKEN'), /not trusted/);
    assert.equal(machine.native.calls, 0);
  });

  it('a withdrawn value is off the list until it is taken back', async () => {
    await vault.set('ops', 'TOKEN', 'v');
    const withdrawal = (await vault.withdraw('ops', 'TOKEN'))!;
    assert.deepEqual(machine.open().keys('ops'), []);
    assert.equal(await machine.open().get('ops', 'TOKEN'), undefined);
    assert.equal(await withdrawal.takeBack(), true);
    assert.equal(await machine.open().get('ops', 'TOKEN'), 'v');
    assert.equal(await withdrawal.takeBack(), false);
    await withdrawal.remove();
    assert.equal(await vault.get('ops', 'TOKEN'), 'v', 'what was taken back stays');
  });

  it('a withdrawn value goes for good; a new one in its place stays', async () => {
    await vault.set('ops', 'A', 'a');
    await vault.set('ops', 'B', 'b');
    const first = (await vault.withdraw('ops', 'A'))!;
    const second = (await vault.withdraw('ops', 'B'))!;
    await vault.set('ops', 'B', 'new');
    await first.remove();
    await second.remove();
    assert.equal(await first.takeBack(), false);
    assert.deepEqual([...machine.native.entries.values()], ['new']);
    assert.equal(await vault.withdraw('ops', 'NEVER'), undefined);
  });

  it('what a closed window has left over is swept later', async () => {
    await vault.set('ops', 'A', 'a');
    await vault.withdraw('ops', 'A');
    await machine.open().sweep(() => Promise.resolve(false), 0);
    assert.equal(machine.native.entries.size, 0);
    assert.deepEqual(machine.open().projects(), ['ops']);
  });

  it('does not sweep what another window may still take back', async () => {
    await vault.set('ops', 'A', 'a');
    const withdrawal = (await vault.withdraw('ops', 'A'))!;
    await machine.open().sweep(() => Promise.resolve(false), 60_000);
    assert.equal(await withdrawal.takeBack(), true);
  });

  it('moves values between the stores, one copy at any time', async () => {
    await vault.set('ops', 'A', 'a');
    assert.equal(await vault.move('ops', 'A', 'secretStorage'), true);
    assert.equal(await vault.move('ops', 'A', 'secretStorage'), false);
    assert.equal(machine.native.entries.size, 0);
    assert.equal(vault.storeOf('ops', 'A')?.kind, 'secretStorage');
    assert.equal(await machine.open().get('ops', 'A'), 'a');
    machine.failure = LOCKED;
    await assert.rejects(vault.move('ops', 'A', 'keychain'), { reason: 'locked' });
    assert.equal(await machine.open().get('ops', 'A'), 'a');
    machine.failure = undefined;
    assert.equal(await vault.move('ops', 'A', 'keychain'), true);
    assert.equal(machine.storage.size, 0);
  });

  it('a move that is cut off at any step leaves the value readable and, after a sweep, one copy', async () => {
    for (let crashAt = 0; crashAt < 12; crashAt++) {
      const one = new Machine();
      try {
        one.setting = 'secretStorage';
        await one.open().set('ops', 'A', 'a');
        one.native.calls = 0;
        one.native.crashAt = crashAt;
        await one
          .open()
          .move('ops', 'A', 'keychain')
          .catch(() => undefined);
        one.native.revive();
        assert.equal(await one.open().get('ops', 'A'), 'a');
        await one.open().sweep(() => Promise.resolve(false), 0);
        assert.equal(await one.open().get('ops', 'A'), 'a');
        assert.equal(one.native.entries.size + one.storage.size, 1, `after a crash at call ${crashAt}`);
      } finally {
        one.dispose();
      }
    }
  });

  it('renames: the new name counts after the commit, and only then', async () => {
    await vault.set('ops', 'OLD', 'v');
    const rename = (await vault.prepareRename('ops', 'OLD', 'NEW'))!;
    assert.deepEqual(vault.keys('ops'), ['OLD']);
    await rename.commit();
    assert.deepEqual(vault.keys('ops'), ['NEW']);
    assert.equal(await machine.open().get('ops', 'NEW'), 'v');
    assert.equal(machine.native.entries.size, 1);
    const back = (await vault.prepareRename('ops', 'NEW', 'OTHER'))!;
    await back.rollBack();
    assert.deepEqual(vault.keys('ops'), ['NEW']);
    assert.equal(machine.native.entries.size, 1);
    assert.equal(await vault.prepareRename('ops', 'NEVER', 'OTHER'), undefined);
  });

  it('a rename that is cut off at any step: the files decide, the value is under one name', async () => {
    for (const inFiles of [false, true]) {
      for (let crashAt = 0; crashAt < 24; crashAt++) {
        const one = new Machine();
        try {
          await one.open().set('ops', 'OLD', 'v');
          one.native.calls = 0;
          one.native.crashAt = crashAt;
          const prepared = await one
            .open()
            .prepareRename('ops', 'OLD', 'NEW')
            .catch(() => undefined);
          const edited = inFiles && prepared !== undefined;
          if (edited) await prepared.commit().catch(() => undefined);
          one.native.revive();
          await one.open().sweep(() => Promise.resolve(edited), 0);
          const [name] = one.open().keys('ops');
          assert.equal(name, edited ? 'NEW' : 'OLD', `after a crash at call ${crashAt}`);
          assert.equal(await one.open().get('ops', name), 'v');
          assert.deepEqual(one.open().keys('ops'), [name]);
          assert.equal(one.native.entries.size, 1, `after a crash at call ${crashAt}`);
        } finally {
          one.dispose();
        }
      }
    }
  });

  it('clears a project: listed values, leftovers and what only the keychain knows', async () => {
    await vault.set('ops', 'A', 'a');
    machine.setting = 'secretStorage';
    await vault.set('ops', 'B', 'b');
    await vault.withdraw('ops', 'B');
    await vault.set('other', 'A', 'o');
    await new Keychain({ load: () => machine.native }).set('ops', 'UNLISTED', 'u');
    assert.deepEqual(await vault.clear('ops'), ['A']);
    assert.deepEqual([machine.native.entries.size, [...machine.storage.values()]], [0, ['o']]);
    assert.deepEqual(vault.keys('ops'), []);
  });

  it('another window’s change is told', async () => {
    const index = new NameIndex(machine.folder);
    const told = new Promise<void>((resolve) => index.watch(resolve));
    assert.deepEqual(index.keys('ops'), []);
    await machine.open().set('ops', 'TOKEN', 'v');
    await told;
    assert.deepEqual(index.keys('ops'), ['TOKEN']);
    index.dispose();
  });

  it('any sequence of operations, with stores that fail and crashes: what is read is what was last stored', async () => {
    const step = fc.record({
      do: fc.constantFrom('set' as const, 'set' as const, 'delete' as const),
      key: fc.constantFrom('A', 'B'),
      value: fc.constantFrom('one', 'two', 'three'),
      setting: fc.constantFrom<StoreSetting>('auto', 'auto', 'keychain', 'secretStorage'),
      failure: fc.constantFrom(undefined, undefined, LOCKED, NO_BUS),
      crashAt: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 0, max: 12 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const one = new Machine();
        const model = new Map<string, Set<string | undefined>>();
        try {
          for (const { do: what, key, value, setting, failure, crashAt } of steps) {
            one.setting = setting;
            one.failure = failure;
            one.native.calls = 0;
            one.native.crashAt = crashAt;
            const window = one.open();
            const before = model.get(key) ?? new Set([undefined]);
            const next = what === 'set' ? value : undefined;
            const done = await (what === 'set' ? window.set('p', key, value) : window.delete('p', key)).then(
              () => true,
              () => false,
            );
            // What was refused or cut off may or may not have happened; what was acknowledged has.
            model.set(
              key,
              done && !(what === 'delete' && failure !== undefined)
                ? new Set([next])
                : new Set([...before, next]),
            );
          }
          one.failure = undefined;
          one.native.revive();
          one.setting = 'auto';
          for (const [key, allowed] of model) {
            const read = await one.open().get('p', key);
            assert.ok(
              allowed.has(read),
              `${key} reads ${String(read)}, not one of ${[...allowed].join(', ')}`,
            );
            assert.equal(one.open().has('p', key), read !== undefined);
          }
          for (const key of ['A', 'B']) {
            await one.open().set('p', key, 'last');
            await one.open().delete('p', key);
          }
        } finally {
          one.dispose();
        }
      }),
      { numRuns: 100 },
    );
  });
});
