import assert from 'node:assert/strict';
import fc from 'fast-check';
import { saveMock, saveTest, type TestSource } from '../../../client/testing/save.js';
import { CanarySearch } from '../../host/canary.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { runnerPath, stopAll, TestRun, chain } from '../runner/harness.js';
import { runTests, told } from './tests.js';

const apply = (text: string, { edit: { span, text: inserted } }: ReturnType<typeof saveTest>): string =>
  text.slice(0, span.start) + inserted + text.slice(span.end);

const source = (run: TestRun, more: Partial<TestSource> = {}): TestSource => ({
  entries: run.entries,
  names: new Set(),
  endpoints: new Set(),
  outside: new Set(),
  shown: {},
  stored: new Set(),
  ...more,
});

describe('saving runs', function () {
  this.timeout(60_000);
  afterEach(stopAll);
  before(runnerPath);

  const flow = chain(
    {
      name: 'Start',
      type: 'transform',
      output:
        '({ n: previous.n, at: new Date().toISOString(), id: crypto.randomUUID(), given: previous.id, auth: secrets.TOKEN + ":" + previous.n })',
    },
    { name: 'Wait', type: 'sleep', config: 'sleep: 0.01' },
    {
      name: 'Check',
      type: 'transform',
      output:
        'previous.n > 5 ? (() => { throw new Error("n is " + previous.n) })() : [previous.n, "yes", null]',
    },
  );
  const given = '00000000-0000-7000-8000-000000000001';

  it('a run that is saved as a test passes as a test, whatever the secrets are then', async () => {
    const run = await TestRun.start(flow, { secrets: { TOKEN: 'the-real-token-of-this-run' } });
    await run.send('Start', { n: 1, id: given });
    await run.send('Start', { n: 9, id: given, token: 'the-real-token-of-this-run' });
    const text = apply('', saveTest('', source(run)));
    assert.ok(!text.includes('the-real-token'));
    assert.match(text, /auth: ‹secret:TOKEN›:1/);
    assert.match(text, /id: !any/);
    assert.match(text, new RegExp(`given: ${given}`));
    assert.match(text, /token: ‹secret:TOKEN›/);
    const result = await runTests({ 'a.flow.yaml': flow, 'a.flow-test.yaml': text });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(told(result), []);
    assert.equal(result.results.length, 1);

    // And it fails when the flow does something else.
    const changed = flow.replace('"yes"', '"no"');
    assert.match(
      told(await runTests({ 'a.flow.yaml': changed, 'a.flow-test.yaml': text }))[0]!,
      /An event of Check → default is not as expected\.\n {2}\[1\]: expected "yes", got "no"$/,
    );
  });

  it('so does a run with any data', async () => {
    const pass = chain(
      { name: 'In', type: 'transform' },
      { name: 'Out', type: 'transform', output: '({ got: previous, text: JSON.stringify(previous) })' },
    );
    const run = await TestRun.start(pass);
    const data = fc.sample(fc.jsonValue(), { numRuns: 60, seed: 7 });
    for (const value of data) await run.host.debugEvent({ block: 'In', data: value });
    await run.idle();
    const text = apply('', saveTest('', source(run)));
    const result = await runTests({ 'a.flow.yaml': pass, 'a.flow-test.yaml': text });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(told(result), []);
    const [test] = parseTestFile(text).tests;
    assert.deepEqual([test!.steps.length, test!.expect.length], [60, 120]);
  });

  it('requests are sent again as their callers sent them', async () => {
    const echo = `
blocks:
  - name: In
    type: { coreBlock: httpEndpoint }
    config: { path: '/in/{id}', methods: [POST, GET] }
    inputs: { default: { links: [{ block: Pass, output: default }], config: { statusCode: 201, body: !expr previous.body } } }
  - name: Pass
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: In, output: requests }], config: {} } }
`;
    const run = await TestRun.start(echo);
    await fetch(run.url('/in/7?q=1&r=x%20y'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mine': 'kept' },
      body: JSON.stringify({ a: [1, 'two'] }),
    });
    await run.idle();
    await fetch(run.url('/in/8'), { method: 'POST', body: 'plain' });
    await run.idle();
    const text = apply('', saveTest('', source(run, { endpoints: new Set(['In']) })));
    const { tests, problems } = parseTestFile(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      tests[0]!.steps.map(
        (step) => step.kind === 'request' && [step.method, step.path, step.query, step.headers, step.body],
      ),
      [
        ['POST', '/in/7', { q: '1', r: 'x y' }, { 'x-mine': 'kept' }, { a: [1, 'two'] }],
        ['POST', '/in/8', {}, { 'content-type': 'text/plain;charset=UTF-8' }, 'plain'],
      ],
    );
    assert.match(text, /response:\n\s+status: 201/);
    assert.deepEqual(told(await runTests({ 'a.flow.yaml': echo, 'a.flow-test.yaml': text })), []);
  });

  it('is added to a file with all that stands there, under a name of its own', async () => {
    const run = await TestRun.start(flow, { secrets: { TOKEN: 'x'.repeat(20) } });
    await run.send('Start', { n: 1 });
    const before = `# Tests of ours
secrets: { TOKEN: generated } # no value

tests:
  # The first one.
  - name: Start leads to Check
    send: { block: Start, data: { n: 2 } }
    expect: [{ block: Wait }] # at least
`;
    const names = new Set(['Start leads to Check']);
    const text = apply(before, saveTest(before, source(run, { names })));
    assert.ok(text.startsWith(before.trimEnd()));
    assert.match(text, / {2}- name: Start leads to Check \(2\)\n {4}send:\n {6}block: Start\n/);
    assert.deepEqual(told(await runTests({ 'a.flow.yaml': flow, 'a.flow-test.yaml': text })), []);
  });

  const REGION = 'kQ7 "canary" <region> äß';
  const LIMIT = '50001';
  const regional = chain(
    {
      name: 'Start',
      type: 'transform',
      output:
        '({ isHere: previous.region === secrets.REGION, limit: Number(secrets.LIMIT), coded: btoa(unescape(encodeURIComponent(secrets.REGION))), link: "/?" + encodeURIComponent(secrets.REGION) })',
    },
    { name: 'End', type: 'transform', output: '(() => { throw new Error("not in " + secrets.REGION) })()' },
  );
  const shown = { REGION, LIMIT };

  it('values that may be shown stay out of the file, and are those of the machine when it runs', async () => {
    const insensitive = Object.keys(shown);
    const run = await TestRun.start(regional, { secrets: shown, insensitive });
    await run.send('Start', { region: REGION, n: 50001 });
    // The run itself shows them, or this would prove nothing.
    const search = new CanarySearch({ REGION });
    assert.equal(search.inBytes('run', Buffer.from(run.text())).length, 1);

    const text = apply('', saveTest('', source(run, { shown })));
    assert.deepEqual(search.inBytes('test', Buffer.from(text)), []);
    assert.ok(text.startsWith('secrets:\n  REGION: stored\n  LIMIT: stored\ntests:\n'), text);
    assert.match(text, /region: ‹secret:REGION›\n/);
    // What came from outside stays a number.
    assert.match(text, /'n': 50001\n/);
    assert.match(text, /limit: ‹secret:LIMIT›\n/);
    const files = { 'a.flow.yaml': regional, 'a.flow-test.yaml': text };
    for (const stored of [shown, { REGION: 'quite another region', LIMIT: '7000' }]) {
      const result = await runTests(files, { insensitive, stored });
      assert.deepEqual([told(result), result.remarks], [[], []]);
      const everything = Buffer.from(JSON.stringify(result));
      assert.deepEqual(new CanarySearch({ REGION: stored.REGION }).inBytes('result', everything), []);
    }

    // Where the machine has none, a generated one does as long as the flow does not mind.
    const without = await runTests(files, { insensitive, stored: { LIMIT } });
    assert.deepEqual(told(without), []);
    assert.deepEqual(without.remarks, [
      'REGION has no value here: a generated one stands in the place of the stored one.',
    ]);
  });

  it('values that may be shown are asked for by the test that is added to a file', async () => {
    const run = await TestRun.start(regional, { secrets: shown, insensitive: Object.keys(shown) });
    await run.send('Start', { region: REGION });
    const before = `secrets: { LIMIT: stored }\ntests:\n  - { name: a, send: { block: Start, data: {} }, expect: [{ block: End, failed: !any }] }\n`;
    const text = apply(before, saveTest(before, source(run, { shown, stored: new Set(['LIMIT']) })));
    assert.match(
      text,
      /- name: Start leads to Start\n {4}secrets:\n {6}REGION: stored\n {4}send:|- name: Start gets an event\n {4}secrets:\n {6}REGION: stored\n {4}send:/,
    );
    assert.deepEqual(
      told(
        await runTests(
          { 'a.flow.yaml': regional, 'a.flow-test.yaml': text },
          { insensitive: Object.keys(shown), stored: shown },
        ),
      ),
      [],
    );
  });

  it('a value too short to be told from other text is named', async () => {
    const run = await TestRun.start(
      chain({ name: 'Start', type: 'transform', output: '({ zone: secrets.ZONE })' }),
      { secrets: { ZONE: 'eu' }, insensitive: ['ZONE'] },
    );
    await run.send('Start', {});
    assert.deepEqual(saveTest('', source(run, { shown: { ZONE: 'eu' } })).remarks, [
      'The value of ZONE is too short to be told from other text: where events hold it, the test does.',
    ]);
  });

  it('tells what it cannot keep', async () => {
    const run = await TestRun.start(chain({ name: 'Big', type: 'transform', output: '"x".repeat(100000)' }));
    await run.send('Big', null);
    const { remarks } = saveTest('', source(run, { outside: new Set(['Big']) }));
    assert.deepEqual(remarks, [
      'Data of "Big" is too large to be compared: the test only asks for the event.',
      '"Big" did real work in this run, and will in the test: save its answers as a mock as well.',
    ]);
    assert.throws(() => saveTest('', { ...source(run), entries: [] }), /no event that could be sent again/);
    assert.throws(
      () => saveMock('', { entries: run.entries, block: 'Nobody', shown: {} }),
      /"Nobody" has not answered any event/,
    );
  });

  it('what a block answered is recorded, and answers in its place', async () => {
    const small = chain(
      { name: 'Ask', type: 'transform' },
      {
        name: 'Call',
        type: 'httpRequest',
        config: "url: !expr '`http://127.0.0.1:9/${previous.path}?token=${secrets.TOKEN}`'",
      },
      { name: 'After', type: 'transform' },
    );
    const byHand = {
      uri: 'file:///a.mocks.yaml',
      text: `blocks: { Call: { outputs: { default: !expr '({ path: previous.path, token: secrets.TOKEN, when: Date.now() })' } } }`,
    };
    const run = await TestRun.start(small, { secrets: { TOKEN: 'a-token-that-is-real' }, mocks: byHand });
    await run.send('Ask', { path: 'one', sentAt: new Date().toISOString() });
    await run.send('Ask', { path: 'two' });
    const before = `# stand-ins
blocks:
  # nothing yet
  Ask: {}
`;
    const saved = saveMock(before, { entries: run.entries, block: 'Call', shown: {} });
    const text = apply(before, saved);
    assert.ok(text.startsWith(before.trimEnd()));
    assert.ok(!text.includes('a-token-that-is-real'));
    assert.deepEqual(saved.remarks, [
      'What "Call" answered holds values of secrets: markers stand in their places, and are emitted as texts.',
    ]);
    const again = await TestRun.start(small, {
      secrets: { TOKEN: 'another-token' },
      mocks: { uri: 'file:///a.mocks.yaml', text },
    });
    assert.ok(
      again.info.problems.some((problem) => /holds ‹secret:TOKEN› in the place of a value/.test(problem)),
    );
    await again.host.debugEvent({ block: 'Ask', data: { path: 'two' } });
    // `sentAt` is another one each time.
    await again.send('Ask', { path: 'one', sentAt: 'now' });
    await again.send('Ask', { path: 'three' });
    const answers = again.events('Call').filter(({ output }) => output);
    assert.deepEqual(
      answers.map(({ data, mock }) => [(JSON.parse(data) as { path: string }).path, mock]),
      [
        ['two', 'recorded'],
        ['one', 'recorded'],
      ],
    );
    // The newest recording goes first, older ones stay.
    const more = apply(text, saveMock(text, { entries: run.entries, block: 'Call', shown: {} }));
    assert.equal(more.match(/- when:/g)!.length, 4);
    assert.match(again.failures()[0]!.error.message, /^No recorded answer fits this event/);
  });

  it('values that may be shown stay out of a mock too, and answer as those of the machine that it runs on', async () => {
    const calling = chain(
      {
        name: 'Ask',
        type: 'transform',
        output:
          '({ region: secrets.REGION, limit: Number(secrets.LIMIT), path: previous.path, [secrets.REGION]: true })',
      },
      { name: 'Call', type: 'httpRequest', config: 'url: http://127.0.0.1:9/' },
      {
        name: 'Tell',
        type: 'transform',
        output:
          '({ isHere: previous.region === secrets.REGION, link: previous.link, most: previous.most, at: previous.at })',
      },
    );
    const answer = `{ region: secrets.REGION, link: "/" + secrets.REGION, most: 42, at: secrets.ZONE, [secrets.REGION]: 1 }`;
    const byHand = `blocks: { Call: { outputs: { default: !expr '(${answer})' } } }`;
    const settings = { ...shown, ZONE: 'eu' };
    const insensitive = Object.keys(settings);
    const run = await TestRun.start(calling, {
      secrets: settings,
      insensitive,
      mocks: { uri: 'file:///a.mocks.yaml', text: byHand },
    });
    await run.send('Ask', { path: 'one' });
    const search = new CanarySearch({ REGION });
    assert.equal(search.inBytes('run', Buffer.from(run.text())).length, 1);

    const saved = saveMock('', { entries: run.entries, block: 'Call', shown: settings });
    const mock = apply('', saved);
    assert.deepEqual(search.inBytes('mock', Buffer.from(mock)), []);
    assert.match(mock, /when:\n\s+region: ‹secret:REGION›\n\s+limit: ‹secret:LIMIT›\n\s+path: one\n/);
    assert.deepEqual(saved.remarks, [
      'The value of ZONE is too short to be told from other text: where events hold it, the mock does.',
    ]);
    const test = apply('', saveTest('', source(run, { shown: settings })));
    const files = { 'a.flow.yaml': calling, 'a.mocks.yaml': mock, 'a.flow-test.yaml': test };
    const other = { REGION: 'quite "another" region', LIMIT: '7000', ZONE: 'eu' };
    for (const stored of [settings, other]) {
      const result = await runTests(files, { insensitive, stored });
      assert.deepEqual([told(result), result.remarks], [[], []]);
    }
    // In a run outside of tests as well; what this machine does not have stays a marker, and is said.
    const there = await TestRun.start(calling, {
      secrets: other,
      insensitive,
      mocks: { uri: 'file:///a.mocks.yaml', text: mock },
    });
    await there.send('Ask', { path: 'one' });
    assert.deepEqual(there.info.problems, []);
    assert.deepEqual(
      there.events('Tell').flatMap(({ output, data }) => (output ? [JSON.parse(data) as unknown] : [])),
      [{ isHere: true, link: `/${other.REGION}`, most: 42, at: 'eu' }],
    );
    const without = await TestRun.start(calling, {
      secrets: { LIMIT, ZONE: 'eu' },
      insensitive,
      mocks: { uri: 'file:///a.mocks.yaml', text: mock },
    });
    assert.match(without.info.problems.join(), /holds ‹secret:REGION› in the place of a value/);
  });

  it('failures are recorded as well, and hand-written answers go first', async () => {
    const shop = `
appInstallations: { shop: { appName: Shop } }
blocks:
  - name: Order
    type: { appBlock: { block: order, appInstallation: shop } }
    inputs: { default: { config: {} } }
`;
    const mocks = (text: string): { uri: string; text: string } => ({ uri: 'file:///a.mocks.yaml', text });
    const run = await TestRun.start(shop, { mocks: mocks('blocks: { Order: { error: Out of stock } }') });
    await run.send('Order', { count: 1 });
    const text = apply('', saveMock('', { entries: run.entries, block: 'Order', shown: {} }));
    assert.equal(
      text,
      'blocks:\n  Order:\n    recorded:\n      - when:\n          count: 1\n        error: Out of stock\n',
    );
    const again = await TestRun.start(shop, { mocks: mocks(text) });
    await again.send('Order', { count: 1, more: true });
    assert.equal(again.failures()[0]!.error.message, 'Out of stock');
    const both = await TestRun.start(shop, { mocks: mocks(`${text}    data: by hand\n`) });
    await both.send('Order', { count: 1 });
    assert.deepEqual(
      both.events('Order').flatMap(({ data, mock }) => (mock ? [[data, mock]] : [])),
      [['"by hand"', 'file']],
    );
  });
});
