import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KeychainError } from '../../../client/keychain/errors.js';
import { explain } from '../../../client/keychain/errors.js';
import { Keychain, MAX_VALUE_BYTES, valueProblem } from '../../../client/keychain/keychain.js';
import { cut } from '../../../client/keychain/parts.js';
import { FakeKeychain } from './fake.js';

const WINDOWS = 2560;

function open(native: FakeKeychain): Keychain {
  return new Keychain({ load: () => native, capacity: WINDOWS });
}

describe('keychain: values of any size', function () {
  this.timeout(60_000);
  let native: FakeKeychain;
  let keychain: Keychain;

  beforeEach(() => {
    native = new FakeKeychain();
    native.limit = WINDOWS;
    keychain = open(native);
  });

  for (const [what, value] of [
    ['one character', 'x'],
    ['1280 characters', 'x'.repeat(1280)],
    ['one byte below the limit of Windows', 'x'.repeat(2559)],
    ['the limit of Windows', 'x'.repeat(2560)],
    ['one byte above it', 'x'.repeat(2561)],
    ['1280 characters of three bytes', '€'.repeat(1280)],
    ['100 kB', 'x'.repeat(MAX_VALUE_BYTES)],
    ['100 kB of characters of four bytes', '😀'.repeat(MAX_VALUE_BYTES / 4)],
    ['several lines', '-----BEGIN KEY-----\r\nabc\n\n-----END KEY-----\n'],
    ['blanks around it', '  padded\t'],
    ['something that looks like a header', 'flow-secrets:parts:1:a:1:1:' + '0'.repeat(64)],
  ] as const) {
    it(`keeps ${what}`, async () => {
      await keychain.set('ops', 'TOKEN', value);
      assert.equal(await keychain.get('ops', 'TOKEN'), value);
      assert.equal(await open(native).get('ops', 'TOKEN'), value);
    });
  }

  it('stores a value that fits as one plain entry, readable by any tool', async () => {
    await keychain.set('ops', 'TOKEN', 'x'.repeat(WINDOWS));
    assert.deepEqual([...native.entries], [['flow-secrets/ops TOKEN', 'x'.repeat(WINDOWS)]]);
  });

  it('leaves no part behind when a long value is replaced by a short one, or deleted', async () => {
    await keychain.set('ops', 'TOKEN', 'a'.repeat(20_000));
    await keychain.set('ops', 'TOKEN', 'b'.repeat(9_000));
    assert.equal(native.entries.size, 1 + 4);
    await keychain.set('ops', 'TOKEN', 'short');
    assert.deepEqual([...native.entries.keys()], ['flow-secrets/ops TOKEN']);
    await keychain.set('ops', 'TOKEN', 'c'.repeat(9_000));
    assert.equal(await keychain.delete('ops', 'TOKEN'), true);
    assert.equal(native.entries.size, 0);
    assert.equal(await keychain.delete('ops', 'TOKEN'), false);
  });

  it('refuses what it cannot keep, without touching the old value or quoting the new one', async () => {
    await keychain.set('ops', 'TOKEN', 'old');
    for (const [value, reason] of [
      ['', 'invalid-value'],
      ['canary\0tail', 'invalid-value'],
      ['canary\ud83d', 'invalid-value'],
      ['canary' + 'x'.repeat(MAX_VALUE_BYTES), 'too-large'],
    ] as const) {
      await assert.rejects(
        keychain.set('ops', 'TOKEN', value),
        (error: KeychainError) => error.reason === reason && !error.message.includes('canary'),
      );
    }
    assert.equal(await keychain.get('ops', 'TOKEN'), 'old');
  });

  it('reads a value whose parts are damaged or gone as absent', async () => {
    await keychain.set('ops', 'TOKEN', 'a'.repeat(9_000));
    const part = 'flow-secrets/ops TOKEN#a1';
    const good = native.entries.get(part)!;
    native.entries.set(part, good.replace('a', 'b'));
    assert.equal(await keychain.get('ops', 'TOKEN'), undefined);
    native.entries.delete(part);
    assert.equal(await keychain.get('ops', 'TOKEN'), undefined);
    native.entries.set(part, good);
    assert.equal(await keychain.get('ops', 'TOKEN'), 'a'.repeat(9_000));
  });

  it('keeps projects apart and clears one with everything in it', async () => {
    await keychain.set('ops', 'A', 'a'.repeat(5_000));
    await keychain.set('ops', 'B', 'b');
    await keychain.set('ops-2', 'A', 'other');
    native.entries.set('flow-secrets/ops LOST#b7', 'left by a crash');
    assert.equal(await keychain.clear('ops'), 1 + 2 + 1 + 1);
    assert.deepEqual([...native.entries.keys()], ['flow-secrets/ops-2 A']);
  });

  it('cuts between code points and never above the limit', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 4, max: 40 }),
        (text, capacity) => {
          const pieces = cut(text, capacity);
          assert.equal(pieces.join(''), text);
          for (const piece of pieces) assert.ok(Buffer.byteLength(piece) <= capacity);
          if (valueProblem(text) === undefined)
            for (const piece of pieces) assert.doesNotMatch(piece, /\p{Surrogate}/u);
        },
      ),
    );
  });
});

