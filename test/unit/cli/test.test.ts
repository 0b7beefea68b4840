import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { chain, runnerPath } from '../runner/harness.js';
import { check, folder, type Outcome } from './program.js';

async function test(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  const cli = path.join(path.dirname(await runnerPath()), 'cli.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'test', ...args], {
      cwd,
      env: { PATH: process.env['PATH'], API_TOKEN: CANARY },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const CANARY = 'canary-in-the-environment-7Qz';
const flow = chain({
  name: 'Start',
  type: 'transform',
  output: '({ n: previous.n, header: "Bearer " + secrets.API_TOKEN, "<&>": "]]>\\u0001" })',
});
const passing = `tests:
  - name: passes
    send: { block: Start, data: { n: 1 } }
    expect: [{ block: Start, data: { n: 1 } }]
`;
const failing = `tests:
  - name: fails & <how>
    send: { block: Start, data: { n: 1 } }
    expect:
      - block: Start
        data: { n: 2, header: none, '<&>': x }
`;

describe('flow-secrets test', function () {
  this.timeout(60_000);
  const files = {
    'a/ok.flow.yaml': flow,
    'a/ok.flow-test.yaml': passing,
    'b/bad.flow.yaml': flow,
    'b/bad.flow-test.yaml': failing,
    'node_modules/x/no.flow-test.yaml': failing,
  };

  it('runs what it finds, and exits with 0 when all has passed', async () => {
    const root = folder(files);
    const { code, stdout, stderr } = await test(root, 'a');
    assert.match(stdout, /^a\/ok\.flow-test\.yaml\n {2}✔ passes {2}\d+ ms\n\n✔ 1 test passed\n$/);
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('exits with 1 when a test has failed, and says where and how', async () => {
    const { code, stdout } = await test(folder(files));
    assert.equal(code, 1);
    assert.match(
      stdout,
      /✖ fails & <how> {2}\d+ ms\n {6}b\/bad\.flow-test\.yaml:6:20 An event of Start is not as expected\.\n {8}n: expected 2, got 1\n {8}header: expected "none", got "Bearer ‹secret:API_TOKEN›"\n {8}<&>: expected "x", got "\]\]>\\u0001"\n/,
    );
    assert.match(stdout, /✖ 1 of 2 tests failed\n$/);
    assert.ok(!stdout.includes('no.flow-test.yaml'));
  });

  it('runs the tests that are asked for', async () => {
    const root = folder(files);
    assert.match((await test(root, '--grep', 'pass')).stdout, /✔ 1 test passed\n$/);
    assert.match((await test(root, '--grep', '/^FAILS/i')).stdout, /✖ 1 of 1 test failed\n$/);
    const none = await test(root, '--grep', 'nothing like it');
    assert.deepEqual([none.code, none.stdout], [2, '✖ No test fits --grep: 2 tests excluded.\n']);
    const annotated = await test(root, '--grep', 'nothing like it', '--format', 'github', 'a');
    assert.equal(annotated.stdout, 'No test fits --grep: 1 test excluded.\n');
    const { stdout } = await test(root, '--grep', 'pass', '--json');
    assert.equal((JSON.parse(stdout) as { excluded: number }).excluded, 1);
    const empty = await test(folder({ 'a.txt': '' }), '--grep', 'pass');
    assert.deepEqual([empty.code, empty.stdout], [2, '✖ No test found.\n']);
  });

  it('shows what happened, without values', async () => {
    const { stdout } = await test(folder(files), '--events', '--grep', 'fails');
    assert.match(stdout, /│ Start → default {2}\{"n":1,"header":"Bearer ‹secret:API_TOKEN›"/);
  });

  it('writes JSON', async () => {
    const { code, stdout } = await test(folder(files), '--json');
    const report = JSON.parse(stdout) as {
      tests: number;
      failed: number;
      files: {
        path: string;
        tests: {
          name: string;
          state: string;
          line: number;
          failures: { line: number; expected: string }[];
        }[];
      }[];
    };
    assert.equal(code, 1);
    assert.deepEqual([report.tests, report.failed], [2, 1]);
    const [failed] = report.files[1]!.tests;
    assert.deepEqual(
      [failed!.name, failed!.state, failed!.line, failed!.failures[0]!.line],
      ['fails & <how>', 'failed', 2, 6],
    );
    assert.equal((JSON.parse(failed!.failures[0]!.expected) as { n: number }).n, 2);
  });

  it('writes JUnit’s XML, well-formed whatever is in the data', async () => {
    const { code, stdout } = await test(folder(files), '--format', 'junit', '--events');
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="flow-secrets" tests="2" failures="1" errors="0">/,
    );
    assert.match(
      stdout,
      /<testcase name="fails &amp; &lt;how&gt;" classname="b\/bad\.flow-test\.yaml" file="b\/bad\.flow-test\.yaml" line="2" time="[\d.]+">/,
    );
    assert.match(stdout, /<failure message="An event of Start is not as expected\.">/);
    const tags = [
      ...stdout.replace(/<\?.*?\?>/, '').matchAll(/<(\/?)([\w-]+)(?:\s+[\w-]+="[^"<]*")*\s*(\/?)>/g),
    ];
    const open: string[] = [];
    for (const [, closing, name, empty] of tags) {
      if (closing) assert.equal(open.pop(), name);
      else if (!empty) open.push(name!);
    }
    assert.deepEqual(open, []);
    // Nothing but tags begins with <, and every & begins an entity.
    assert.equal(stdout.match(/</g)!.length, tags.length + 1);
    assert.doesNotMatch(stdout, /&(?!(?:amp|lt|gt|quot|#10);)/);
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]/u);
  });

  it('writes annotations of GitHub Actions', async () => {
    const { stdout } = await test(folder(files), '--format', 'github');
    assert.match(
      stdout,
      /^::error file=b\/bad\.flow-test\.yaml,line=6,endLine=6,col=20,endColumn=21,title=fails & <how>::An event of Start is not as expected\.%0A {2}n: expected 2, got 1%0A/,
    );
  });

  it('tells mistakes in a test file, and runs none of its tests', async () => {
    const root = folder({
      ...files,
      'b/bad.flow-test.yaml': passing.replace('block: Start', 'block: Strat'),
    });
    const { code, stdout } = await test(root);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /b\/bad\.flow-test\.yaml:3:20 error There is no block "Strat" in the flow\. Did you mean "Start"\? \[test-name\]/,
    );
    assert.match(stdout, /✖ 1 test passed, 1 test file cannot be run\n$/);
    const junit = await test(root, '--format', 'junit', 'b');
    assert.match(junit.stdout, /tests="1" failures="0" errors="1"/);
  });

  it('is not disturbed by a reader that has seen enough', async () => {
    const cli = path.join(path.dirname(await runnerPath()), 'cli.js');
    const child = spawn(process.execPath, [cli, 'test'], { cwd: folder(files) });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.deepEqual([code, stderr], [1, '']);
  });

  it('exits with 2 for wrong usage, and what cannot be read', async () => {
    const root = folder(files);
    for (const [args, message] of [
      [['--format', 'xml'], '--format is one of text, json, junit, github'],
      [['--grep', '/(/'], 'a regular expression that cannot be read'],
      [['--nonsense'], 'unknown option\n'],
      [['--evnts'], 'did you mean --events?'],
      [['--grep'], 'an option lacks its value'],
      [['a/ok.flow.yaml'], 'tests are in files called *.flow-test.yaml'],
      [['nowhere.flow-test.yaml'], 'no such file or folder'],
    ] as const) {
      const { code, stderr } = await test(root, ...args);
      assert.equal(code, 2, args.join(' '));
      assert.ok(stderr.includes(message), stderr);
    }
  });

  it('reads no secret of the machine, and shows none', async () => {
    const root = folder({
      ...files,
      'b/bad.flow-test.yaml': failing.replace('header: none', `header: Bearer ${CANARY}x`),
    });
    for (const format of ['text', 'json', 'junit', 'github']) {
      const { stdout, stderr } = await test(root, '--format', format, '--events');
      const told = `${stdout}${stderr}`.replaceAll(`${CANARY}x`, '');
      assert.ok(!told.includes(CANARY), format);
      assert.match(told, /‹secret:API_TOKEN›/, format);
    }
  });

  it('reads a value that may be shown where a test asks for it and the caller names its source', async () => {
    const root = folder({
      'flows.project.yaml': 'project: stored\nsecrets:\n  API_TOKEN: { sensitive: false }\n',
      'a.flow.yaml': chain({
        name: 'Start',
        type: 'transform',
        output: `({ isReal: secrets.API_TOKEN === ${JSON.stringify(CANARY)}, token: secrets.API_TOKEN })`,
      }),
      'a.flow-test.yaml': `secrets: { API_TOKEN: stored }
tests:
  - name: real
    send: { block: Start, data: {} }
    expect: [{ block: Start, data: { isReal: true, token: ‹secret:API_TOKEN› } }]
  - name: made up
    send: { block: Start, data: {} }
    expect: [{ block: Start, data: { isReal: false, token: ‹secret:API_TOKEN› } }]
`,
    });
    const given = await test(root, '--secrets-from-env', 'API_TOKEN', '--events');
    assert.match(given.stdout, /✔ real[\s\S]*✖ made up/);
    assert.ok(!`${given.stdout}${given.stderr}`.includes(CANARY));
    const none = await test(root);
    assert.match(none.stdout, /✖ real[\s\S]*✔ made up/);
    assert.match(`${none.stdout}${none.stderr}`, /API_TOKEN has no value here/);
    const wrong = await test(root, '--secrets-from-env', 'NOT_SET');
    assert.deepEqual([wrong.code, /--secrets-from-env is not set/.test(wrong.stderr)], [2, true]);
  });

  it('mistakes in tests are among what `check` finds', async () => {
    const root = folder({ ...files, 'b/bad.flow-test.yaml': passing.replace('expect:', 'expct:') });
    const { code, stdout } = await check(['b', '--no-types'], { cwd: root });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^b\/bad\.flow-test\.yaml:2:11 error A test says what it expects: `expect` or `never`\. \[test-shape\]\n/,
    );
    assert.match(
      stdout,
      /^b\/bad\.flow-test\.yaml:4:5 warning Unknown key `expct`\. Did you mean `expect`\? \[test-field\]$/m,
    );
  });

  it('the examples pass', async () => {
    const { code, stdout } = await test(process.cwd(), 'examples');
    assert.equal(code, 0, stdout);
    assert.ok(fs.readdirSync('examples').filter((name) => name.includes('.flow-test.')).length >= 3);
  });
});
