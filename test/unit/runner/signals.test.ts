/** Signals that change while a flow runs, against the real processes. */
import assert from 'node:assert/strict';
import { stopAll, TestRun } from './harness.js';

const FLOW = `
blocks:
  - name: Endpoint
    type: { coreBlock: httpEndpoint }
    config: { path: !expr '"/" + ref("signal.bot.path")', methods: [GET] }
    inputs: { default: { links: [{ block: Nap, output: default }], config: { body: !expr 'ref("signal.bot.id")' } } }
  - name: Nap
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Endpoint, output: requests }], config: { sleep: 3600 } } }
  - name: Often
    type: { coreBlock: schedule }
    config: { interval: !expr 'signals.bot.every' }
  - name: Fixed
    type: { coreBlock: schedule }
    config: { interval: 3600 }
  - name: Tool
    type: { coreBlock: mcpTool }
    config: { name: tool, description: !expr 'ref("signal.bot.id")' }
`;

async function started(): Promise<TestRun> {
  return TestRun.start(FLOW, { signals: { bot: { id: 'B1', path: 'one', every: 3600 } } });
}

describe('signals', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('have their new value in everything that is evaluated later, also after the sandbox was replaced', async () => {
    const run = await started();
    await run.send('Endpoint', {});
    const { id } = run.events()[0]!;
    assert.equal((await run.host.evaluate(id, 'ref("signal.bot.id")')).value, '"B1"');
    assert.deepEqual(await run.host.setSignal('bot', 'id', { nested: ['B2'] }), []);
    assert.equal((await run.host.evaluate(id, 'ref("signal.bot.id").nested[0]')).value, '"B2"');
    await run.host.setSignal('other', 'fresh', 1);
    assert.equal((await run.host.evaluate(id, 'signals.other.fresh')).value, '1');
    await assert.rejects(
      run.host.evaluate(id, '(() => { const a = []; for (;;) a.push(new Array(1e6).fill(0)); })()'),
    );
    assert.equal(
      (await run.host.evaluate(id, 'signals.other.fresh + signals.bot.id.nested[0]')).value,
      '"1B2"',
    );
    assert.match((await run.host.inspect(id))!.signals['bot']!, /"nested":\["B2"\]/);
    assert.match(run.text(), /The signal \\"id\\" of \\"bot\\" has a new value/);
    assert.ok(!run.text().includes('B2'), 'the value of a signal is in the log');
  });

  it('move an endpoint whose path reads them, and who waits there still gets an answer', async () => {
    const run = await started();
    const answer = fetch(run.url('/one')).then(async (response) => response.text());
    await run.until(async () => (await run.host.status()).sleeping === 1, 'the request');
    assert.deepEqual(await run.host.setSignal('bot', 'path', 'two'), ['Endpoint']);
    assert.equal((await fetch(run.url('/one'))).status, 404);
    await run.host.setSignal('bot', 'id', 'B9');
    await run.host.skipSleep();
    assert.equal(await answer, 'B9');
    const second = fetch(run.url('/two')).then(async (response) => response.text());
    await run.until(async () => (await run.host.status()).sleeping === 1, 'the second request');
    await run.host.skipSleep();
    assert.equal(await second, 'B9');
  });

  it('give a schedule other times, once', async () => {
    const run = await started();
    assert.deepEqual(await run.host.setSignal('bot', 'every', 0.05), ['Often']);
    await run.until(() => run.events('Often').length >= 3, 'the schedule to be due');
    assert.deepEqual(await run.host.setSignal('bot', 'every', 0.05), []);
    assert.deepEqual(await run.host.setSignal('bot', 'every', 3600), ['Often']);
    const { events } = await run.host.status();
    await run.host.status();
    assert.equal((await run.host.status()).events, events, 'the old times still hold');
    assert.equal(run.events('Fixed').length, 0);
  });

  it('that spoil a configuration are shown as a failure, until one mends it', async () => {
    const run = await TestRun.start(FLOW, { signals: { bot: { id: 'B1', path: 'one' } } });
    await run.until(() => run.failures().length === 1, 'the failure of the start');
    assert.equal(run.failures()[0]!.block, 'Often');
    assert.deepEqual(await run.host.setSignal('bot', 'every', 0.05), ['Often']);
    await run.until(() => run.events('Often').length > 0, 'the schedule to be due');
    assert.deepEqual(await run.host.setSignal('bot', 'every', -1), []);
    await run.until(() => run.failures().length === 2, 'the failure of the change');
    assert.match(run.failures()[1]!.error.message, /An interval is a number above 0/);
  });

  it('that change what cannot be changed while it runs say so', async () => {
    const run = await started();
    assert.deepEqual(await run.host.setSignal('bot', 'id', 'B2'), []);
    await run.until(() => run.text().includes('holds from the next run on'), 'the remark');
  });
});
