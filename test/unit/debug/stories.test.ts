/** Sessions of the debugger against real runs: what a person does, and what the debugger shows. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { closeAll, DebugClient, FLOW, startSession } from './client.js';

/** Start -> Shape -> Big? -> Send, or Refuse. */
const ORDERS = `blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs:
      default:
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ id: previous.id, amount: previous.amount, tags: ["a", "b"] })'
  - name: Shape
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            total: previous.amount * 2,
            first: outputs.start.tags[0],
          })
  - name: Big?
    type: { coreBlock: condition }
    inputs:
      default:
        links: [{ block: Shape, output: default }]
        config:
          condition: !expr previous.total > 100
  - name: Send
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Big?, output: then }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ sent: outputs.shape.total })'
  - name: Refuse
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Big?, output: else }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr '({ refused: outputs.start.id })'
notes: []
`;

const order = (amount: number, id = 'o1'): { event: object } => ({
  event: { block: 'Start', data: { id, amount } },
});

/** A flow whose \`Work\` fails for negative numbers, with and without somebody who handles that. */
const failing = (handled: boolean): string => `blocks:
  - name: Work
    type: { coreBlock: transform }
${handled ? '    errorHandler: Oops\n' : ''}    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          previous.n < 0
            ? previous.missing.field
            : previous.n
  - name: Oops
    type: { coreBlock: handleError }
`;

