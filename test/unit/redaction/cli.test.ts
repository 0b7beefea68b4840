/** `flow-secrets redact` as people run it: a process of its own, with pipes. */
import assert from 'node:assert/strict';
import { build } from 'esbuild';
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Readable, Writable } from 'node:stream';

const TOKEN = 'k7Qw2ZxT9vBn4LmR8sYd';
const OTHER = 'ababacababac';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('flow-secrets redact', function () {
  this.timeout(60_000);
  let root: string;
  let program: string;

  before(async () => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-redact-'));
    program = path.join(root, 'cli.js');
    await build({
      absWorkingDir: process.cwd(),
      entryPoints: ['client/cli/main.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['typescript'],
      alias: { 'web-tree-sitter': path.resolve('node_modules/web-tree-sitter/web-tree-sitter.cjs') },
      logLevel: 'error',
    });
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  function start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    stdio: SpawnOptions['stdio'] = 'pipe',
  ): ChildProcess {
    return spawn(process.execPath, [program, 'redact', ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], ...env },
      stdio,
    });
  }

  function outcome(child: ChildProcess): Promise<Outcome> {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => stdout.push(part));
    child.stderr?.on('data', (part: Buffer) => stderr.push(part));
    child.stdin?.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
      );
    });
  }

  function run(
    args: readonly string[],
    input: string | Uint8Array,
    env?: NodeJS.ProcessEnv,
  ): Promise<Outcome> {
    const child = start(args, env);
    const done = outcome(child);
    child.stdin!.end(input);
    return done;
  }

  /** Resolves with the output so far once it has `length` characters, or after a while. */
  async function shown(stream: Readable, length: number): Promise<string> {
    let text = '';
    const listener = (part: Buffer): void => void (text += part.toString());
    stream.on('data', listener);
    for (let i = 0; i < 200 && text.length < length; i++) await sleep(10);
    stream.off('data', listener);
    return text;
  }

  it('masks a pipe, with values from named variables', async () => {
    const input = `Token ${TOKEN}, ${Buffer.from(`u:${TOKEN}`).toString('base64')}\nnothing here\n`;
    const { code, stdout, stderr } = await run(['--secrets-from-env', 'TOKEN, OTHER'], input, {
      TOKEN,
      OTHER,
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    // What is left of the encoded pair belongs to what stands around the value, but for a few bits.
    assert.equal(stdout, 'Token ‹secret:TOKEN›, dTp‹secret:TOKEN›A==\nnothing here\n');
  });

  it('takes values as JSON on a descriptor', async () => {
    const child = start(['--secrets-from-fd', '3'], {}, ['pipe', 'pipe', 'pipe', 'pipe']);
    const done = outcome(child);
    (child.stdio[3] as Writable).end(JSON.stringify({ TOKEN, OTHER }));
    child.stdin!.end(`${OTHER}${TOKEN}`);
    assert.deepEqual(await done, { code: 0, stdout: '‹secret:OTHER›‹secret:TOKEN›', stderr: '' });
  });

  it('passes other bytes through as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256));
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN });
    const parts: Buffer[] = [];
    child.stdout!.on('data', (part: Buffer) => parts.push(part));
    child.stdin!.end(bytes);
    await new Promise((resolve) => child.on('close', resolve));
    assert.ok(Buffer.concat(parts).equals(bytes));
  });

  it('shows at once what can be shown, and a prompt after a moment', async () => {
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN });
    const done = outcome(child);
    const line = 'Downloading pack\n';
    child.stdin!.write(line);
    assert.equal(await shown(child.stdout!, line.length), line);
    const prompt = `Name of the new pack`;
    child.stdin!.write(prompt);
    assert.equal(
      await shown(child.stdout!, prompt.length),
      prompt,
      'k begins the token, but it is one character only',
    );
    child.stdin!.write(`\n${TOKEN.slice(0, 12)}`);
    assert.equal(await shown(child.stdout!, 2), '\n', 'twelve characters of the token stay held');
    child.stdin!.end(`${TOKEN.slice(12)}.`);
    assert.equal((await done).stdout, `${line}${prompt}\n‹secret:TOKEN›.`);
  });

  it('masks a value that arrives byte by byte', async () => {
    const child = start(['--secrets-from-env', 'OTHER'], { OTHER });
    const done = outcome(child);
    for (const byte of Buffer.from(`ab${OTHER} é ${OTHER.slice(0, 5)}`)) {
      child.stdin!.write(Uint8Array.of(byte));
      await sleep(2);
    }
    child.stdin!.end();
    assert.equal((await done).stdout, `ab‹secret:OTHER› é ${OTHER.slice(0, 5)}`);
  });

  for (const [name, args] of Object.entries({
    'an argument': [`TOKEN=${TOKEN}`],
    'the list of names': ['--secrets-from-env', `TOKEN=${TOKEN}`],
    'an option': [`--token=${TOKEN}`],
    'a word': [TOKEN],
    'a project': ['--project', TOKEN],
    'a descriptor': ['--secrets-from-fd', TOKEN],
    'a name': ['--secrets-from-env', TOKEN],
  })) {
    it(`refuses a value as ${name}, and does not repeat it`, async () => {
      const { code, stdout, stderr } = await run(args, `${TOKEN}\n`);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.ok(stderr.length > 20);
      assert.ok(!stderr.includes(TOKEN.slice(0, 8)), stderr);
      if (args.at(-1)!.includes('=')) assert.match(stderr, /command line/);
    });
  }

  it('says by name which values are too short to mask', async () => {
    const { code, stdout, stderr } = await run(
      ['--secrets-from-env', 'PIN,WORD,EMPTY'],
      'pin xy, word prod, products\n',
      { PIN: 'xy', WORD: 'prod', EMPTY: '' },
    );
    assert.equal(code, 0);
    assert.equal(stdout, 'pin xy, word ‹secret:WORD›, products\n');
    assert.match(stderr, /PIN is too short[^]*WORD is short[^]*EMPTY is empty/);
    assert.equal((await run(['--quiet', '--secrets-from-env', 'PIN'], '', { PIN: 'xy' })).stderr, '');
  });

  it('passes nothing through when a source does not answer', async () => {
    const missing = await run(['--secrets-from-env', 'NOT_SET_ANYWHERE'], 'text\n');
    assert.deepEqual([missing.code, missing.stdout], [2, '']);
    const broken = start(['--secrets-from-fd', '3'], {}, ['pipe', 'pipe', 'pipe', 'pipe']);
    const done = outcome(broken);
    (broken.stdio[3] as Writable).end(`{"TOKEN": "${TOKEN}`);
    broken.stdin!.end(TOKEN);
    const { code, stdout, stderr } = await done;
    assert.deepEqual([code, stdout], [2, '']);
    assert.ok(!stderr.includes(TOKEN.slice(0, 8)));
  });

  it('passes nothing through without a keychain', async function () {
    // Where there is no session bus, no keychain can answer; elsewhere this would ask the user's own.
    if (process.platform !== 'linux') this.skip();
    fs.writeFileSync(path.join(root, 'flows.project.yaml'), 'project: none-such\nsecrets:\n  TOKEN: {}\n');
    const { code, stdout, stderr } = await run(['--project', root], 'text\n', {
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
      XDG_RUNTIME_DIR: '/nonexistent',
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /keychain does not answer/);
  });

  it('masks with values from a real keychain, and says which keys have none', async function () {
    if (process.platform !== 'linux') this.skip();
    const keyring = await startPrivateKeyring();
    try {
      await keep(keyring, { TOKEN, STAGE: 'acceptance-test' });
      fs.mkdirSync(path.join(root, 'kept'), { recursive: true });
      fs.writeFileSync(
        path.join(root, 'kept/flows.project.yaml'),
        'project: keychain-test\nsecrets:\n  TOKEN: {}\n  ABSENT: {}\n  STAGE: { sensitive: false }\n',
      );
      const input = `acceptance-test ${TOKEN} ${Buffer.from(TOKEN).toString('hex')} ${OTHER}\n`;
      const masked = 'acceptance-test ‹secret:TOKEN› ‹secret:TOKEN› ';
      for (const project of ['kept', 'kept/flows.project.yaml']) {
        assert.deepEqual(await run(['--project', project], input, keyring.env), {
          code: 0,
          stdout: `${masked}${OTHER}\n`,
          stderr: 'flow-secrets redact: no value on this machine, so not masked: ABSENT\n',
        });
      }
      // Other sources add to it, and stand in for the keychain.
      const args = ['--project', 'kept', '--secrets-from-env', 'ABSENT'];
      assert.deepEqual(await run(args, input, { ...keyring.env, ABSENT: OTHER }), {
        code: 0,
        stdout: `${masked}‹secret:ABSENT›\n`,
        stderr: '',
      });
    } finally {
      await keyring.stop();
    }
  });

  it('shows keys that the project declares as not sensitive', async () => {
    fs.writeFileSync(
      path.join(root, 'shown.yaml'),
      'project: none-such\nsecrets:\n  STAGE: { sensitive: false }\n',
    );
    const { code, stdout } = await run(
      ['--project', 'shown.yaml', '--secrets-from-env', 'STAGE,TOKEN'],
      `acceptance-test ${TOKEN}`,
      { STAGE: 'acceptance-test', TOKEN },
    );
    assert.deepEqual([code, stdout], [0, 'acceptance-test ‹secret:TOKEN›']);
  });

  it('ends quietly when its reader has gone', async () => {
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN });
    const done = outcome(child);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const timer = setInterval(() => child.stdin!.write('line\n'.repeat(5000)), 1);
    const { code, stderr } = await done;
    clearInterval(timer);
    assert.deepEqual({ code, stderr }, { code: 141, stderr: '' });
  });

  it('says that its input cannot be read', async function () {
    if (process.platform === 'win32') this.skip();
    const writable = fs.openSync(path.join(root, 'write-only'), 'w');
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN }, [writable, 'pipe', 'pipe']);
    const { code, stdout, stderr } = await outcome(child);
    fs.closeSync(writable);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 1, stdout: '', stderr: 'flow-secrets redact: the input cannot be read (EBADF)\n' },
    );
  });

  it('waits for the last words of an interrupted command', async function () {
    if (process.platform === 'win32') this.skip();
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN });
    const done = outcome(child);
    child.stdin!.write('working\n');
    await shown(child.stdout!, 8);
    child.kill('SIGINT');
    await sleep(100);
    child.stdin!.end(`interrupted with ${TOKEN}\n`);
    const { code, stdout } = await done;
    assert.equal(code, 0);
    assert.match(stdout, /interrupted with ‹secret:TOKEN›\n$/);
  });

  it('keeps values out of argv and out of what it prints', async function () {
    if (!fs.existsSync('/proc/self/cmdline')) this.skip();
    const child = start(['--secrets-from-env', 'TOKEN'], { TOKEN });
    const done = outcome(child);
    child.stdin!.write(`start ${TOKEN}\n`);
    for (let i = 0; i < 10; i++) {
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        assert.ok(!commandLine(pid).includes(TOKEN), 'in the command line of a process');
      }
      await sleep(10);
    }
    child.stdin!.end();
    const { stdout, stderr } = await done;
    assert.equal(stdout, 'start ‹secret:TOKEN›\n');
    assert.equal(stderr, '');
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help'], '');
    assert.equal(code, 0);
    assert.match(stdout, /^usage: some-command 2>&1 \| flow-secrets redact/);
    assert.equal((await run([], '')).code, 2);
  });
});

interface Keyring {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

async function startPrivateKeyring(): Promise<Keyring> {
  const harness = (await import(pathToFileURL(path.resolve('test/harness/keyring.mjs')).href)) as {
    startPrivateKeyring(): Promise<Keyring>;
  };
  return harness.startPrivateKeyring();
}

/** Puts values into a keychain, for the project `keychain-test`. */
async function keep({ env }: Keyring, values: Readonly<Record<string, string>>): Promise<void> {
  const steps = Object.entries(values).map(([key, value]) => ({ do: 'set', key, value }));
  const child = spawn(process.execPath, [path.join(__dirname, '../keychain/child/main.js')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(JSON.stringify({ steps }));
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0);
}

/** Empty when the process has gone. */
function commandLine(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
