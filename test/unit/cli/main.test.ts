import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { program } from './program.js';

describe('flow-secrets', function () {
  this.timeout(60_000);
  let script: string;
  before(async () => (script = await program()));

  function flowSecrets(...args: readonly string[]): readonly [number | null, string, string] {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    return [status, stdout, stderr];
  }

  it('prints its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const option of ['--version', '-v']) assert.deepEqual(flowSecrets(option), [0, `${version}\n`, '']);
  });

  it('explains itself, and a command either way', () => {
    const [, usage] = flowSecrets('--help');
    for (const command of ['check', 'redact', 'run', 'test'])
      assert.match(usage, new RegExp(`^ {2}${command} +\\w`, 'm'));
    assert.deepEqual(flowSecrets('help'), flowSecrets('--help'));
    assert.deepEqual(flowSecrets('help', 'run'), flowSecrets('run', '--help'));
    assert.match(flowSecrets('help', 'run')[1], /^usage: flow-secrets run /);
  });

  it('says in one line that its output cannot be written', function () {
    if (!existsSync('/dev/full')) return this.skip();
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [script, '--help'], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    assert.deepEqual([status, stderr], [70, 'flow-secrets: the output cannot be written (ENOSPC)\n']);
  });

  it('names the command that was meant, and no word that was not known', () => {
    const [code, stdout, stderr] = flowSecrets('chekc');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^flow-secrets: unknown command; did you mean check\?\n/);
    assert.ok(!flowSecrets('hunter2hunter2')[2].includes('hunter2'));
  });
});
