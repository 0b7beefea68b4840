/** Against the real gnome-keyring, on message buses of its own: unlocked, locked, absent, and with a writer that is killed. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MAX_VALUE_BYTES } from '../../../client/keychain/keychain.js';
import type { ChildInput, ChildLine } from './child/main.js';

interface Keyring {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Runs the child to its end, or kills it after `killAfter` native calls. */
async function run(
  env: Record<string, string>,
  input: ChildInput,
  killAfter = Infinity,
): Promise<{ results: ChildLine[]; calls: number }> {
  const inherited = { ...process.env };
  // A person's own keychain must never be reached from here.
  delete inherited['DBUS_SESSION_BUS_ADDRESS'];
  delete inherited['XDG_RUNTIME_DIR'];
  const child = spawn(process.execPath, [path.join(__dirname, 'child/main.js')], {
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(input));
  const results: ChildLine[] = [];
  let calls = 0;
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const parsed = JSON.parse(line) as ChildLine;
      if (!('call' in parsed)) results.push(parsed);
      else if (++calls === killAfter) child.kill('SIGKILL');
    }
  });
  await new Promise((resolve) => child.once('close', resolve));
  return { results, calls };
}

describe('keychain: the real one', function () {
  this.timeout(60_000);
  let keyring: Keyring;

  before(async function () {
    if (process.platform !== 'linux') this.skip();
    const harness = (await import(pathToFileURL(path.resolve('test/harness/keyring.mjs')).href)) as {
      startPrivateKeyring(): Promise<Keyring>;
    };
    keyring = await harness.startPrivateKeyring();
  });
  after(() => (keyring as Keyring | undefined)?.stop());

  it('keeps values of every size and script, whole or split', async () => {
    const values = [
      'x',
      'é😀\r\n\t"\'\\$`',
      '-----BEGIN-----\nabc\n',
      'x'.repeat(2560),
      'x'.repeat(2561),
      '€'.repeat(1280),
      '😀'.repeat(MAX_VALUE_BYTES / 4),
    ];
    for (const capacity of [undefined, 2560]) {
      const steps = values.flatMap((value) => [
        { do: 'set' as const, key: 'SIZE', value },
        { do: 'get' as const, key: 'SIZE' },
      ]);
      const { results } = await run(keyring.env, { ...(capacity ? { capacity } : {}), steps });
      assert.deepEqual(
        results,
        values.flatMap((value) => [{ value: null }, { value }]),
      );
    }
    const { results } = await run(keyring.env, {
      capacity: 2560,
      steps: [{ do: 'delete', key: 'SIZE' }, { do: 'get', key: 'SIZE' }, { do: 'clear' }],
    });
    assert.deepEqual(results, [{ value: true }, { value: null }, { value: 0 }]);
  });

  it('a process killed in the middle of a split write leaves the old value, and the next write leaves nothing behind', async () => {
    const [old, next] = ['o'.repeat(5_000), 'n'.repeat(20_000)];
    for (const killAfter of [1, 3, 12, 40]) {
      await run(keyring.env, { capacity: 2560, steps: [{ do: 'set', key: 'KILLED', value: old }] });
      const killed = await run(
        keyring.env,
        { capacity: 2560, pause: true, steps: [{ do: 'set', key: 'KILLED', value: next }] },
        killAfter,
      );
      assert.deepEqual(killed.results, [], 'the write was not finished');
      const { results } = await run(keyring.env, { capacity: 2560, steps: [{ do: 'get', key: 'KILLED' }] });
      // One read, eight parts, the header: from the tenth call on the new value stands.
      assert.deepEqual(results, [{ value: killAfter < 10 ? old : next }]);
      const after = await run(keyring.env, {
        capacity: 2560,
        steps: [{ do: 'set', key: 'KILLED', value: 'short' }, { do: 'clear' }],
      });
      assert.deepEqual(after.results, [{ value: null }, { value: 1 }]);
    }
  });

  it('two processes see each other’s changes', async () => {
    await run(keyring.env, { steps: [{ do: 'set', key: 'SHARED', value: 'one' }] });
    await run(keyring.env, { steps: [{ do: 'set', key: 'SHARED', value: 'two' }] });
    assert.deepEqual(
      (await run(keyring.env, { steps: [{ do: 'get', key: 'SHARED' }, { do: 'check' }] })).results,
      [{ value: 'two' }, { value: null }],
    );
  });

  it('locked: writing and checking fail with what to do, reading finds nothing', async () => {
    await run(keyring.env, { steps: [{ do: 'set', key: 'LOCKED', value: 'one' }] });
    const lock = spawnSync(
      'dbus-send',
      [
        '--session',
        '--print-reply',
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.Lock',
        'array:objpath:/org/freedesktop/secrets/collection/login',
      ],
      { env: { ...process.env, ...keyring.env } },
    );
    assert.equal(lock.status, 0, String(lock.stderr));
    const { results } = await run(keyring.env, {
      steps: [{ do: 'get', key: 'LOCKED' }, { do: 'check' }, { do: 'set', key: 'LOCKED', value: 'canary' }],
    });
    assert.deepEqual(results[0], { value: null });
    for (const result of results.slice(1)) {
      assert.ok('failed' in result && result.failed === 'locked', JSON.stringify(result));
      assert.match(result.message, /locked.*Unlock it/);
    }
  });

  it('absent: no D-Bus session, a bus that is gone, a bus without a keychain', async () => {
    const steps: ChildInput['steps'] = [
      { do: 'get', key: 'A' },
      { do: 'set', key: 'A', value: 'canary' },
    ];
    const folder = mkdtempSync(path.join(os.tmpdir(), 'bus-'));
    const config = path.join(folder, 'bus.conf');
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:path=${folder}/bus</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    );
    const bus = spawn(
      'dbus-daemon',
      [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    try {
      await new Promise((resolve) => bus.stdout.once('data', resolve));
      for (const env of [
        {},
        { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' },
        { DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` },
      ]) {
        const { results } = await run({ ...env, HOME: folder }, { steps });
        assert.equal(results.length, 2);
        for (const result of results) {
          assert.ok('failed' in result && result.failed === 'no-service', JSON.stringify(result));
          assert.match(result.message, /secret storage/);
        }
      }
    } finally {
      bus.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
