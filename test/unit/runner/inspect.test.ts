/** What a person can see of an event and ask about it, in any run, against the real processes. */
import assert from 'node:assert/strict';
import { chain, stopAll, TestRun } from './harness.js';

const FLOW = `
blocks:
  - name: In
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '({ user: { name: previous.name }, list: [1, 2] })' } }
  - name: Check It
    type: { coreBlock: condition }
    inputs:
      default:
        links: [{ block: In, output: default }]
        config: { condition: !expr 'outputs.in.user.name === "Ada"' }
  - name: Greet
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Check It, output: then }], config: {} } }
    outputs: { default: { outputCustomization: !expr '"Hello " + outputs.in.user.name + (secrets.TOKEN ? "" : ref("signal.bot.id"))' } }
  - name: Call
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Greet, output: default }]
        config: { url: !expr '"http://127.0.0.1:1/" + outputs.greet.length', headers: !expr '({ authorization: secrets.TOKEN })' }
  - name: Broken
    type: { coreBlock: sleep }
    inputs:
      default:
        links: [{ block: Greet, output: default }]
        config: { sleep: !expr 'previous.nothing.there' }
`;
const SECRETS = { TOKEN: 'tok-4711-abcdefgh', OTHER: 'other-value-0815' };

async function finished(request: Parameters<typeof TestRun.start>[1] = {}): Promise<TestRun> {
  const run = await TestRun.start(FLOW, {
    secrets: SECRETS,
    signals: { bot: { id: 'B1' } },
    ...request,
  });
  await run.send('In', { name: 'Ada' });
  return run;
}