describe('debugger', function () {
  this.timeout(60_000);
  afterEach(closeAll);

  /** A session of the orders' flow with breakpoints on the lines of these pieces of text. */
  const session = startSession.bind(undefined, ORDERS);

  const names = async (client: DebugClient): Promise<string[]> =>
    (await client.frames()).map(({ name }) => name);

  describe('breakpoints', () => {
    it('on a name stops before the block handles an event', async () => {
      const client = await session(order(60), ['name: Shape']);
      const { reason, description, hitBreakpointIds } = await client.stopped();
      assert.equal(reason, 'breakpoint');
      assert.equal(description, 'Paused on breakpoint: “Shape” is about to handle an event on default');
      assert.deepEqual(hitBreakpointIds, [1]);
      const top = await client.top();
      assert.equal(top.line, client.line('name: Shape'));
      assert.equal(top.source?.path, FLOW);
    });

    it('are verified when set, with what they mean', async () => {
      const client = new DebugClient(ORDERS);
      const set = await client.launch({}, [
        client.line('name: Shape'),
        client.line('first: outputs.start'),
        client.line('block: Big?, output: else'),
        client.line('notes'),
      ]);
      assert.deepEqual(
        set.map(({ verified, line, message }) => [verified, line, message]),
        [
          [true, client.line('name: Shape'), 'Stops before “Shape” handles an event on default.'],
          [
            true,
            client.line('first: outputs.start'),
            'Stops inside outputs.default.outputCustomization of “Shape”, before what stands here.',
          ],
          [
            true,
            client.line('block: Big?, output: else'),
            'Stops before “Refuse” handles an event on default.',
          ],
          [
            false,
            client.line('notes'),
            'No block stands here. Set it on the name of a block, or in its inputs or outputs.',
          ],
        ],
      );
    });

    it('on other lines of a block move to its name', async () => {
      const client = new DebugClient(ORDERS);
      const type = client.line('name: Send') + 1;
      const [set] = await client.launch({}, [type]);
      assert.equal(set!.line, type - 1);
    });

    it('on an output stops after it has been emitted', async () => {
      const client = await session(order(60), ['outputCustomization: !expr |-']);
      const { description } = await client.stopped();
      assert.equal(description, 'Paused on breakpoint: “Shape” has emitted on default');
      assert.deepEqual(await names(client), [
        'Shape → default',
        'Start → default',
        'Debug event to Start ← default',
      ]);
      assert.equal((await client.top()).line, client.line('outputCustomization: !expr |-'));
    });

    it('with a condition stops only where it holds', async () => {
      const client = await session({}, [['name: Shape', { condition: 'previous.amount > 10' }]]);
      await client.host!.debugEvent({ block: 'Start', data: { id: 'small', amount: 1 } });
      await client.host!.debugEvent({ block: 'Start', data: { id: 'large', amount: 11 } });
      await client.stopped();
      assert.equal(await client.evaluate('previous.id'), '"large"');
    });

    it('with a condition may use the event, its id and its secrets’ presence', async () => {
      const client = await session({}, [
        ['name: Shape', { condition: 'event.block === "Start" && event.data.id === "x"' }],
      ]);
      await client.host!.debugEvent({ block: 'Start', data: { id: 'y', amount: 1 } });
      await client.host!.debugEvent({ block: 'Start', data: { id: 'x', amount: 2 } });
      await client.stopped();
      assert.equal(await client.evaluate('previous.amount'), '2');
    });

    it('with a condition that is no JavaScript are not verified, and the reason is said', async () => {
      const client = await session({}, [['name: Shape', { condition: 'previous.(' }]]);
      const { breakpoint } = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.equal(breakpoint.verified, false);
      assert.match(breakpoint.message!, /column/);
    });

    it('with a hit count stop at that hit', async () => {
      const client = await session({}, [['name: Shape', { hitCondition: '3' }]]);
      for (const amount of [1, 2, 3, 4]) await client.host!.debugEvent({ block: 'Start', data: { amount } });
      await client.stopped();
      assert.equal(await client.evaluate('previous.amount'), '3');
    });

    it('keep their count when another one is set', async () => {
      const client = await session({}, [['name: Shape', { hitCondition: '2' }]]);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 1 } });
      await client.event('output', ({ output }: { output: string }) => output.includes('Refuse →'));
      await client.setBreakpoints([
        { line: client.line('name: Shape'), hitCondition: '2' },
        client.line('name: Send'),
      ]);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 2 } });
      await client.stopped();
      assert.equal(await client.evaluate('previous.amount'), '2');
    });

    it('with a message log it and stop nothing', async () => {
      const client = await session(order(60), [
        ['name: Shape', { logMessage: 'order {previous.id} of {previous.amount}' }],
        'name: Send',
      ]);
      await client.stopped();
      assert.equal((await client.top()).name, 'Send ← default');
      assert.match(client.output('stdout'), /Shape: order o1 of 60/);
    });

    it('of another file belong to another run', async () => {
      const client = await session({});
      const { breakpoints } = await client.ask<DebugProtocol.SetBreakpointsResponse['body']>(
        'setBreakpoints',
        {
          source: { path: '/flows/other.flow.yaml' },
          breakpoints: [{ line: 3 }],
        },
      );
      assert.deepEqual(breakpoints, [
        { verified: false, line: 3, message: 'This run is of test.flow.yaml.' },
      ]);
    });

    it('that are taken away stop nothing more', async () => {
      const client = await session(order(60), ['name: Shape', 'name: Send']);
      await client.stopped();
      await client.setBreakpoints([]);
      await client.ask('continue', { threadId: 1 });
      await client.event('output', ({ output }: { output: string }) => output.includes('Send → default'));
      assert.equal(client.said.filter((one) => (one as DebugProtocol.Event).event === 'stopped').length, 1);
    });

    it('by the name of a block, without its file', async () => {
      const client = await session({});
      const { breakpoints } = await client.ask<DebugProtocol.SetBreakpointsResponse['body']>(
        'setFunctionBreakpoints',
        {
          breakpoints: [{ name: 'Big?', condition: 'previous.total > 10' }, { name: 'Nobody' }],
        },
      );
      assert.deepEqual(
        breakpoints.map(({ verified, message }) => [verified, message]),
        [
          [true, 'Stops before “Big?” handles an event on default.'],
          [false, 'No block of this flow is called “Nobody”.'],
        ],
      );
      // Those on lines are others.
      await client.setBreakpoints([]);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 1 } });
      await client.host!.debugEvent({ block: 'Start', data: { amount: 60 } });
      const { hitBreakpointIds } = await client.stopped();
      assert.deepEqual(hitBreakpointIds, [breakpoints[0]!.id]);
      assert.equal(await client.evaluate('previous.total'), '120');
    });

    it('can be set at the lines that `breakpointLocations` lists', async () => {
      const client = await session({});
      const from = client.line('name: Shape');
      const { breakpoints } = await client.ask<{ breakpoints: object[] }>('breakpointLocations', {
        source: { path: FLOW },
        line: from - 1,
        endLine: from + 3,
      });
      // The output above, the name, `inputs:` and its key; the type in between means the name.
      assert.deepEqual(breakpoints, [
        { line: from - 1 },
        { line: from },
        { line: from + 2 },
        { line: from + 3 },
      ]);
    });
  });

  describe('signals', () => {
    it('one that changes stops: what it was, what it is, and on', async () => {
      const client = await session({ signals: { slack: { bot_id: 'B1', team: { id: 1 } } }, ...order(60) }, [
        'name: Shape',
      ]);
      await client.stopped();
      const slack = await client.variable('Signals', ['slack']);
      const info = async (
        variablesReference: number,
        name: string,
      ): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> =>
        client.ask('dataBreakpointInfo', { variablesReference, name });
      const { dataId, description, accessTypes } = await info(slack.variablesReference, 'bot_id');
      assert.deepEqual([description, accessTypes], ['signals.slack.bot_id', ['write']]);
      // The data of an event is no signal, and neither is their owner.
      assert.equal((await info(await client.scope('Signals'), 'slack')).dataId, null);
      assert.equal((await info(await client.scope('Event'), 'data')).dataId, null);
      const { breakpoints } = await client.ask<DebugProtocol.SetDataBreakpointsResponse['body']>(
        'setDataBreakpoints',
        { breakpoints: [{ dataId, accessType: 'write' }] },
      );
      assert.deepEqual(
        breakpoints.map(({ verified, message }) => [verified, message]),
        [[true, 'Stops when signals.slack.bot_id gets another value.']],
      );
      await client.setBreakpoints([]);
      await client.ask('continue', { threadId: 1 });

      const { host } = client;
      // A step would else end at a block that the first event still goes to.
      while ((await host!.status()).pending > 0);
      await host!.setSignal('slack', 'team', { id: 2 });
      await host!.setSignal('slack', 'bot_id', 'B1');
      await host!.setSignal('slack', 'bot_id', 'B2');
      const stopped = await client.stopped();
      assert.equal(stopped.reason, 'data breakpoint');
      assert.equal(stopped.description, 'Paused on breakpoint: signals.slack.bot_id has another value');
      assert.deepEqual(stopped.hitBreakpointIds, [breakpoints[0]!.id]);
      assert.deepEqual(await names(client), ['signals.slack.bot_id']);
      assert.deepEqual(await client.shown('Signal'), ['before = "B1"', 'after = "B2"']);
      await client.ask('next', { threadId: 1 });
      await host!.debugEvent({ block: 'Start', data: { id: 'o2', amount: 1 } });
      const { reason } = await client.stopped();
      assert.equal(reason, 'step');
      assert.equal((await client.top()).name, 'Start ← default');
    });

    it('a condition is refused: there is no event to evaluate it for', async () => {
      const client = await session({ signals: { slack: { bot_id: 'B1' } } });
      const dataId = JSON.stringify({ owner: 'slack', signal: 'bot_id' });
      const { breakpoints } = await client.ask<DebugProtocol.SetDataBreakpointsResponse['body']>(
        'setDataBreakpoints',
        { breakpoints: [{ dataId, condition: 'true' }, { dataId: 'nonsense' }] },
      );
      assert.deepEqual(
        breakpoints.map(({ verified }) => verified),
        [false, false],
      );
      assert.match(breakpoints[0]!.message!, /no event/);
    });
  });

  describe('failures', () => {
    it('at the start of a block, before there is any event: stop, and say so', async () => {
      const text = `blocks:
  - name: Hourly
    type: { coreBlock: schedule }
    config:
      cron: !expr previous.missing.field
`;
      const client = await session({}, [], { text, filters: ['uncaught'] });
      const { reason, description } = await client.stopped();
      assert.equal(reason, 'exception');
      assert.equal(description, 'Paused on failure: “Hourly” has failed at its start');
      const [frame] = await client.frames();
      assert.equal(frame!.name, 'Hourly ✗ start');
      assert.equal(frame!.line, client.line('previous.missing'));
      assert.equal(frame!.canRestart, false);
      assert.deepEqual(await client.ask('scopes', { frameId: frame!.id }), { scopes: [] });
      const { description: why } = await client.ask<{ description: string }>('exceptionInfo', {
        threadId: 1,
      });
      assert.match(why, /“Hourly” has failed: .*missing/);
      await client.ask('continue', { threadId: 1 });
      assert.deepEqual(await client.frames(), []);
    });

    it('uncaught: stops where nobody handles it, with the place in the expression', async () => {
      const text = failing(false);
      const client = await session({ event: { block: 'Work', data: { n: -1 } } }, [], {
        text,
        filters: ['uncaught'],
      });
      const stopped = await client.stopped();
      assert.equal(stopped.reason, 'exception');
      assert.match(stopped.text!, /^TypeError: .*field/);
      assert.equal((await client.top()).line, client.line('previous.missing.field'));
      const info = await client.ask<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', {
        threadId: 1,
      });
      assert.equal(info.exceptionId, 'TypeError');
      assert.equal(info.breakMode, 'unhandled');
      assert.match(info.description!, /“Work” has failed: .*line \d+, column \d+/);
      assert.equal(await client.evaluate('previous.n'), '-1');
    });

    it('uncaught: goes on where a handler gets it', async () => {
      const client = await session({ event: { block: 'Work', data: { n: -1 } } }, [], {
        text: failing(true),
        filters: ['uncaught'],
      });
      await client.event('output', ({ output }: { output: string }) => output.includes('Oops →'));
      assert.ok(!client.said.some((one) => (one as DebugProtocol.Event).event === 'stopped'));
    });

    it('all: stops there too', async () => {
      const client = await session({ event: { block: 'Work', data: { n: -1 } } }, [], {
        text: failing(true),
        filters: ['all'],
      });
      assert.equal((await client.stopped()).reason, 'exception');
      const info = await client.ask<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', {
        threadId: 1,
      });
      assert.equal(info.breakMode, 'always');
    });

    it('none: the console tells of them in red', async () => {
      const client = await session({ event: { block: 'Work', data: { n: -1 } } }, [], {
        text: failing(false),
      });
      const { line } = await client.event<{ category: string; line: number }>(
        'output',
        ({ category }) => category === 'stderr',
      );
      assert.equal(line, client.line('previous.missing.field'));
    });

    it('a failed event can be mended and tried again', async () => {
      const client = await session({ event: { block: 'Work', data: { n: -1 } } }, [], {
        text: failing(false),
        filters: ['uncaught'],
      });
      await client.stopped();
      await client.ask('setVariable', {
        variablesReference: await client.scope('Previous'),
        name: 'n',
        value: '7',
      });
      await client.ask('restartFrame', { frameId: (await client.top()).id });
      assert.equal((await client.stopped()).reason, 'restart');
      assert.deepEqual(await client.shown('Previous'), ['n = 7']);
      await client.ask('continue', { threadId: 1 });
      await client.event('output', ({ output }: { output: string }) => /Work → default {2}7/.test(output));
    });
  });

  describe('the stack', () => {
    it('is the chain of causes, newest first', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      assert.deepEqual(
        (await client.frames()).map(({ name, line, presentationHint }) => [name, line, presentationHint]),
        [
          ['Send ← default', client.line('name: Send'), undefined],
          ['Big? → then', client.line('name: Big?'), undefined],
          ['Shape → default', client.line('total: previous.amount') - 3, undefined],
          ['Start → default', client.line('tags: [') - 1, undefined],
          ['Debug event to Start ← default', client.line('name: Start'), 'subtle'],
        ],
      );
    });

    it('comes in pages', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const { stackFrames, totalFrames } = await client.ask<DebugProtocol.StackTraceResponse['body']>(
        'stackTrace',
        {
          threadId: 1,
          startFrame: 1,
          levels: 2,
        },
      );
      assert.equal(totalFrames, 5);
      assert.deepEqual(
        stackFrames.map(({ name }) => name),
        ['Big? → then', 'Shape → default'],
      );
    });

    it('is empty while the run goes on, and old frames are refused', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const { id } = await client.top();
      await client.ask('continue', { threadId: 1 });
      assert.deepEqual(await client.frames(), []);
      assert.deepEqual(await client.ask('scopes', { frameId: id }), { scopes: [] });
      assert.match(await client.refused('restartFrame', { frameId: id }), /gone on/);
    });

    it('the thread is the run', async () => {
      const client = await session({});
      assert.deepEqual(await client.ask('threads'), { threads: [{ id: 1, name: 'test.flow.yaml' }] });
    });
  });

  describe('going on', () => {
    it('over: to the next event of the run', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const places: string[] = [];
      for (let i = 0; i < 2; i++) {
        await client.ask('next', { threadId: 1 });
        assert.equal((await client.stopped()).reason, 'step');
        places.push((await client.top()).name);
      }
      assert.deepEqual(places, ['Big? ← default', 'Send ← default']);
    });

    it('into: to the next block that this event reaches, past others', async () => {
      const client = await session({}, ['name: Shape']);
      await client.host!.debugEvent({ block: 'Start', data: { id: 'a', amount: 60 } });
      await client.stopped();
      await client.host!.debugEvent({ block: 'Refuse', data: {} });
      await client.go('stepIn');
      assert.equal((await client.top()).name, 'Big? ← default');
    });

    it('out: until all that the event causes is handled', async () => {
      const client = await session({}, [['name: Shape', { condition: 'previous.id === "a"' }]]);
      await client.host!.debugEvent({ block: 'Start', data: { id: 'a', amount: 60 } });
      await client.stopped();
      await client.host!.debugEvent({ block: 'Start', data: { id: 'b', amount: 60 } });
      await client.go('stepOut');
      assert.match(client.output(), /Send → default/);
    });

    it('continue: to the next breakpoint', async () => {
      const client = await session(order(60), ['name: Shape', 'name: Send']);
      await client.stopped();
      assert.deepEqual(await client.ask('continue', { threadId: 1 }), { allThreadsContinued: true });
      await client.stopped();
      assert.equal((await client.top()).name, 'Send ← default');
    });

    it('pause: before the next event', async () => {
      const client = await session({});
      await client.ask('pause', { threadId: 1 });
      assert.match(client.output('console'), /will stop before the next event/);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 1 } });
      assert.equal((await client.stopped()).reason, 'pause');
    });

    it('stopOnEntry: before the first event', async () => {
      const client = await session({ stopOnEntry: true, ...order(60) });
      assert.equal((await client.stopped()).reason, 'entry');
      assert.equal((await client.top()).name, 'Start ← default');
    });

    it('is refused while nothing stands', async () => {
      const client = await session({});
      assert.match(await client.refused('continue', { threadId: 1 }), /not paused/);
    });

    it('drop: the block never sees the event', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await client.ask('flows.dropEvent');
      await client.event('continued');
      await client.event('output', ({ output }: { output: string }) => output.includes('dropped'));
      assert.doesNotMatch(client.output(), /Shape →/);
    });

    it('drop is refused where no block is about to handle anything', async () => {
      const client = await session(order(60), ['total: previous.amount']);
      await client.stopped();
      assert.match(await client.refused('flows.dropEvent'), /about to handle/);
    });

    it('restart frame: emits the event again; what came of it is left', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const shape = (await client.frames()).find(({ name }) => name === 'Shape → default')!;
      await client.ask('restartFrame', { frameId: shape.id });
      assert.equal((await client.stopped()).reason, 'restart');
      assert.deepEqual((await names(client)).slice(0, 2), ['Big? ← default', 'Shape → default']);
      await client.setBreakpoints([]);
      await client.ask('continue', { threadId: 1 });
      await client.event('output', ({ output }: { output: string }) => output.includes('Send → default'));
      assert.equal(client.output().match(/Send → default/g)!.length, 1);
    });

    it('restart frame with edits: an earlier event goes out again, changed', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const frames = await client.frames();
      const at = frames.findIndex(({ name }) => name === 'Shape → default');
      const data = await client.variable('Event', ['data'], at);
      await client.ask('setVariable', {
        variablesReference: data.variablesReference,
        name: 'total',
        value: '5',
      });
      assert.ok((await client.shown('Event', at)).includes('edited = not sent: Restart Frame sends it'));
      await client.ask('restartFrame', { frameId: frames[at]!.id });
      await client.stopped();
      await client.go('next');
      assert.equal((await client.top()).name, 'Refuse ← default');
    });
  });

  describe('variables', () => {
    it('the event: its data, where it comes from, when', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const shown = await client.shown('Event');
      assert.equal(shown[0], 'data = {id: "o1", amount: 60, tags: (2) […]}');
      assert.equal(shown[1], 'from = Start → default');
      assert.match(shown[2]!, /^at = \d{4}-\d\d-\d\dT/);
      assert.match(shown[3]!, /^id = /);
    });

    it('open level by level, each with an expression that evaluates to it', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const tag = await client.variable('Event', ['data', 'tags', '1']);
      assert.deepEqual([tag.value, tag.type, tag.evaluateName], ['"b"', 'string', 'event.data.tags[1]']);
      assert.equal(await client.evaluate(tag.evaluateName!), '"b"');
      const amount = await client.variable('Outputs', ['start', 'amount']);
      assert.equal(await client.evaluate(amount.evaluateName!), amount.value);
      const previous = await client.variable('Previous', ['id']);
      assert.equal(await client.evaluate(previous.evaluateName!), '"o1"');
    });

    it('inputs: the configuration as evaluated for this event, or why it cannot be', async () => {
      const client = await session(order(60), ['name: Big?']);
      await client.stopped();
      assert.deepEqual(await client.shown('Inputs'), ['condition = true']);
      await client.ask('setVariable', {
        variablesReference: await client.scope('Event'),
        name: 'data',
        value: 'null',
      });
      const [error] = await client.shown('Inputs');
      assert.match(error!, /^error = TypeError: .*inputs\.default\.config\.condition, line \d+, column \d+/);
    });

    it('of an event that has passed: what its receivers made of it, and what its block had before it', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const at = (await names(client)).indexOf('Shape → default');
      assert.deepEqual(await client.shown('Inputs of receivers', at), ['Big? ← default = {condition: true}']);
      assert.deepEqual((await client.shown('Previous of Shape', at))[1], 'amount = 60');
      assert.deepEqual(await client.shown('Outputs', at), [
        'shape = {total: 120, first: "a"}',
        'start = {id: "o1", amount: 60, tags: (2) […]}',
      ]);
    });

    it('signals, as the launch configuration gives them', async () => {
      const client = await session({ ...order(60), signals: { slack: { bot: 'B1' } } }, ['name: Shape']);
      await client.stopped();
      const bot = await client.variable('Signals', ['slack', 'bot']);
      assert.deepEqual([bot.value, bot.evaluateName], ['"B1"', 'signals.slack.bot']);
      assert.equal(await client.evaluate('signals.slack.bot'), '"B1"');
    });

    it('secrets: one marker for every value, whatever it is', async () => {
      const text = ORDERS.replace('({ id: previous.id,', '({ a: secrets.A, b: secrets.B, id: previous.id,');
      const client = await session(order(60), ['name: Shape'], {
        text,
        secrets: { A: 'a long enough value', B: 'true' },
      });
      await client.stopped();
      assert.deepEqual(await client.shown('Secrets'), ['A = ‹secret:A›', 'B = ‹secret:B›']);
    });

    it('long lists come in pages', async () => {
      const client = await session({ event: { block: 'Shape', data: { rows: [...Array(25_000).keys()] } } }, [
        'name: Shape',
      ]);
      await client.stopped();
      const rows = await client.variable('Event', ['data', 'rows']);
      assert.equal(rows.indexedVariables, 25_000);
      const page = await client.variables(rows.variablesReference, {
        filter: 'indexed',
        start: 24_999,
        count: 100,
      });
      assert.deepEqual(
        page.map(({ name, value }) => [name, value]),
        [['24999', '24999']],
      );
      // A client that asks for no pages gets no 25,000 at once.
      assert.equal((await client.variables(rows.variablesReference)).length, 10_000);
    });

    it('maps of many keys open in groups', async () => {
      const data = Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`key${i}`, i]));
      const client = await session({ event: { block: 'Shape', data } }, ['name: Shape']);
      await client.stopped();
      const { variablesReference } = await client.variable('Event', ['data']);
      const groups = await client.variables(variablesReference);
      assert.deepEqual(
        groups.map(({ name, value }) => [name, value]),
        [
          ['[key0 … key999]', '1000 properties'],
          ['[key1000 … key1999]', '1000 properties'],
          ['[key2000 … key2499]', '500 properties'],
        ],
      );
      const inside = await client.variables(groups[2]!.variablesReference);
      assert.equal(inside.length, 500);
      assert.equal(inside[0]!.evaluateName, 'event.data.key2000');
    });

    /** `Start` emits that many rows of 100,000 characters. */
    const large = (rows: number): string => {
      const text = ORDERS.replace(
        /\(\{ id: previous\.id, amount.*\}\)/,
        `({ rows: Array.from({ length: ${rows} }, (_, i) => ({ i, text: "x".repeat(100_000) })) })`,
      );
      assert.notEqual(text, ORDERS);
      return text;
    };
    const assertBounded = ({ said }: DebugClient): void => {
      for (const message of said) {
        const size = JSON.stringify(message).length;
        assert.ok(size < 100_000, `${size} characters: ${JSON.stringify(message).slice(0, 200)}`);
      }
    };

    it('a payload near the limit is sent in pieces, and any part of it can be asked for', async () => {
      const client = await session(order(1), ['name: Shape'], { text: large(49) });
      await client.stopped();
      const text = await client.variable('Event', ['data', 'rows', '3', 'text']);
      assert.match(text.value, /^"x+"… \(100000 characters\)$/);
      assert.equal(await client.evaluate('previous.rows[48].i'), '48');
      assertBounded(client);
      const whole = await client.evaluate('previous.rows[3].text', { context: 'clipboard' });
      assert.equal(whole.length, 100_000);
    });

    it('an event of 50 MB, where that is allowed: stops, says how long it is, and tells parts of it', async () => {
      const client = await session(order(1), ['name: Shape'], {
        text: large(500),
        secrets: { TOKEN: 'not-in-there' },
        options: { maxPayload: 100_000_000, sandboxHeapMb: 1_024 },
      });
      await client.stopped();
      const data = await client.variable('Event', ['data']);
      assert.equal(data.value, '"50 MB of JSON: evaluate a part of it, e.g. event.data.items[0]"');
      assert.equal(await client.evaluate('previous.rows[499].i'), '499');
      assert.match(await client.refused('evaluate', { expression: 'previous' }), /Ask for a part of it/);
      assertBounded(client);
    });

    it('a payload of 50 MB is a failure that the debugger stops at', async () => {
      const client = await session(order(1), [], { text: large(500), filters: ['uncaught'] });
      const { text } = await client.stopped();
      assert.match(text!, /characters.*limit/);
      assert.equal(await client.evaluate('previous.amount'), '1');
      assertBounded(client);
    });
  });

  describe('changing', () => {
    it('a variable: the event goes on with it', async () => {
      const client = await session(order(60), ['name: Shape', 'name: Refuse']);
      await client.stopped();
      const { variablesReference } = await client.variable('Event', ['data']);
      const { value } = await client.ask<{ value: string }>('setVariable', {
        variablesReference,
        name: 'amount',
        value: '1',
      });
      assert.equal(value, '1');
      assert.equal(await client.evaluate('previous.amount'), '1');
      await client.go('continue');
      assert.equal((await client.top()).name, 'Refuse ← default');
    });

    it('an expression of a watch', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const { id } = await client.top();
      await client.ask('setExpression', { expression: 'event.data.tags[0]', value: '"z"', frameId: id });
      await client.ask('setExpression', { expression: 'previous.id', value: '{"deep": [1]}', frameId: id });
      assert.equal(
        await client.evaluate('previous', { context: 'clipboard' }),
        JSON.stringify({ id: { deep: [1] }, amount: 60, tags: ['z', 'b'] }, null, 2),
      );
    });

    it('the value may be an expression', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await client.ask('setExpression', {
        expression: 'event.data.amount',
        value: 'previous.amount + outputs.start.tags.length',
      });
      assert.equal(await client.evaluate('previous.amount'), '62');
    });

    it('only data of events, and only where it exists', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      assert.match(
        await client.refused('setExpression', { expression: 'outputs.start.id', value: '1' }),
        /only the data of an event/,
      );
      assert.match(
        await client.refused('setExpression', { expression: 'event.data.nothing.deep', value: '1' }),
        /no "nothing"/,
      );
      assert.match(
        await client.refused('setVariable', {
          variablesReference: await client.scope('Outputs'),
          name: 'start',
          value: '1',
        }),
        /cannot be changed/,
      );
      assert.match(
        await client.refused('setExpression', { expression: 'event.data.id', value: '{ not json' }),
        /column/,
      );
    });

    it('what is hidden in an event stays what it is when something else is changed', async () => {
      const text = ORDERS.replace('({ id: previous.id,', '({ token: secrets.TOKEN, id: previous.id,').replace(
        'first: outputs.start.tags[0],',
        'length: previous.token.length, id: previous.id,',
      );
      const client = await session(order(60), ['name: Shape'], {
        text,
        secrets: { TOKEN: 'sixteen letters!' },
      });
      await client.stopped();
      const data = await client.variable('Event', ['data']);
      assert.match(data.value, /token: "‹secret:TOKEN›"/);
      await client.ask('setVariable', {
        variablesReference: data.variablesReference,
        name: 'id',
        value: '"new"',
      });
      await client.setBreakpoints([]);
      await client.ask('continue', { threadId: 1 });
      await client.event('output', ({ output }: { output: string }) =>
        output.includes('"length":16,"id":"new"'),
      );
    });

    it('the value of a secret cannot be put into an event', async () => {
      const text = ORDERS.replace('({ id: previous.id,', '({ x: secrets.TOKEN.length, id: previous.id,');
      const client = await session(order(60), ['name: Shape'], {
        text,
        secrets: { TOKEN: 'sixteen letters!' },
      });
      await client.stopped();
      assert.match(
        await client.refused('setExpression', { expression: 'event.data.id', value: 'secrets.TOKEN' }),
        /‹secret:TOKEN› stands for a value/,
      );
    });
  });

  describe('evaluating', () => {
    it('any JavaScript over what the block’s expressions see, its result opens', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const body = await client.ask<DebugProtocol.EvaluateResponse['body']>('evaluate', {
        expression: 'previous.tags.map((tag) => ({ tag, n: outputs.start.amount }))',
        context: 'repl',
      });
      assert.equal(body.type, 'Array');
      assert.equal(body.result, '(2) [{…}, {…}]');
      const [, second] = await client.variables(body.variablesReference, {
        filter: 'indexed',
        start: 0,
        count: 2,
      });
      assert.equal(second!.value, '{tag: "b", n: 60}');
    });

    it('promises are waited for, and what is no JSON is described', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      assert.equal(await client.evaluate('(async () => previous.amount)()'), '60');
      assert.equal(await client.evaluate('previous.nothing'), '‹undefined›');
      assert.match(await client.evaluate('previous.tags.map'), /^‹function/);
    });

    it('errors say what is wrong', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      assert.match(
        await client.refused('evaluate', { expression: 'nobody.knows', context: 'repl' }),
        /ReferenceError: nobody/,
      );
      assert.match(await client.refused('evaluate', { expression: '1 +', context: 'repl' }), /column/);
      assert.match(
        await client.refused('evaluate', { expression: '  ', context: 'repl' }),
        /nothing to evaluate/,
      );
    });

    it('in an earlier frame: what that event’s receivers saw', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const frame = (await client.frames()).find(({ name }) => name === 'Start → default')!;
      assert.equal(await client.evaluate('previous.amount', { frameId: frame.id }), '60');
      assert.equal(await client.evaluate('outputs.shape', { frameId: frame.id }), '‹undefined›');
    });

    it('on a run that has come to rest: for the last event', async () => {
      const client = await session(order(60));
      await client.event('output', ({ output }: { output: string }) => output.includes('Send → default'));
      assert.equal(await client.evaluate('outputs.shape.total + event.data.sent'), '240');
    });

    it('before anything has happened: says so', async () => {
      const client = await session({});
      assert.match(
        await client.refused('evaluate', { expression: '1', context: 'repl' }),
        /No event has happened yet/,
      );
    });

    it('hover: a block’s expressions show what that block saw', async () => {
      const client = await session(order(60), ['name: Send']);
      await client.stopped();
      const { id } = await client.top();
      const hover = (piece: string) => ({
        context: 'hover',
        frameId: id,
        line: client.line(piece),
        source: { path: FLOW },
      });
      assert.equal(await client.evaluate('previous.amount', hover('total: previous.amount')), '60');
      assert.equal(await client.evaluate('previous.total', hover('condition: !expr')), '120');
      assert.match(
        await client.refused('evaluate', { expression: 'previous', ...hover('refused: outputs') }),
        /has not come this way/,
      );
    });

    it('inline values: of the block that is stopped', async () => {
      const client = await session(order(60), ['name: Big?']);
      await client.stopped();
      const { values } = await client.ask<{ values: unknown[] }>('flows.lookUp', {
        block: 'Big?',
        expressions: ['previous.total', 'outputs.start.tags', 'nobody.knows'],
      });
      assert.deepEqual(values, ['120', '(2) ["a", "b"]', undefined]);
      assert.deepEqual(await client.ask('flows.lookUp', { block: 'Refuse', expressions: ['previous'] }), {
        values: [],
        inside: false,
      });
    });

    for (const [typed, some, none] of [
      ['', ['outputs', 'previous', 'event', 'signals', 'secrets', 'JSON'], ['total']],
      ['1 + pre', ['previous'], ['outputs']],
      ['outputs.', ['start'], ['previous']],
      ['outputs.start.', ['id', 'amount', 'tags', '["odd key"]'], ['map']],
      ['f(outputs.start.tags.', ['map', 'join', 'length'], ['id']],
      ['event.', ['id', 'data', 'block'], []],
      ['event.data.a', ['amount'], ['id']],
      ['secrets.', ['TOKEN'], []],
      ['previous?.t', ['tags'], []],
      ['nobody.', [], ['id']],
      ['secrets.TOKEN.', [], ['length']],
    ] as const)
      it(`completes “${typed}|”`, async () => {
        const text = ORDERS.replace(
          '({ id: previous.id,',
          '({ "odd key": secrets.TOKEN.length, id: previous.id,',
        );
        const client = await session(order(60), ['name: Shape'], {
          text,
          secrets: { TOKEN: 'sixteen letters!' },
        });
        await client.stopped();
        const { targets } = await client.ask<DebugProtocol.CompletionsResponse['body']>('completions', {
          text: typed,
          column: typed.length + 1,
        });
        const labels = targets.map(({ label, text: inserted }) => inserted ?? label);
        for (const label of some)
          assert.ok(labels.includes(label), `${label} is not in ${labels.join(', ')}`);
        for (const label of none) assert.ok(!labels.includes(label), `${label} is offered`);
      });
  });

  describe('a session', () => {
    it('says what a launch configuration lacks', async () => {
      for (const [config, problem] of [
        [{}, /`flow` has to be the path of a flow file, and is missing/],
        [{ flow: '/flows/none.yaml' }, /none\.yaml cannot be read/],
        [{ flow: FLOW, port: 70_000 }, /`port` has to be a whole number from 0/],
        [{ flow: FLOW, deadline: 0 }, /`deadline` has to be a number of seconds above 0/],
        [{ flow: FLOW, event: { data: 1 } }, /`event\.block` has to be the name of a block, and is missing/],
        [{ flow: FLOW, stopOnEntry: 'yes' }, /`stopOnEntry` has to be `true` or `false`/],
        [{ flow: FLOW, signals: { slack: 1 } }, /`signals\.slack` has to be an object/],
        [{ flow: FLOW, secrets: { TOKEN: 'x' } }, /holds no secrets/],
      ] as const)
        assert.match(await new DebugClient(ORDERS).refused('launch', config), problem);
    });

    it('says that the event of its configuration was not sent, and goes on', async () => {
      const client = await session({ event: { block: 'Nobody', data: 1 } });
      assert.match(client.output('stderr'), /was not sent: No block of this flow is called "Nobody"/);
      assert.deepEqual(await client.frames(), []);
    });

    it('says what it waits for as long as nothing happens by itself, and shows that it runs', async () => {
      const waits = / info {2}── test\.flow\.yaml: waits for an event; (.*)\n/;
      const client = await session({});
      assert.deepEqual(await client.event('thread'), { reason: 'started', threadId: 1 });
      assert.equal(waits.exec(client.output('stdout'))?.[1], 'choose “Run from here” above a block');
      const endpoint = await startSession(
        `blocks:\n  - name: Ask\n    type: { coreBlock: httpEndpoint }\n    config: { path: /ask }\n`,
        { port: 0 },
      );
      assert.match(
        endpoint.output('stdout'),
        /Ask listens on .*\n.* waits for an event; send a request to its address/,
      );
      const busy = await session(order(60));
      await busy.until('an event', () => busy.output('stdout').includes('Start → default') || undefined);
      assert.doesNotMatch(busy.output('stdout'), waits);
    });

    it('tells information in the colour of information', async () => {
      const client = await session(order(60));
      await client.until('an event', () => client.output('stdout').includes('Start → default') || undefined);
      assert.match(client.output('stdout'), /^\S+ info {2}── test\.flow\.yaml runs\n/);
      assert.equal(client.output('console'), '');
    });

    it('tells in the console what happens, with its place and its data to be opened', async () => {
      const client = await session(order(60));
      const body = await client.event<DebugProtocol.OutputEvent['body']>('output', ({ output }) =>
        output.includes('Start → default'),
      );
      assert.equal(body.category, 'stdout');
      assert.equal(body.line, client.line('tags: [') - 1);
      const [data] = await client.variables(body.variablesReference!);
      assert.equal(data!.value, '{id: "o1", amount: 60, tags: (2) […]}');
    });

    it('ten thousand events at once: some lines, and how many there were', async () => {
      const client = await session({ noDebug: true });
      const sent = Array.from({ length: 2_500 }, async (_, i) =>
        client.host!.debugEvent({ block: 'Start', data: { id: `o${i}`, amount: 1 } }),
      );
      await Promise.all(sent);
      await client.event('output', ({ output }: { output: string }) =>
        /… \d+ events came too fast/.test(output),
      );
      assert.ok(client.output().split('\n').length < 10_000);
    });

    it('without debugging stops nowhere', async () => {
      const client = await session({ noDebug: true, ...order(60) }, ['name: Shape']);
      await client.event('output', ({ output }: { output: string }) => output.includes('Send → default'));
      assert.match(await client.refused('pause', { threadId: 1 }), /without the debugger/);
    });

    it('virtual time: waits are over at once', async () => {
      const text = ORDERS.replace(
        'type: { coreBlock: transform }\n    inputs:\n      default:\n        links: [{ block: Big?, output: then }]\n        config: {}',
        'type: { coreBlock: sleep }\n    inputs:\n      default:\n        links: [{ block: Big?, output: then }]\n        config: { sleep: 86400 }',
      );
      assert.notEqual(text, ORDERS);
      const client = await session({ virtualTime: true, ...order(60) }, [], { text });
      await client.event('output', ({ output }: { output: string }) => output.includes('Send → default'));
    });

    it('a block that is deleted while the flow runs takes its breakpoint with it; the person is told once', async () => {
      const client = await session({}, ['name: Refuse', 'name: Send']);
      client.text = ORDERS.replace(/ {2}- name: Refuse[^]*(?=notes:)/, '');
      await client.ask('flows.changed');
      await client.event('flows.stale');
      const { breakpoint } = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.deepEqual(
        [breakpoint.verified, breakpoint.message],
        [false, '“Refuse” is no longer in the file.'],
      );
      client.text += '# more\n';
      await client.ask('flows.changed');
      assert.equal(
        client.said.filter((one) => (one as DebugProtocol.Event).event === 'flows.stale').length,
        1,
      );
      assert.match(client.output('console'), /test\.flow\.yaml was changed\. This run still uses the text/);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 60 } });
      await client.stopped();
      assert.equal((await client.top()).name, 'Send ← default');
      client.text = ORDERS;
      await client.ask('flows.changed');
      const back = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.equal(back.breakpoint.verified, true);
    });

    it('an edited file: breakpoints and frames follow their blocks', async () => {
      const client = await session({});
      client.text = `# a\n# b\n${ORDERS.replace('notes:', '  - name: New\n    inputs: { default: {} }\nnotes:')}`;
      const [moved, unknown] = await client.setBreakpoints([
        client.line('name: Shape'),
        client.line('name: New'),
      ]);
      assert.equal(moved!.verified, true);
      assert.equal(unknown!.verified, false);
      assert.match(unknown!.message!, /No block .*“?"?New/);
      await client.host!.debugEvent({ block: 'Start', data: { amount: 60 } });
      await client.stopped();
      assert.equal((await client.top()).line, client.line('name: Shape'));
    });

    it('an edited file that is not saved: a frame stands at its block, not at the line of the breakpoint', async () => {
      const client = await session({}, ['name: Shape']);
      client.text = `# a\n# b\n${ORDERS}`;
      await client.ask('flows.changed');
      await client.host!.debugEvent({ block: 'Start', data: { amount: 60 } });
      await client.stopped();
      assert.equal((await client.top()).line, client.line('name: Shape'));
    });

    it('restart: runs the new text, with the breakpoints', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      client.text = ORDERS.replace('amount: previous.amount', 'amount: 7');
      await client.ask('restart', { arguments: { flow: FLOW, ...order(60) } });
      await client.event('continued');
      await client.stopped();
      assert.equal(await client.evaluate('previous.amount'), '7');
    });

    it('terminate: ends the run', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await client.ask('terminate');
      await client.event('terminated');
      assert.match(await client.refused('evaluate', { expression: '1', context: 'repl' }), /has ended/);
      assert.deepEqual(await client.frames(), []);
    });

    it('terminate while it restarts: no run is left', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      const restarted = client.response('restart', {});
      await client.ask('terminate');
      await restarted;
      await assert.rejects(client.host!.status(), /has ended/);
    });

    it('disconnect without terminating: the flow goes on by itself', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await client.ask('disconnect', { terminateDebuggee: false });
      await client.event('terminated');
      const events = async () =>
        (await client.host!.events()).map((event) => ('output' in event ? event.block : ''));
      while (!(await events()).includes('Send')) await new Promise((resolve) => setImmediate(resolve));
    });

    it('ends when the runner dies, and says why', async () => {
      const client = await session({});
      process.kill(client.host!.pid!, 'SIGKILL');
      await client.event('exited');
      await client.event('terminated');
      assert.match(client.output('stderr'), /ended unexpectedly \(SIGKILL\)/);
    });

    it('ends when somebody stops the run elsewhere', async () => {
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await client.host!.stop();
      assert.deepEqual(await client.event('exited'), { exitCode: 0 });
      await client.event('terminated');
      assert.equal(client.output('stderr'), '');
    });

    it('answers whatever is asked, before, during and after', async () => {
      const commands = [
        'setBreakpoints setFunctionBreakpoints setExceptionBreakpoints breakpointLocations threads stackTrace scopes variables',
        'setVariable setExpression evaluate completions exceptionInfo continue next stepIn stepOut pause',
        'restartFrame flows.dropEvent flows.lookUp flows.changed',
      ].flatMap((line) => line.split(' '));
      const askAll = async (client: DebugClient): Promise<void> => {
        for (const command of commands) {
          for (const args of [
            undefined,
            {},
            { frameId: 99, variablesReference: 1e12, source: {}, text: null, line: -1 },
          ])
            await client.response(command, args);
        }
      };
      await askAll(new DebugClient(ORDERS));
      const client = await session(order(60), ['name: Shape']);
      await client.stopped();
      await askAll(client);
      await client.ask('terminate');
      await askAll(client);
    });

    it('a request that nobody knows is answered', async () => {
      const client = await session({});
      assert.match(await client.refused('readMemory', {}), /no "readMemory"/);
    });
  });
});
