import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { loadNative, prebuildFolder } from '../../../client/keychain/native.js';

const prebuilds = path.join(
  path.dirname(createRequire(__filename).resolve('keytar/package.json')),
  'prebuilds',
);

/** What the file's header says it was built for. */
function builtFor(file: string): string {
  const head = readFileSync(file).subarray(0, 64);
  if (head.toString('latin1', 1, 4) === 'ELF')
    return { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64' }[head.readUInt16LE(18)] ?? '?';
  if (head.readUInt32LE(0) === 0xfeedfacf)
    return { 0x01000007: 'x64', 0x0100000c: 'arm64' }[head.readUInt32LE(4)] ?? '?';
  const pe = readFileSync(file).subarray(head.readUInt32LE(60));
  return { 0x14c: 'ia32', 0x8664: 'x64', 0xaa64: 'arm64' }[pe.readUInt16LE(4)] ?? '?';
}

describe('keychain: the native file', () => {
  for (const platform of ['linux', 'darwin', 'win32']) {
    for (const arch of ['x64', 'arm64', 'arm', 'ia32']) {
      for (const musl of platform === 'linux' ? [false, true] : [false]) {
        const folder = prebuildFolder({ platform, arch, musl });
        if (folder === undefined) continue;
        it(`${platform} ${arch}${musl ? ' musl' : ''}: ${folder} holds code for it`, () => {
          assert.equal(builtFor(path.join(prebuilds, folder, 'keytar.node')), arch);
          assert.equal(folder.includes('musl'), musl);
        });
      }
    }
  }

  it('says that there is no build for a machine', () => {
    assert.throws(() => loadNative([prebuilds], { platform: 'linux', arch: 'arm64', musl: true }), {
      reason: 'no-native-module',
      message: 'The keychain module does not load: it has no build for musl linux on arm64.',
    });
    assert.throws(
      () => loadNative([prebuilds], { platform: 'freebsd', arch: 'x64', musl: false }),
      /no build for freebsd on x64/,
    );
  });

  it('says which file is missing, and why one does not load', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'prebuilds-'));
    const machine = { platform: 'linux', arch: 'x64', musl: false };
    try {
      assert.throws(
        () => loadNative([folder], machine),
        /linux-x64\/keytar\.node is not beside the extension/,
      );
      mkdirSync(path.join(folder, 'linux-x64'));
      writeFileSync(path.join(folder, 'linux-x64/keytar.node'), 'not a library');
      assert.throws(() => loadNative([folder], machine), {
        reason: 'no-native-module',
        message: /does not load: .*keytar\.node/,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('loads here and offers keytar’s functions', function () {
    if (
      process.platform === 'linux' &&
      prebuildFolder({ platform: 'linux', arch: process.arch, musl: false }) === undefined
    )
      this.skip();
    const native = loadNative([prebuilds]);
    for (const name of ['getPassword', 'setPassword', 'deletePassword', 'findCredentials'] as const)
      assert.equal(typeof native[name], 'function');
  });
});
