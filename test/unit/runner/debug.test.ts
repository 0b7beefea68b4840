/** Debug runs: where they stop, how they go on, what can be changed while they stand; against the real processes. */
import assert from 'node:assert/strict';
import type { Breakpoint, FailureFilter, Pause } from '../../../client/runner/protocol.js';
import { pause, stopAll, TestRun } from './harness.js';

/** `A` fans out to `B` and `C`; `B` goes on to `D`. */
const FAN = `
blocks:
  - name: A
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '({ from: "a", n: previous.n })' } }
  - name: B
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: A, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ from: "b", n: previous.n })' } }
  - name: C
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: A, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ from: "c", n: previous.n })' } }
  - name: D
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: B, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ from: "d", n: previous.n })' } }
`;

async function debug(flow: string, request: Parameters<typeof TestRun.start>[1] = {}): Promise<TestRun> {
  return TestRun.start(flow, { ...request, options: { debug: true, ...request.options } });
}

const input = (block: string, more: Partial<Breakpoint> = {}): Omit<Breakpoint, 'id'> => ({
  block,
  input: 'default',
  ...more,
});
const output = (block: string, more: Partial<Breakpoint> = {}): Omit<Breakpoint, 'id'> => ({
  block,
  output: 'default',
  ...more,
});

async function set(
  run: TestRun,
  breakpoints: readonly Omit<Breakpoint, 'id'>[],
  failures: FailureFilter = 'none',
): Promise<void> {
  const answers = await run.host.setBreakpoints(
    breakpoints.map((breakpoint, i) => ({ ...breakpoint, id: i + 1 })),
    failures,
  );
  for (const { message } of answers) assert.equal(message, undefined);
}

function where({ at, block, reason }: Pause): string {
  return `${at} ${block} (${reason})`;
}

async function dataOf(run: TestRun, { chain }: Pause): Promise<{ n: number }> {
  return JSON.parse((await run.host.event(chain[0]!.id))!.data) as { n: number };
}

const logs = (run: TestRun): string[] =>
  run.entries.flatMap((entry) => (entry.kind === 'log' ? [`${entry.block ?? ''}: ${entry.text}`] : []));