describe('keychain: crashes', function () {
  this.timeout(60_000);
  const value = fc.oneof(
    fc.constantFrom(
      'short',
      'flow-secrets:parts:1:',
      'x'.repeat(64),
      'y'.repeat(65),
      'z'.repeat(900),
      '€😀'.repeat(100),
    ),
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
      .filter((text) => valueProblem(text) === undefined),
  );
  const step = fc.record({
    key: fc.constantFrom('A', 'B'),
    value: fc.option(value, { nil: undefined }),
    // Most operations take fewer calls than this: then they end well.
    crashAt: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 100 })),
  });

  it('any sequence of writes and deletes with crashes: each key reads as its old or its new value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const native = new FakeKeychain();
        native.limit = WINDOWS;
        const model = new Map<string, string | undefined>();
        for (const { key, value: next, crashAt } of steps) {
          const keychain = open(native);
          native.calls = 0;
          native.crashAt = crashAt;
          const done = await (
            next === undefined ? keychain.delete('p', key) : keychain.set('p', key, next)
          ).then(
            () => true,
            () => false,
          );
          native.revive();
          const now = await open(native).get('p', key);
          if (done) assert.equal(now, next);
          else assert.ok(now === next || now === model.get(key), `${key} reads as neither`);
          model.set(key, now);
          for (const [other, expected] of model) assert.equal(await open(native).get('p', other), expected);
        }
        // One good delete of each key leaves nothing at all.
        for (const key of ['A', 'B']) await open(native).delete('p', key);
        assert.deepEqual([...native.entries], []);
      }),
      { numRuns: 60 },
    );
  });

  it('a crash at every single step of replacing one split value by another', async () => {
    const [old, next] = ['o'.repeat(7_000), 'n'.repeat(9_000)];
    const seen = new Set<string>();
    for (let crashAt = 0; ; crashAt++) {
      const native = new FakeKeychain();
      await open(native).set('p', 'K', old);
      native.calls = 0;
      native.crashAt = crashAt;
      const failed = await open(native)
        .set('p', 'K', next)
        .then(
          () => false,
          () => true,
        );
      native.revive();
      const now = await open(native).get('p', 'K');
      assert.ok(now === old || now === next, `after a crash at call ${crashAt}`);
      seen.add(now);
      if (!failed) break;
    }
    assert.equal(seen.size, 2);
  });
});

describe('keychain: failures', () => {
  it('says at once that it is busy while a call is stuck, and goes on when that comes back', async () => {
    const native = new FakeKeychain();
    await open(native).set('p', 'K', 'value');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = Object.assign(Object.create(native) as FakeKeychain, {
      getPassword: async (service: string, account: string) => {
        await held;
        return native.getPassword(service, account);
      },
    });
    const keychain = new Keychain({ load: () => slow, deadlineMs: 20 });
    await assert.rejects(keychain.get('p', 'K'), { name: 'KeychainError', reason: 'timeout' });
    await assert.rejects(keychain.set('p', 'K', 'other'), { reason: 'busy' });
    release();
    await held;
    await new Promise(setImmediate);
    assert.equal(await keychain.get('p', 'K'), 'value');
  });

  it('makes one native call at a time', async () => {
    const native = new FakeKeychain();
    let running = 0;
    let most = 0;
    const watched = Object.assign(Object.create(native) as FakeKeychain, {
      setPassword: async (service: string, account: string, text: string) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        await native.setPassword(service, account, text);
        running--;
      },
    });
    const keychain = new Keychain({ load: () => watched });
    await Promise.all(['A', 'B', 'C'].map((key) => keychain.set('p', key, key)));
    assert.equal(most, 1);
    assert.deepEqual(await Promise.all(['A', 'B', 'C'].map((key) => keychain.get('p', key))), [
      'A',
      'B',
      'C',
    ]);
  });

  for (const [said, reason] of [
    ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'no-service'],
    ['Could not connect: No such file or directory', 'no-service'],
    ['The name org.freedesktop.secrets was not provided by any .service files', 'no-service'],
    ['Cannot create an item in a locked collection', 'locked'],
    ['User interaction is not allowed.', 'locked'],
    ['User canceled the operation.', 'denied'],
    ['The user name or passphrase you entered is not correct.', 'denied'],
    ['The stub received bad data', 'too-large'],
    ['Something new', 'failed'],
  ] as const) {
    it(`explains "${said}"`, () => {
      const error = explain(new Error(said));
      assert.equal(error.reason, reason);
      assert.match(error.message, /keychain/i);
    });
  }

  it('drops what the system says when it quotes the value', () => {
    assert.doesNotMatch(
      explain(new Error('cannot store "s3cr3t-canary"'), 's3cr3t-canary').message,
      /canary/,
    );
  });
});