describe('inspect and evaluate', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  it('shows an event with its cause, its outputs and what its receivers make of it', async () => {
    const run = await finished();
    const [greet] = run.events('Greet');
    const found = await run.host.inspect(greet!.id);
    assert.ok(found);
    assert.equal(JSON.parse(found.event.data), 'Hello Ada');
    assert.deepEqual(JSON.parse(found.previous!), { user: { name: 'Ada' }, list: [1, 2] });
    assert.deepEqual(
      Object.entries(found.outputs).map(([key, json]) => [key, JSON.parse(json) as unknown]),
      [
        ['greet', 'Hello Ada'],
        ['checkIt', { user: { name: 'Ada' }, list: [1, 2] }],
        ['in', { user: { name: 'Ada' }, list: [1, 2] }],
      ],
    );
    assert.deepEqual(found.signals, { bot: '{"id":"B1"}' });
    assert.deepEqual(found.secrets, ['TOKEN']);
    const [call, broken] = found.receivers;
    assert.deepEqual(JSON.parse(call!.config!), {
      url: 'http://127.0.0.1:1/9',
      headers: { authorization: '‹secret:TOKEN›' },
    });
    assert.equal(broken!.block, 'Broken');
    assert.equal(broken!.error!.name, 'TypeError');
    assert.equal(broken!.error!.path, 'inputs.default.config.sleep');
    assert.equal(broken!.error!.place!.line, 28);
  });

  it('knows nothing of other events', async () => {
    const run = await finished({ options: { keepEvents: 2 } });
    const [first] = run.events('In');
    assert.equal(await run.host.inspect(first!.id), undefined);
    await assert.rejects(run.host.evaluate(first!.id, '1'), /not kept any more \(of a run, 2 events are\)/);
    await assert.rejects(run.host.evaluate('nonsense', '1'), /not kept any more/);
  });

  it('evaluates in the scope of the event’s receivers, after the run has come to rest', async () => {
    const run = await finished();
    const { id } = run.events('Greet')[0]!;
    const value = async (expression: string): Promise<unknown> =>
      JSON.parse((await run.host.evaluate(id, expression)).value);
    assert.equal(await value('previous'), 'Hello Ada');
    assert.deepEqual(await value('Object.keys(outputs)'), ['greet', 'checkIt', 'in']);
    assert.deepEqual(await value('outputs.in.list.map((item) => item * 2)'), [2, 4]);
    assert.deepEqual(await value('event'), { id, block: 'Greet', output: 'default', data: 'Hello Ada' });
    assert.equal(await value('ref("signal.bot.id") + signals.bot.id'), 'B1B1');
    assert.equal(await value('Promise.resolve(41).then((n) => n + 1)'), 42);
    assert.equal(await value('(outputs.in.list.push(3), outputs.in.list.length)'), 3);
    assert.deepEqual(await value('outputs.in.list'), [1, 2], 'an evaluation has changed the event');
    assert.deepEqual(await value('{ a: 1 } // a comment'), { a: 1 });
    assert.equal((await run.host.status()).pending, 0);
  });

  it('describes what JSON cannot hold', async () => {
    const run = await finished();
    const { id } = run.events('Greet')[0]!;
    const cases: [expression: string, value: unknown, type: string][] = [
      ['undefined', '‹undefined›', 'undefined'],
      ['null', null, 'null'],
      ['10n ** 20n', '‹100000000000000000000n›', 'bigint'],
      ['0 / 0', '‹NaN›', 'number'],
      ['Symbol("s")', '‹Symbol(s)›', 'symbol'],
      ['function add(a, b) { return a + b }', '‹function add›', 'function'],
      ['[undefined, () => 1]', ['‹undefined›', '‹function›'], 'Array'],
      ['new Map([["a", new Set([1])]])', { '‹Map›': [['a', { '‹Set›': [1] }]] }, 'Map'],
      ['new TypeError("no")', '‹TypeError: no›', 'TypeError'],
      ['new Uint8Array([1, 255])', '‹Uint8Array of 2 bytes: 01ff›', 'Uint8Array'],
      ['new Date(0)', '1970-01-01T00:00:00.000Z', 'Date'],
      ['new Date(NaN)', '‹Invalid Date›', 'Date'],
      ['/a+/g', '‹/a+/g›', 'RegExp'],
      ['new URL("http://a/b")', 'http://a/b', 'URL'],
      ['((a) => (a.self = a))({ n: 1 })', { n: 1, self: '‹circular›' }, 'object'],
      [
        '({ get a() { throw 1 }, p: Promise.resolve(1) })',
        { a: '‹cannot be read›', p: '‹Promise›' },
        'object',
      ],
      ['new (class Point { x = 1 })()', { x: 1 }, 'Point'],
      ['new Proxy({}, { ownKeys() { return ["x"] } })', {}, 'object'],
      ['Object.create(null)', {}, 'object'],
    ];
    for (const [expression, value, type] of cases) {
      const evaluation = await run.host.evaluate(id, expression);
      assert.deepEqual([JSON.parse(evaluation.value), evaluation.type], [value, type], expression);
    }
  });

  it('words errors as those of a run, with the column of what cannot be read', async () => {
    const run = await finished({ options: { deadlineMs: 500, maxPayload: 10_000 } });
    const { id } = run.events('Greet')[0]!;
    const cases: [string, RegExp][] = [
      [
        'outputs.nothing.there',
        /^Error: TypeError: Cannot read properties of undefined \(reading 'there'\)$/,
      ],
      ['1 +', /^Error: The expression ends too early \(column 4\)\.$/],
      ['1 +\n  * 2', /^Error: Unexpected "\*": .* \(line 2, column 3\)\.$/],
      ['const a = 1', /^Error: Unexpected "const"/],
      ['', /^Error: The expression is empty \(column 1\)\.$/],
      ['secrets.OTHER', /Secret OTHER is not named in this flow/],
      ['ref("signal.bot.nothing")', /"bot" has no signal "nothing"/],
      ['Promise.reject(new Error("late"))', /^Error: late$/],
      ['"x".repeat(20000)', /RangeError: The result has more than 10000 characters as JSON\./],
      ['(() => { for (;;); })()', /ended while this ran: it took longer than 500 ms|took longer than 0\.5 s/],
      ['new Promise(() => undefined)', /took longer than .* and was stopped/],
      ['({ get a() { for (;;); } })', /took longer than/],
    ];
    for (const [expression, message] of cases)
      await assert.rejects(
        run.host.evaluate(id, expression),
        (error) => message.test(String(error)),
        expression,
      );
    assert.equal(JSON.parse((await run.host.evaluate(id, 'previous')).value), 'Hello Ada');
    assert.deepEqual(
      run
        .failures()
        .map(({ block }) => block)
        .sort(),
      ['Broken', 'Call'],
    );
  });

  it('an evaluation does not wake a run that has come to rest', async () => {
    const run = await finished();
    let idle = 0;
    run.host.onIdle(() => idle++);
    const { id } = run.events('Greet')[0]!;
    await Promise.all([run.host.evaluate(id, '1'), run.host.inspect(id)]);
    await run.host.status();
    assert.equal(idle, 0);
  });

  it('sees a sandbox of its own end, and the next one answers', async () => {
    const run = await TestRun.start(chain({ name: 'A', type: 'transform' }), {
      options: { sandboxHeapMb: 64 },
    });
    await run.send('A', { n: 1 });
    const { id } = run.events('A')[1]!;
    await assert.rejects(
      run.host.evaluate(id, '(() => { const a = []; for (;;) a.push("x".repeat(1e6) + a.length); })()'),
    );
    assert.deepEqual(JSON.parse((await run.host.evaluate(id, 'previous')).value), { n: 1 });
  });
});
