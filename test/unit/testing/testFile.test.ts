import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runTestFile } from '../../../client/testing/testFile.js';
import { generatedValue } from '../../../client/testing/secrets.js';
import { chain, runnerPath } from '../runner/harness.js';
import { runTests, told } from './tests.js';

const flow = chain(
  { name: 'Start', type: 'transform', output: '({ n: previous.n, header: "Bearer " + secrets.API_TOKEN })' },
  { name: 'Wait', type: 'sleep', config: 'sleep: 3600' },
  {
    name: 'Check',
    type: 'transform',
    output:
      'previous.n > 5 ? (() => { throw new TypeError("n is too large") })() : { ok: true, at: Date.now(), id: crypto.randomUUID() }',
  },
);

const test = (body: string): Record<string, string> => ({
  'a.flow.yaml': flow,
  'a.flow-test.yaml': body,
});

describe('tests of flows', function () {
  this.timeout(60_000);

  it('pass when everything comes as expected: in virtual time, the same each time, with made-up secrets', async () => {
    const files = test(`
time: 2026-05-01T10:00:00Z
tests:
  - name: all is well
    send: { block: Start, data: { n: 1 } }
    expect:
      - { block: Start, data: { header: Bearer ‹secret:API_TOKEN› } }
      - { block: Wait, output: default }
      - block: Check
        data: { ok: true, at: 1777633200000, id: !match '/^[0-9a-f-]{36}$/', none: !absent }
    never:
      - { block: Check, failed: !any }
`);
    const [first, second] = [await runTests(files), await runTests(files)];
    assert.deepEqual(told(first), []);
    assert.equal(first.results.length, 1);
    const idOf = ({ results }: typeof first): unknown =>
      results[0]!.entries.flatMap((entry) =>
        entry.kind === 'event' && entry.block === 'Check' ? [entry.data] : [],
      )[0];
    assert.deepEqual(idOf(first), idOf(second));
  });

  it('say where and how what came differs', async () => {
    const result = await runTests(
      test(`tests:
  - name: much is wrong
    send:
      - { block: Start, data: { n: 1 } }
      - { block: Start, data: { n: 9 } }
    expect:
      - block: Check
        data: { ok: false, at: !expr previous < 0, id: !expr previous.a.b }
      - block: Check
        output: default
        data: { ok: true }
      - { block: Wait }
      - { block: Wait }
      - { block: Wait }
      - { block: Check, failed: too small }
    never:
      - { block: Start, data: { n: 9 } }
`),
    );
    const lines = told(result);
    assert.equal(lines.length, 4);
    assert.match(
      lines[0]!,
      /^8: An event of Check is not as expected\.\n {2}ok: expected false, got true\n {2}at: expected !expr previous < 0, got \d+\n {2}id: expected !expr previous\.a\.b \(TypeError: Cannot read properties of undefined \(reading 'b'\)\), got "[0-9a-f-]+"$/,
    );
    assert.equal(
      lines[1],
      '14: An event of Wait did not come. These came: Start → default, Wait → default, Check → default.',
    );
    assert.equal(
      lines[2],
      '15: A failure of Check is not as expected.\n  expected "too small", got "TypeError: n is too large"',
    );
    assert.equal(
      lines[3],
      '17: An event of Start must not come, and came with {"n":9,"header":"Bearer ‹secret:API_TOKEN›"}',
    );
    // An editor shows the two beside each other: they differ only where the test says so.
    const { expected = '', actual = '' } = result.results[0]!.failures[0]!;
    const differing = expected.split('\n').filter((line) => !actual.split('\n').includes(line));
    assert.deepEqual(
      differing.map((line) => line.trim().replace(/,$/, '')),
      ['"ok": false', '"at": "!expr previous < 0"', '"id": "!expr previous.a.b"'],
    );
  });

  it('fail when a block fails that nobody has spoken of', async () => {
    const result = await runTests(
      test('tests: [{ name: a, send: { block: Start, data: { n: 9 } }, expect: [{ block: Wait }] }]'),
    );
    assert.match(
      told(result)[0]!,
      /^1: Check failed, which the test does not expect: TypeError: n is too large \(a\.flow\.yaml:29:\d+\)$/,
    );
  });

  it('take events of a block in their order, and each once', async () => {
    const result = await runTests(
      test(`tests:
  - name: in order
    send: [{ block: Start, data: { n: 1 } }, { block: Start, data: { n: 2 } }]
    expect: [{ block: Start, data: { n: 1 } }, { block: Start, data: { n: 2 } }]
  - name: out of order
    send: [{ block: Start, data: { n: 1 } }, { block: Start, data: { n: 2 } }]
    expect: [{ block: Start, data: { n: 2 } }, { block: Start, data: { n: 1 } }]
`),
    );
    assert.deepEqual(
      result.results.map(({ failures }) => failures.length),
      [0, 1],
    );
  });

  it('a check that never ends is stopped, and the test fails', async () => {
    const result = await runTests(
      test(`tests:
  - name: a
    send: { block: Start, data: { n: 1, text: ${'a'.repeat(40)} } }
    expect: [{ block: Start, data: { header: !match '/^(\\S+\\s?)+#$/', n: !expr '(() => { for (;;); })()' } }]
`),
    );
    assert.match(told(result)[0]!, /n: expected !expr .* \(.*it took longer than 5 s.*\), got 1$/);
  });

  it('send events of a block’s output, with what came before, and let time pass', async () => {
    const scheduled = `
blocks:
  - name: Every Hour
    type: { coreBlock: schedule }
    config: { cron: { expression: 0 * * * *, location: UTC } }
  - name: Count
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Every Hour, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ from: Object.keys(outputs), shop: ref("signal.shop.currency"), before: outputs.everyHour?.n ?? null })' } }
`;
    const result = await runTests({
      'a.flow.yaml': scheduled,
      'a.flow-test.yaml': `
signals: { shop: { currency: EUR } }
tests:
  - name: from an output
    send: { block: Every Hour, output: default, data: { n: 1 } }
    expect: [{ block: Count, data: { shop: EUR, before: 1 } }]
  - name: with ancestors
    send: { block: Count, data: {}, outputs: { Every Hour: { n: 7 } } }
    signals: { shop: { currency: USD } }
    expect: [{ block: Count, data: { shop: USD, before: 7 } }]
  - name: two hours later
    advance: 2h
    expect: [{ block: Count }, { block: Count }]
    never: [{ block: Count, data: { before: !any } }]
`,
    });
    assert.deepEqual(
      told(result).filter((line) => !line.includes('must not come')),
      [],
    );
    assert.equal(result.results[2]!.failures.length, 1);
  });

  it('take further secrets as the file says: fake, none, and shown where the project says so', async () => {
    const result = await runTests(
      {
        ...test(`
secrets: { API_TOKEN: { fake: open-sesame-42 } }
tests:
  - name: shown
    send: { block: Start, data: { n: 1 } }
    expect: [{ block: Start, data: { header: Bearer open-sesame-42 } }]
  - name: missing
    secrets: { API_TOKEN: none }
    send: { block: Start, data: { n: 1 } }
    expect: [{ block: Start, failed: API_TOKEN }]
`),
      },
      { insensitive: ['API_TOKEN'] },
    );
    assert.deepEqual(told(result), []);
  });

  it('read no stored value of a key that is not declared to be shown', async () => {
    const files = test(`tests:
  - name: a
    secrets: { API_TOKEN: stored }
    send: { block: Start, data: { n: 1 } }
    expect: [{ block: Start }]
`);
    let asked = 0;
    const stored = new Proxy({}, { ownKeys: () => (asked++, []) });
    const result = await runTests(files, { stored });
    assert.equal(result.results.length, 0);
    assert.deepEqual(
      result.problems.map(({ code, range, message }) => [code, range.start.line, message.split(':')[0]]),
      [['test-value', 2, '`API_TOKEN` cannot be `stored`']],
    );
    assert.equal(asked, 0);
    // The same file runs where it is declared so.
    const declared = await runTests(files, { stored, insensitive: ['API_TOKEN'] });
    assert.deepEqual([told(declared), asked], [[], 1]);
  });

  it('never show a value, made up or not, nor in what they expected', async () => {
    const value = generatedValue('API_TOKEN');
    const result = await runTests(
      test(`tests:
  - name: a
    send: { block: Start, data: { n: 1, given: ‹secret:API_TOKEN› } }
    expect:
      - { block: Start, data: { header: ${value}, n: !match /${value}/ } }
      - { block: Start, data: { header: Basic ${Buffer.from(`u:${value}`).toString('base64')} } }
      - { block: Check, failed: ${value} }
    never:
      - { block: Start, data: { header: Bearer ${value} } }
`),
    );
    assert.ok(result.results[0]!.failures.length >= 4);
    const text = JSON.stringify(result.results);
    assert.ok(!text.includes(value));
    assert.ok(!text.includes(Buffer.from(`u:${value}`).toString('base64').slice(4, 40)));
    assert.match(text, /‹secret:API_TOKEN›/);
  });

  it('run nothing of a file with mistakes, and say where they are', async () => {
    const result = await runTests(test('tests: [{ name: a, send: { block: Strat }, expect: [] }]'));
    assert.deepEqual(result.results, []);
    assert.match(result.problems[0]!.message, /Did you mean "Start"/);
    const without = await runTests({ 'a.flow-test.yaml': 'tests: [{ name: a, advance: 1, expect: [] }]' });
    assert.match(without.problems[0]!.message, /There is no flow a\.flow\.yaml/);
  });

  it('stop when they are cancelled', async () => {
    const stop = new AbortController();
    const result = await runTests(
      test(`tests:
  - { name: a, send: { block: Start, data: { n: 1 } }, expect: [{ block: Wait }] }
  - { name: b, send: { block: Start, data: { n: 1 } }, expect: [{ block: Wait }] }
`),
      { signal: stop.signal, ended: () => stop.abort() },
    );
    assert.deepEqual(
      result.results.map(({ name }) => name),
      ['a'],
    );
  });

  it('a request without an endpoint, or to a path that is not there, is told', async () => {
    const without = await runTests(test('tests: [{ name: a, request: { path: / }, expect: [] }]'));
    assert.deepEqual(told(without), ['1: The flow has no HTTP endpoint that could get a request.']);
    const other = await runTests({
      'a.flow.yaml': readFileSync('examples/sample-endpoint.flow.yaml', 'utf8'),
      'a.flow-test.yaml':
        'tests: [{ name: a, request: { path: /nowhere }, expect: [{ response: { status: 200 } }, { response: { status: 404 } }] }]',
    });
    assert.deepEqual(told(other), [
      '1: The response is not as expected.\n  status: expected 200, got 404',
      '1: There is no request whose response this could be.',
    ]);
  });

  for (const file of [
    'examples/release-approval.flow-test.yaml',
    'examples/sample-endpoint.flow-test.yaml',
    'examples/incident-triage.flow-test.yaml',
    'test/fixtures/testing/jira-approval.flow-test.yaml',
  ]) {
    it(`${path.basename(file)} passes`, async () => {
      const result = await runTestFile(path.resolve(file), readFileSync(file, 'utf8'), {
        runner: { runnerPath: await runnerPath() },
        read: (name) => readFile(name, 'utf8').catch(() => undefined),
        insensitive: () => Promise.resolve([]),
        stored: () => Promise.resolve({}),
      });
      assert.deepEqual(result.problems, []);
      assert.deepEqual(told(result), []);
      assert.ok(result.results.length > 0);
    });
  }
});
