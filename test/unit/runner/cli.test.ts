import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { listRuns } from '../../../client/runner/history.js';
import { chain, recordOf, runnerPath } from './harness.js';

const TOKEN = 'cli-canary-0815-4711';

/** Goes on for ever, some events a second. */
const RING = `blocks:
  - name: Pause
    type: { coreBlock: sleep }
    inputs:
      default:
        links: [{ block: Pause, output: default }]
        config: { sleep: 0.05 }
`;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function cli(
  args: readonly string[],
  { env = {}, fd3 }: { env?: NodeJS.ProcessEnv; fd3?: string } = {},
): Promise<Outcome> {
  const script = path.join(path.dirname(await runnerPath()), 'cli.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'run', ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout!.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr!.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    const pipe = child.stdio[3] as Writable;
    pipe.on('error', () => undefined);
    pipe.end(fd3 ?? '');
  });
}

describe('flow-secrets run', function () {
  this.timeout(30_000);
  let folder: string;
  const file = (name: string, text: string): string => {
    const at = path.join(folder, name);
    writeFileSync(at, text);
    return at;
  };
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'flows-cli-'))));
  after(() => rmSync(folder, { recursive: true }));

  const flow = chain(
    { name: 'Sign', type: 'transform', output: '({ header: `Bearer ${secrets.API_TOKEN}`, n: previous.n })' },
    {
      name: 'Check',
      type: 'transform',
      output: 'previous.n > 0 ? "fine" : (() => { throw new Error("n is too small"); })()',
    },
  );

  it('sends a debug event, prints what happens, and ends when nothing is under way', async () => {
    const at = file('ok.flow.yaml', flow);
    const { code, stdout } = await cli(
      [at, '--event', 'Sign={"n":1}', '--payload', '--no-keychain', '--secrets-from-env', 'API_TOKEN'],
      { env: { API_TOKEN: TOKEN } },
    );
    assert.equal(code, 0);
    assert.match(stdout, /● debug event → Sign ▸ default/);
    assert.match(stdout, /● Sign ▸ default.*"header":"Bearer ‹secret:API_TOKEN›"/);
    assert.match(stdout, /● Check ▸ default {2}"fine"/);
    assert.ok(!stdout.includes(TOKEN));
  });

  it('exits with 1 when an event fails, and says where', async () => {
    const at = file('fails.flow.yaml', flow);
    const { code, stdout } = await cli(
      [at, '--event', 'Sign.default={"n":0}', '--no-keychain', '--secrets-from-fd', '3'],
      { fd3: JSON.stringify({ API_TOKEN: TOKEN }) },
    );
    assert.equal(code, 1);
    assert.match(
      stdout,
      /✖ Check ▸ default: n is too small \(outputs\.default\.outputCustomization, line \d+, column \d+\)/,
    );
    assert.ok(!stdout.includes(TOKEN));
  });

  it('prints entries and a summary as JSON lines', async () => {
    const at = file('json.flow.yaml', flow);
    const event = file('event.json', '{"n":2}');
    const { code, stdout } = await cli(
      [at, '--event', `Sign=@${event}`, '--json', '--no-keychain', '--secrets-from-env', 'API_TOKEN'],
      { env: { API_TOKEN: TOKEN } },
    );
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; block?: string; leaks?: unknown });
    assert.deepEqual(
      lines.map(({ kind, block }) => [kind, block]),
      [
        ['event', 'Sign'],
        ['event', 'Sign'],
        ['event', 'Check'],
        ['summary', undefined],
      ],
    );
    assert.deepEqual(lines.at(-1)!.leaks, [{ block: 'Sign', keys: ['API_TOKEN'] }]);
  });

  it('ends after the given time', async () => {
    const at = file('endpoint.flow.yaml', readFileSync('examples/sample-endpoint.flow.yaml', 'utf8'));
    const { code, stderr } = await cli([at, '--until', '0.3s', '--no-keychain']);
    assert.equal(code, 0);
    assert.match(stderr, /Sample Endpoint listens on http:\/\/127\.0\.0\.1:\d+\/hello\/\{name\} {2}GET/);
  });

  it('explains wrong arguments without repeating them', async () => {
    const at = file('usage.flow.yaml', flow);
    for (const args of [
      [],
      [at, at],
      [path.join(folder, `missing-${TOKEN}`)],
      [at, `--${TOKEN}`],
      [at, '--event', TOKEN],
      [at, '--event', `Sign=${TOKEN}`],
      [at, '--until', TOKEN],
      [at, '--port', TOKEN],
      [at, '--secrets-from-env', TOKEN],
    ]) {
      const { code, stderr } = await cli(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^flow-secrets run: .+\nTry: flow-secrets run --help\n$/);
      assert.ok(!stderr.includes(TOKEN), stderr);
    }
  });

  it('names the option that was meant, and why a file was not read', async () => {
    const at = file('near.flow.yaml', flow);
    const { stderr } = await cli([at, '--virtual-tme']);
    assert.match(stderr, /^flow-secrets run: unknown option; did you mean --virtual-time\?\n/);
    assert.match(
      (await cli([path.join(folder, 'missing')])).stderr,
      /was not read: no such file or folder\n/,
    );
    assert.match((await cli([folder])).stderr, /was not read: it is a folder\n/);
  });

  it('does not run a file without blocks', async () => {
    const { code, stderr } = await cli([file('flows.project.yaml', 'project: x\n'), '--until', '1s']);
    assert.deepEqual([code, stderr], [1, 'flow-secrets run: The file has no blocks to run.\n']);
  });

  it('ends when nobody reads its output any more', async () => {
    const at = file('ring.flow.yaml', RING);
    const script = path.join(path.dirname(await runnerPath()), 'cli.js');
    const child = spawn(process.execPath, [script, 'run', at, '--event', 'Pause={}', '--no-keychain'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /\d+ events?, 0 failures\n$/);
  });

  it('runs with mocks beside the flow, virtual time, a seed, and a history', async () => {
    const at = file(
      'timed.flow.yaml',
      `
blocks:
  - name: Ask
    type: { appBlock: { block: ask, appInstallation: app, schema: '{}' } }
    inputs: { default: { config: {} } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Ask, output: default }], config: { sleep: 7200 } } }
  - name: Daily
    type: { coreBlock: schedule }
    config: { cron: { expression: '0 10 * * *', location: UTC } }
`,
    );
    file('timed.mocks.yaml', 'blocks: { Ask: { data: { answer: 42 } } }');
    const history = path.join(folder, 'history');
    const args = [
      at,
      '--event',
      'Ask={}',
      '--virtual-time',
      '--start-time',
      '2026-01-01T09:00:00Z',
      '--seed',
      '1',
      '--until',
      '3h',
      '--json',
      '--no-keychain',
      '--history',
      history,
    ];
    assert.equal((await cli(args)).code, 2, 'hours are no seconds');
    args[args.indexOf('3h')] = '10800s';
    const { code, stdout } = await cli(args);
    assert.equal(code, 0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { block?: string; data?: string; at: number })
      .filter(({ block }) => block);
    assert.deepEqual(
      events.map(({ block, at: time, data }) => [block, new Date(time).toISOString().slice(11, 16), data]),
      [
        ['Ask', '09:00', '{}'],
        ['Ask', '09:00', '{"answer":42}'],
        ['Daily', '10:00', '{"timestamp":"2026-01-01T10:00:00.000Z"}'],
        ['Wait', '11:00', '{"answer":42}'],
      ],
    );
    assert.equal((await cli(args)).stdout, stdout, 'the same again');
    const [recorded] = listRuns(history);
    assert.deepEqual((await recordOf(history, recorded!.runId)).length, 4);
  });

  it('says when a block does not exist', async () => {
    const { code, stderr } = await cli([
      file('none.flow.yaml', flow),
      '--event',
      'Nowhere=1',
      '--no-keychain',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /No block of this flow is called "Nowhere"\./);
  });

  it('takes an event for a block whose name holds dots and equals signs, and names the one that is meant', async () => {
    const named = `blocks:\n  - name: Deploy v1.2=rc\n    type: { coreBlock: transform }\n    inputs: { default: { config: {} } }\n`;
    const at = file('named.flow.yaml', named);
    for (const target of ['Deploy v1.2=rc', 'Deploy v1.2=rc.default']) {
      const { code, stdout } = await cli([
        at,
        '--event',
        `${target}={"a":"="}`,
        '--payload',
        '--no-keychain',
      ]);
      assert.match(stdout, /● Deploy v1\.2=rc ▸ default {2}\{"a":"="\}/);
      assert.equal(code, 0);
    }
    const { code, stderr } = await cli([at, '--event', 'deploy v1.2 rc={}', '--no-keychain']);
    assert.match(stderr, /called "deploy v1"|Did you mean "Deploy v1\.2=rc"\?/);
    assert.equal(code, 1);
  });

  it('says which file was not read, and why', async () => {
    const at = file('files.flow.yaml', flow);
    for (const [args, message] of [
      [['--event', 'Start=@nowhere.json'], /data of an --event was not read: no such file or folder/],
      [['--mock', 'nowhere.yaml', '--event', 'Start=1'], /mocks file was not read: no such file or folder/],
      [['--event', 'Start={'], /data of an --event is JSON/],
    ] as const) {
      const { code, stderr } = await cli([at, ...args, '--no-keychain']);
      assert.match(stderr, message);
      assert.equal(code, 2);
    }
  });

  it('tells a mistake of the file once', async () => {
    const at = file('broken.flow.yaml', `${flow}  - name: A: b\n`);
    const { stdout, stderr } = await cli([at, '--until', '1s', '--virtual-time', '--no-keychain']);
    assert.equal(`${stdout}${stderr}`.split('makes it a key').length, 2);
  });

  it('succeeds where an errorHandler has taken the failure', async () => {
    const at = file(
      'handled.flow.yaml',
      `blocks:\n  - name: Fails\n    type: { coreBlock: transform }\n    errorHandler: Handler\n    inputs: { default: { config: {} } }\n    outputs: { default: { outputCustomization: !expr nobody } }\n  - name: Handler\n    type: { coreBlock: handleError }\n`,
    );
    const { code, stderr } = await cli([at, '--event', 'Fails={}', '--no-keychain']);
    assert.match(stderr, /1 failure/);
    assert.equal(code, 0);
  });
});