describe('a debug run', function () {
  this.timeout(15_000);
  afterEach(stopAll);

  describe('stops', () => {
    it('before a block handles an event, and tells the chain of events that led there', async () => {
      const run = await debug(FAN);
      await set(run, [input('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const stop = await run.paused();
      assert.equal(where(stop), 'input D (breakpoint)');
      assert.deepEqual(stop.breakpoints, [1]);
      assert.equal(stop.input, 'default');
      assert.deepEqual(
        stop.chain.map(({ block, output: port, input: target }) => [block, port ?? target]),
        [
          ['B', 'default'],
          ['A', 'default'],
          ['A', 'default'],
        ],
      );
      assert.ok(stop.chain.every((event) => !('data' in event)));
      assert.equal(stop.chain[0]!.id, run.events('B')[0]!.id, 'the events were not told before');
      assert.equal(run.events('D').length, 0);
      await run.host.resume();
      await run.idle();
      assert.deepEqual(run.data('D'), { from: 'd', n: 1 });
      assert.equal(run.standing, false);
    });

    it('after a block has emitted an event, before anybody gets it', async () => {
      const run = await debug(FAN);
      await set(run, [output('A')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const stop = await run.paused();
      assert.equal(where(stop), 'output A (breakpoint)');
      assert.equal(stop.output, 'default');
      assert.deepEqual(
        run.events().map(({ block }) => block),
        ['A', 'A'],
      );
      await run.host.resume();
      await run.idle();
      assert.equal(run.events().length, 5);
    });

    it('at an output of a block that nobody listens to', async () => {
      const run = await debug(FAN);
      await set(run, [output('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      assert.equal(where(await run.paused()), 'output D (breakpoint)');
      assert.ok((await run.host.status()).pending > 0, 'a run that stands still is not idle');
      await run.host.resume();
      await run.idle();
    });

    it('on entry, before the first delivery', async () => {
      const run = await debug(FAN, { options: { stopOnEntry: true } });
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      assert.equal(where(await run.paused()), 'input A (entry)');
      await run.host.resume();
      await run.idle();
      assert.equal(run.pauses.length, 1);
    });

    it('when asked, before the next delivery', async () => {
      const run = await debug(FAN);
      await run.host.pause();
      await run.host.debugEvent({ block: 'B', data: { n: 1 } });
      assert.equal(where(await run.paused()), 'input B (pause)');
      await run.host.resume();
      await run.idle();
    });

    it('only where a condition holds', async () => {
      const run = await debug(FAN);
      await set(run, [
        input('B', { condition: 'event.data.n > 1 && outputs.a.from === "a" && previous.n < 3' }),
      ]);
      for (const n of [1, 2, 3]) await run.host.debugEvent({ block: 'A', data: { n } });
      const stop = await run.paused();
      assert.equal((await dataOf(run, stop)).n, 2);
      await run.host.resume();
      await run.idle();
      assert.equal(run.pauses.length, 1);
    });

    it('with a condition that awaits', async () => {
      const run = await debug(FAN);
      await set(run, [input('B', { condition: 'Promise.resolve(previous.n === 2)' })]);
      for (const n of [1, 2]) await run.host.debugEvent({ block: 'A', data: { n } });
      await run.paused();
      assert.equal(run.pauses.length, 1);
      await run.host.resume();
      await run.idle();
    });

    it('where a condition fails, and says so', async () => {
      const run = await debug(FAN, { options: { deadlineMs: 500 } });
      await set(run, [
        input('B', { condition: 'previous.nothing.there' }),
        input('C', { condition: '(() => { for (;;); })()' }),
      ]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const first = await run.paused();
      assert.equal(where(first), 'input B (breakpoint)');
      const second = await run.step();
      assert.equal(where(second), 'input C (breakpoint)');
      await run.host.resume();
      await run.idle();
      const said = logs(run).join('\n');
      assert.match(
        said,
        /B: The run stops here: the breakpoint's condition has failed: TypeError: Cannot read/,
      );
      assert.match(said, /C: The run stops here: the breakpoint's condition has failed: .*(500 ms|0\.5 s)/);
      assert.deepEqual(run.data('D'), { from: 'd', n: 1 });
    });

    it('by hit counts', async () => {
      const cases: [string, number[]][] = [
        ['3', [3, 4, 5, 6]],
        ['>= 5', [5, 6]],
        ['% 3', [3, 6]],
        ['< 3', [1, 2]],
        ['== 2', [2]],
        ['> 5', [6]],
        ['<= 1', [1]],
      ];
      for (const [hitCondition, expected] of cases) {
        const run = await debug(FAN);
        await set(run, [input('D', { hitCondition })]);
        const stopped: number[] = [];
        for (let n = 1; n <= 6; n++) {
          await run.host.debugEvent({ block: 'A', data: { n } });
          const done = await run.until(async () => run.standing || (await run.host.status()).pending === 0);
          assert.ok(done);
          if (!run.standing) continue;
          stopped.push(n);
          await run.host.resume();
          await run.idle();
        }
        assert.deepEqual(stopped, expected, hitCondition);
        await run.stop();
      }
    });

    it('keeps counting when the other breakpoints change, and begins again when it changes itself', async () => {
      const run = await debug(FAN);
      await set(run, [input('D', { hitCondition: '== 2' })]);
      await run.send('A', { n: 1 });
      await set(run, [input('D', { hitCondition: '== 2' }), input('C', { condition: 'false' })]);
      await run.host.debugEvent({ block: 'A', data: { n: 2 } });
      await run.paused();
      await set(run, [input('D', { hitCondition: '== 1' })]);
      await run.host.resume();
      await run.idle();
      await run.host.debugEvent({ block: 'A', data: { n: 3 } });
      await run.paused(1);
      await run.host.resume();
      await run.idle();
      assert.equal(run.pauses.length, 2);
    });

    it('says instead what a log point says', async () => {
      const run = await debug(FAN, { secrets: { TOKEN: 'tok-4711-abcdefgh' } });
      await set(run, [
        input('D', {
          logMessage: 'n is {event.data.n}, {({ a: [1, "}"] })} \\{as is\\} {previous.nothing.there}',
        }),
        input('C', { logMessage: 'only the second', hitCondition: '== 2' }),
        output('B', { logMessage: 'odd: {previous.n}', condition: 'previous.n % 2' }),
      ]);
      await run.send('A', { n: 1 });
      await run.send('A', { n: 2 });
      const said = logs(run);
      const [one, two, ...more] = said.filter((line) => line.startsWith('D: '));
      assert.match(
        one!,
        /^D: n is 1, \{"a":\[1,"\}"\]\} \{as is\} ‹TypeError: Cannot read properties of undefined .*›$/,
      );
      assert.match(two!, /^D: n is 2, /);
      assert.deepEqual(more, []);
      assert.deepEqual(
        said.filter((line) => line.startsWith('C: ')),
        ['C: only the second'],
      );
      assert.deepEqual(
        said.filter((line) => line.startsWith('B: ')),
        ['B: odd: 1'],
      );
      assert.equal(run.pauses.length, 0);
    });
  });

  describe('stops at failures', () => {
    const FAILING = `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Caught
    type: { coreBlock: transform }
    errorHandler: Handle
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr 'previous.nothing.there' } }
  - name: Handle
    type: { coreBlock: handleError }
    inputs: { default: { config: {} } }
  - name: After
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Handle, output: default }], config: {} } }
  - name: Uncaught
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Start, output: default }], config: { sleep: -1 } } }
`;

    it('of blocks without an error handler', async () => {
      const run = await debug(FAILING);
      await set(run, [], 'uncaught');
      await run.host.debugEvent({ block: 'Start', data: 1 });
      const stop = await run.paused();
      assert.equal(where(stop), 'failure Uncaught (failure)');
      assert.equal(stop.input, 'default');
      assert.match(stop.error!.message, /Sleep needs a number of seconds/);
      assert.equal(stop.chain[0]!.block, 'Start');
      await run.host.resume();
      await run.idle();
      assert.equal(run.pauses.length, 1);
    });

    it('of all blocks, and steps into what handles them', async () => {
      const run = await debug(FAILING);
      await set(run, [], 'all');
      await run.host.debugEvent({ block: 'Start', data: 1 });
      const stop = await run.paused();
      assert.equal(where(stop), 'failure Caught (failure)');
      assert.equal(stop.error!.name, 'TypeError');
      assert.equal(stop.error!.path, 'outputs.default.outputCustomization');
      assert.equal(where(await run.step()), 'failure Uncaught (failure)');
      await set(run, [output('Handle')], 'none');
      await run.host.resume();
      await run.idle();
      await set(run, [], 'all');
      // It may stand before the answer to what was sent is here.
      const before = run.pauses.length;
      await run.host.debugEvent({ block: 'Caught', data: 1 });
      await run.paused(before);
      await set(run, []);
      assert.equal(where(await run.step('into')), 'input After (step)');
    });

    it('not when nobody asked', async () => {
      const run = await debug(FAILING);
      await run.send('Start', 1);
      assert.equal(run.failures().length, 2);
      assert.equal(run.pauses.length, 0);
    });
  });

  it('stops in every kind of block: conditions, groups, mocks, requests, promises, loops', async () => {
    const run = await debug(
      `
blocks:
  - name: Begin
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr 'Promise.resolve({ round: previous.round })' } }
  - name: Again
    type: { coreBlock: condition }
    inputs:
      default:
        links: [{ block: Begin, output: default }, { block: Next, output: default }]
        config: { condition: !expr 'previous.round < 3' }
  - name: Next
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Again, output: then }], config: {} } }
    outputs: { default: { outputCustomization: !expr '({ round: previous.round + 1 })' } }
  - name: Group
    type: { coreBlock: group }
    inputs: { in: { links: [{ block: Again, output: else }], config: {} } }
    outputs: { in: {} }
  - name: Two Inputs
    type: { coreBlock: transform }
    inputs:
      default: { links: [{ block: Group, output: in }], config: {} }
      other: { config: {} }
  - name: Ask
    type: { coreBlock: httpRequest }
    inputs: { default: { links: [{ block: Two Inputs, output: default }], config: { url: 'http://127.0.0.1:9/x' } } }
  - name: App
    type: { appBlock: post, appInstallation: slack }
    inputs: { default: { links: [{ block: Two Inputs, output: default }], config: {} } }
    outputs: { default: {} }
`,
      {
        mocks: { uri: 'file:///tests/test.mocks.yaml', text: 'blocks:\n  App:\n    data: { ok: true }\n' },
      },
    );
    await set(run, [], 'all');
    await run.host.pause();
    await run.host.debugEvent({ block: 'Begin', data: { round: 1 } });
    await run.host.debugEvent({ block: 'Two Inputs', input: 'other', data: {} });
    const seen = [await run.paused()];
    for (let i = 0; i < 20; i++) {
      await run.host.resume('next');
      const more = await run.until(async () => run.standing || (await run.host.status()).pending === 0);
      assert.ok(more);
      if (seen.length === run.pauses.length) break;
      seen.push(run.pauses.at(-1)!);
    }
    const places = seen.map(({ at, block, input: key }) => `${at} ${block} ${key}`);
    assert.deepEqual(places.filter((place) => place.startsWith('input')).sort(), [
      'input Again default',
      'input Again default',
      'input Again default',
      'input App default',
      'input App default',
      'input Ask default',
      'input Ask default',
      'input Begin default',
      'input Group in',
      'input Next default',
      'input Next default',
      'input Two Inputs default',
      'input Two Inputs other',
    ]);
    assert.deepEqual(
      places.filter((place) => place.startsWith('failure')),
      ['failure Ask default', 'failure Ask default'],
    );
    assert.ok(run.events('App').every(({ mock }) => mock === 'file'));
  });

  describe('breakpoints', () => {
    it('that cannot be set are answered with the reason', async () => {
      const run = await debug(FAN);
      const cases: [Omit<Breakpoint, 'id'>, RegExp][] = [
        [input('a1'), /No block of this run is called "a1"\. Did you mean "A"\?/],
        [input('Something Else'), /No block of this run is called "Something Else"\.$/],
        [{ block: 'A', input: 'other' }, /Block "A" has no input "other" in this run\. It has "default"\./],
        [{ block: 'A', output: 'then' }, /Block "A" has no output "then" in this run\. It has "default"\./],
        [input('A', { condition: 'a b' }), /The condition cannot be read: .*"b".* \(column 3\)/],
        [input('A', { hitCondition: 'often' }), /The hit count "often" cannot be read\. Write 5/],
        [
          input('A', { logMessage: 'x {1 +}' }),
          /The log message cannot be read: The expression ends too early/,
        ],
        [input('A', { logMessage: 'x {1' }), /The brace at column 3 is not closed/],
        [input('A', { logMessage: '{}' }), /The expression is empty/],
      ];
      const answers = await run.host.setBreakpoints(
        cases.map(([breakpoint], id) => ({ ...breakpoint, id })),
        'none',
      );
      answers.forEach(({ id, verified, message }, i) => {
        assert.equal(id, i);
        assert.equal(verified, false);
        assert.match(message!, cases[i]![1]);
      });
      await run.send('A', { n: 1 });
      assert.equal(run.pauses.length, 0);
    });

    it('need a debug run', async () => {
      const run = await TestRun.start(FAN);
      for (const call of [
        () => run.host.setBreakpoints([], 'none'),
        () => run.host.pause(),
        () => run.host.resume(),
        () => run.host.drop(),
        () => run.host.setData([], 1),
      ])
        await assert.rejects(call, /was not started for debugging/);
    });

    it('and going on need a run that stands still', async () => {
      const run = await debug(FAN);
      for (const call of [() => run.host.resume(), () => run.host.drop(), () => run.host.setData([], 1)])
        await assert.rejects(call, /does not stand still/);
    });
  });

  describe('steps', () => {
    it('to the next delivery of the run, whichever that is', async () => {
      const run = await debug(FAN, { options: { stopOnEntry: true } });
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const seen = [where(await run.paused())];
      for (let i = 0; i < 3; i++) seen.push(where(await run.step('next')));
      assert.deepEqual(seen, ['input A (entry)', 'input B (step)', 'input C (step)', 'input D (step)']);
      await run.host.resume('next');
      await run.idle();
      // The step waits for what comes next.
      await run.host.debugEvent({ block: 'D', data: { n: 2 } });
      assert.equal(where(await run.paused(4)), 'input D (step)');
    });

    it('into the blocks that an event reaches', async () => {
      const run = await debug(FAN);
      await set(run, [input('B')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      assert.equal(where(await run.paused()), 'input B (breakpoint)');
      // C is the next delivery of the run; D is what B's event reaches.
      assert.equal(where(await run.step('into')), 'input D (step)');
      await run.host.resume('into');
      await run.idle();
      assert.equal(run.pauses.length, 2);
    });

    it('into what an event that was just emitted reaches', async () => {
      const run = await debug(FAN);
      await set(run, [output('A')]);
      await run.host.debugEvent({ block: 'C', data: { n: 0 } });
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.paused();
      await run.host.debugEvent({ block: 'C', data: { n: 2 } });
      assert.equal(where(await run.step('into')), 'input B (step)');
      assert.equal(where(await run.step('into')), 'input D (step)');
    });

    it('out: until everything that an event causes is handled', async () => {
      const run = await debug(`
blocks:
  - name: A
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: A, output: default }], config: { sleep: !expr 'previous.wait' } } }
  - name: After
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Wait, output: default }], config: {} } }
`);
      await set(run, [input('Wait', { hitCondition: '== 1' })]);
      await run.host.debugEvent({ block: 'A', data: { wait: 0.2 } });
      await run.paused();
      await run.host.debugEvent({ block: 'A', data: { wait: 0, other: true } });
      await run.host.resume('out');
      await run.idle();
      assert.equal(run.pauses.length, 1, 'what the other event causes does not stop it');
      assert.equal(run.events('After').length, 2);
      await run.host.debugEvent({ block: 'After', data: {} });
      assert.equal(where(await run.paused(1)), 'input After (step)');
    });

    it('a breakpoint on the way stops as well, and ends the step', async () => {
      const run = await debug(FAN);
      await set(run, [input('A'), input('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.paused();
      assert.equal(where(await run.step('out')), 'input D (breakpoint)');
      await run.host.resume();
      await run.idle();
      await set(run, []);
      await run.send('B', { n: 1 });
      assert.equal(run.pauses.length, 2);
    });
  });

  describe('while it stands', () => {
    it('nothing is delivered, and what arrives waits', async () => {
      const run = await debug(
        `
blocks:
  - name: Endpoint
    type: { coreBlock: httpEndpoint }
    config: { path: /hi, methods: [GET] }
    inputs: { default: { links: [{ block: Say, output: default }], config: { body: !expr 'outputs.say' } } }
  - name: Say
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Endpoint, output: requests }], config: {} } }
    outputs: { default: { outputCustomization: !expr '"hello"' } }
  - name: Stop
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Every Moment
    type: { coreBlock: schedule }
    config: { interval: 0.05 }
  - name: Ticked
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Every Moment, output: default }], config: {} } }
  - name: Nap
    type: { coreBlock: sleep }
    inputs: { default: { config: { sleep: 0.1 } } }
  - name: Awake
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Nap, output: default }], config: {} } }
`,
        { options: { answerTimeoutMs: 2_000 } },
      );
      await set(run, [input('Stop')]);
      await run.host.debugEvent({ block: 'Nap', data: {} });
      await run.host.debugEvent({ block: 'Stop', data: {} });
      await run.paused();
      const ticked = run.events('Ticked').length;
      const answer = fetch(run.url('/hi')).then(async (response) => [response.status, await response.text()]);
      await run.until(() => run.events('Nap').some((event) => event.output), 'the sleep to end');
      await run.until(() => run.events('Every Moment').length > ticked + 3, 'the schedule to go on');
      await run.until(() => run.events('Endpoint').length === 1, 'the request');
      // Longer than the caller would wait in a run that goes on.
      await pause(2_300);
      assert.equal(run.events('Ticked').length, ticked);
      assert.equal(run.events('Awake').length, 0);
      assert.equal(run.events('Say').length, 0);
      await set(run, []);
      await run.host.resume();
      assert.deepEqual(await answer, [200, 'hello']);
      await run.until(() => run.events('Awake').length === 1);
      await run.until(() => run.events('Ticked').length > ticked + 3);
    });

    it('virtual time stands still', async () => {
      const run = await debug(
        `
blocks:
  - name: A
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: A, output: default }], config: { sleep: 3600 } } }
`,
        { options: { virtualTime: true, startTime: 1_000_000 } },
      );
      await set(run, [output('A', { hitCondition: '== 2' })]);
      await run.host.debugEvent({ block: 'A', data: 1 });
      await run.idle();
      assert.equal((await run.host.status()).now, 1_000_000 + 3_600_000);
      await run.host.debugEvent({ block: 'A', data: 2 });
      await run.paused();
      await assert.rejects(run.host.advance(1000), /Time stands still while the run stands in the debugger/);
      assert.equal((await run.host.status()).now, 1_000_000 + 3_600_000);
      await run.host.resume();
      await run.idle();
      assert.equal((await run.host.status()).now, 1_000_000 + 2 * 3_600_000);
    });

    it('an event can be looked at and asked about', async () => {
      const run = await debug(FAN);
      await set(run, [input('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 7 } });
      const { chain } = await run.paused();
      const { id } = chain[0]!;
      assert.deepEqual(await run.host.evaluate(id, 'outputs.b.n + outputs.a.n'), {
        value: '14',
        type: 'number',
      });
      const inspection = await run.host.inspect(id);
      assert.deepEqual(inspection!.receivers, [{ block: 'D', input: 'default', config: '{}' }]);
      assert.equal(run.standing, true);
    });

    it('an event can be dropped', async () => {
      const run = await debug(FAN);
      await set(run, [input('B')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.paused();
      await run.host.drop();
      await run.idle();
      assert.deepEqual(
        run.events().map(({ block }) => block),
        ['A', 'A', 'C'],
      );
      assert.match(run.text(), /dropped in the debugger: the block has not handled this event/);
    });

    it('an event can be dropped only before a block handles it', async () => {
      const run = await debug(FAN);
      await set(run, [output('A')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.paused();
      await assert.rejects(run.host.drop(), /does not stand before an event that a block is about to handle/);
      await assert.rejects(run.host.setData([], 1), /does not stand before an event/);
      assert.equal(run.standing, true);
    });

    it('the data of the event can be changed, for this block and all that see it later', async () => {
      const run = await debug(FAN);
      await set(run, [input('B')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const { chain } = await run.paused();
      assert.deepEqual(JSON.parse(await run.host.setData(['n'], 99)), { from: 'a', n: 99 });
      assert.equal((await run.host.evaluate(chain[0]!.id, 'previous.n')).value, '99');
      assert.deepEqual(JSON.parse((await run.host.event(chain[0]!.id))!.data), { from: 'a', n: 99 });
      await run.host.resume();
      await run.idle();
      assert.deepEqual(run.data('D'), { from: 'd', n: 99 });
      assert.deepEqual(run.data('C'), { from: 'c', n: 99 });
      assert.match(run.text(), /the data of this event was changed in the debugger/);
    });

    it('paths of changes are checked', async () => {
      const run = await debug(FAN, { options: { maxPayload: 1_000 } });
      await set(run, [input('B')]);
      await run.host.debugEvent({ block: 'A', data: { n: { list: [1, { deep: true }] } } });
      await run.paused();
      const cases: [(string | number)[], RegExp][] = [
        [['m'], /The data has no "m" there\. It has "from", "n"\./],
        [['n', 'list', 2], /The data has no item 2: that list has 2\./],
        [['n', 'list', 'length'], /The data has no item "length"/],
        [['from', 0], /There is nothing called 0 in the data: its parent is no object and no list/],
        [['__proto__'], /The data has no "__proto__" there/],
      ];
      for (const [path, message] of cases) await assert.rejects(run.host.setData(path, 1), message);
      await assert.rejects(
        run.host.setData(['n'], 'x'.repeat(1_000)),
        /would have 1\d{3} characters as JSON; the limit is 1000/,
      );
      assert.deepEqual(JSON.parse(await run.host.setData(['n', 'list', 1, 'deep'], null)), {
        from: 'a',
        n: { list: [1, { deep: null }] },
      });
      assert.deepEqual(JSON.parse(await run.host.setData([], ['all'])), ['all']);
    });

    it('a past event can be emitted again, and comes next', async () => {
      const run = await debug(FAN);
      await set(run, [input('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.host.debugEvent({ block: 'C', data: { n: 2 } });
      const stop = await run.paused();
      const emitted = () => run.events('C').filter((event) => event.output).length;
      const before = emitted();
      await run.host.debugEvent({ block: 'C', data: { n: 3 } });
      const { id } = await run.host.reEmit(stop.chain[0]!.id, { from: 'b', n: 50 });
      await run.host.drop();
      const again = await run.paused(stop.number);
      assert.equal(where(again), 'input D (breakpoint)');
      assert.equal(again.chain[0]!.id, id);
      assert.equal(emitted(), before, 'events that were waiting came first');
      await run.host.resume();
      await run.idle();
      assert.deepEqual(run.data('D'), { from: 'd', n: 50 });
    });

    it('it can be ended, and the caller of an endpoint with it', async () => {
      const run = await debug(FAN);
      await set(run, [input('B')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      await run.paused();
      await run.stop();
      assert.deepEqual(
        run.exits.map(({ expected, code }) => [expected, code]),
        [[true, 0]],
      );
    });

    it('a sandbox that is killed is replaced, and the run goes on', async () => {
      const run = await debug(FAN);
      await set(run, [input('B'), input('D')]);
      await run.host.debugEvent({ block: 'A', data: { n: 1 } });
      const { chain } = await run.paused();
      await assert.rejects(
        run.host.evaluate(
          chain[0]!.id,
          '(() => { const a = []; for (;;) a.push(new Array(1e6).fill(a.length)); })()',
        ),
        /The sandbox was ended while this ran/,
      );
      assert.equal(run.standing, true);
      assert.equal((await run.host.evaluate(chain[0]!.id, 'previous.n')).value, '1');
      assert.equal(where(await run.step()), 'input D (breakpoint)');
      await run.host.resume();
      await run.idle();
      assert.deepEqual(run.data('D'), { from: 'd', n: 1 });
      assert.deepEqual(run.data('C'), { from: 'c', n: 1 });
    });

    it('the number of events that wait is bounded', async () => {
      const run = await debug(FAN, { options: { maxQueue: 10 } });
      await set(run, [input('A')]);
      await run.host.debugEvent({ block: 'A', data: { n: 0 } });
      await run.paused();
      for (let n = 1; n <= 12; n++) await run.host.debugEvent({ block: 'C', data: { n } });
      await run.until(() => run.failures().length === 2, 'the failures');
      assert.match(run.failures()[0]!.error.message, /Too many events wait in this debug run/);
      await set(run, []);
      await run.host.resume();
      await run.idle();
      assert.equal(run.events('C').filter((event) => event.output).length, 10);
    });
  });
});
