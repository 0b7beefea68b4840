import assert from 'node:assert/strict';
import { readSchedule } from '../../../client/runner/blocks/schedule.js';
import { chain, echoServer, stopAll, TestRun } from './harness.js';

const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const virtual = { options: { virtualTime: true, startTime: START } };
const HOUR = 3_600_000;

describe('time', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('when virtual, an hour of sleep passes at once, and expressions see it', async () => {
    const run = await TestRun.start(
      chain(
        {
          name: 'Before',
          type: 'transform',
          output: '({ now: Date.now(), text: new Date().toISOString() })',
        },
        { name: 'Wait', type: 'sleep', config: 'sleep: 3600' },
        {
          name: 'After',
          type: 'transform',
          output:
            '({ now: Date.now(), date: new Date() instanceof Date, year: new Date(0).getFullYear(), parsed: Date.parse("2026-01-01T00:00:00Z") })',
        },
      ),
      virtual,
    );
    const { now } = await run.send('Before', null);
    assert.equal(now, START + HOUR);
    assert.deepEqual(run.data('Before'), { now: START, text: '2026-01-05T08:00:00.000Z' });
    assert.deepEqual(run.data('After'), {
      now: START + HOUR,
      date: true,
      year: 1970,
      parsed: Date.UTC(2026, 0, 1),
    });
    assert.equal(run.events('After')[0]!.at, START + HOUR);
  });

  it('when virtual, waits end in the order of their times', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
${[30, 10, 20]
  .map(
    (seconds) => `  - name: Wait ${seconds}
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Start, output: default }], config: { sleep: ${seconds} } } }
`,
  )
  .join('')}`,
      virtual,
    );
    await run.send('Start', 1);
    assert.deepEqual(
      run
        .events()
        .filter(({ block }) => block.startsWith('Wait'))
        .map(({ block, at }) => [block, (at - START) / 1000]),
      [
        ['Wait 10', 10],
        ['Wait 20', 20],
        ['Wait 30', 30],
      ],
    );
  });

  it('when virtual, a request in flight holds it', async () => {
    const echo = await echoServer();
    try {
      const run = await TestRun.start(
        `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Start, output: default }], config: { sleep: 60 } } }
  - name: Call
    type: { coreBlock: httpRequest }
    inputs: { default: { links: [{ block: Start, output: default }], config: { url: 'http://127.0.0.1:${echo.port}/' } } }
`,
        virtual,
      );
      await run.send('Start', 1);
      assert.equal(run.events('Call')[0]!.at, START);
      assert.equal(run.events('Wait')[0]!.at, START + 60_000);
    } finally {
      echo.close();
    }
  });

  it('schedules fire when virtual time is moved through their times, in order with waits', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Hourly
    type: { coreBlock: schedule }
    config: { type: cron, cron: { expression: '30 * * * *', location: UTC } }
  - name: Often
    type: { coreBlock: schedule }
    config: { type: frequency, frequency: { interval: 25, unit: minutes } }
  - name: Later
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Hourly, output: default }], config: { sleep: 600 } } }
`,
      virtual,
    );
    assert.equal(await run.host.advance(HOUR), START + HOUR);
    await run.idle();
    assert.deepEqual(
      run.events().map(({ block, at }) => [block, (at - START) / 60_000]),
      [
        ['Often', 25],
        ['Hourly', 30],
        ['Later', 40],
        ['Often', 50],
      ],
    );
    assert.deepEqual(JSON.parse(run.events('Hourly')[0]!.data), { timestamp: '2026-01-05T08:30:00.000Z' });
  });

  it('a schedule can be fired by hand', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Nightly
    type: { coreBlock: schedule }
    config: { type: cron, cron: { expression: '0 3 * * *', location: Europe/Warsaw } }
  - name: Work
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Nightly, output: default }], config: {} } }
`);
    await run.send('Nightly', { timestamp: 'now' });
    assert.deepEqual(run.data('Work'), { timestamp: 'now' });
  });

  it('schedules run by the clock', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Tick
    type: { coreBlock: schedule }
    config: { frequency: { interval: 0.05, unit: seconds } }
`);
    await run.until(() => run.events('Tick').length >= 3, 'three ticks');
  });

  it('cron expressions follow their time zone through the change of clocks', () => {
    const next = readSchedule({ cron: { expression: '30 2 * * *', location: 'Europe/Warsaw' } });
    // In the night to 2026-03-29 clocks go from 2:00 to 3:00; the day before and after are usual.
    assert.equal(next(Date.UTC(2026, 2, 27, 12)), Date.UTC(2026, 2, 28, 1, 30));
    assert.equal(next(Date.UTC(2026, 2, 29, 12)), Date.UTC(2026, 2, 30, 0, 30));
  });

  it('schedules that make no sense are explained', () => {
    for (const [config, message] of [
      [{}, /needs `cron/],
      [{ cron: { expression: '* * *', location: 'UTC' } }, /five fields/],
      [{ cron: { expression: '0 9 * * *', location: 'Moon/Base' } }, /time zone/],
      [{ frequency: { interval: -1, unit: 'seconds' } }, /number above 0/],
      [{ frequency: { interval: 1, unit: 'fortnights' } }, /seconds, minutes, hours/],
    ] as const) {
      assert.throws(() => readSchedule(config), message);
    }
  });

  it('with a seed, a run repeats its ids and its chance', async () => {
    const once = async (seed: number): Promise<string> => {
      const run = await TestRun.start(
        chain({
          name: 'Chance',
          type: 'transform',
          output:
            '[Math.random(), crypto.randomUUID(), Array.from(crypto.getRandomValues(new Uint8Array(4)))]',
        }),
        { options: { virtualTime: true, startTime: START, seed } },
      );
      await run.send('Chance', null);
      return run.text();
    };
    const first = await once(7);
    assert.equal(await once(7), first);
    assert.notEqual(await once(8), first);
  });

  it('waits without end come to a stop', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Loop
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Loop, output: default }], config: { sleep: 86400 } } }
`,
      virtual,
    );
    await run.host.debugEvent({ block: 'Loop', data: 1 });
    await run.until(() =>
      run.entries.some((entry) => entry.kind === 'log' && /week of virtual time/.test(entry.text)),
    );
    assert.equal(run.events('Loop').filter(({ output }) => output).length, 7);
  });
});
