/** Breakpoints inside an expression's lines, against real runs: where they stop, what is seen there, how it goes on. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { closeAll, DebugClient, FLOW, startSession } from './client.js';

/** Start -> Sum -> Tell. */
const SUMS = `blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Sum
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Start, output: default }]
        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          (() => {
            const prices = previous.items.map((item) => {
              const price = item.price * 2;
              return price;
            });
            let total = 0;
            for (const price of prices) {
              total += price;
            }
            return {
              total,
              first: outputs.start.items[0],
            };
          })()
  - name: Tell
    type: { coreBlock: transform }
    inputs:
      default:
        links: [{ block: Sum, output: default }]
        config: {}
`;

const items = (...prices: number[]): object => ({
  event: { block: 'Start', data: { items: prices.map((price) => ({ price })) } },
});

describe('debugger: inside an expression', function () {
  this.timeout(60_000);
  afterEach(closeAll);

  const session = startSession.bind(undefined, SUMS);

  it('stops on its very line, with the calls on top of the block', async () => {
    const client = await session(items(1, 2), ['const price =']);
    const { reason, description, hitBreakpointIds } = await client.stopped();
    assert.equal(reason, 'breakpoint');
    assert.equal(description, 'Paused on breakpoint: inside an expression of “Sum”');
    assert.deepEqual(hitBreakpointIds, [1]);
    const frames = await client.frames();
    assert.deepEqual(
      frames.map(({ name, line }) => [name, line]),
      [
        ['(anonymous) in outputs.default.outputCustomization', client.line('const price =')],
        ['(anonymous) in outputs.default.outputCustomization', client.line('previous.items.map')],
        ['outputs.default.outputCustomization', client.line('(() => {')],
        ['Sum ← default', client.line('name: Sum')],
        ['Start → default', client.line('name: Start')],
        ['Debug event to Start ← default', client.line('name: Start')],
      ],
    );
    assert.equal(frames[0]!.source?.path, FLOW);
    assert.deepEqual(await client.shown('Local'), ['item = {price: 1}']);
    assert.equal(await client.evaluate('item.price + 1', { frameId: frames[0]!.id }), '2');
  });

  it('steps over a line, into a function, out of it, and on to the next event', async () => {
    const client = await session(items(1, 2), ['const prices =']);
    await client.stopped();
    const where = async (command: string): Promise<number> => {
      await client.ask(command, { threadId: 1 });
      const { reason } = await client.stopped();
      assert.equal(reason, 'step');
      return (await client.top()).line;
    };
    assert.equal(await where('stepIn'), client.line('const price ='));
    assert.equal(await where('next'), client.line('return price;'));
    // The function is called once more.
    assert.equal(await where('next'), client.line('const price ='));
    assert.equal(await where('stepOut'), client.line('let total'));
    assert.equal(await where('next'), client.line('for (const price of'));
    assert.equal(await where('next'), client.line('total += price'));
    assert.deepEqual(await client.shown('Local'), ['price = 2', 'prices = (2) [2, 4]', 'total = 0']);
    assert.equal(await where('next'), client.line('total += price'));
    assert.equal(await where('next'), client.line('return {'));
    assert.equal(await where('next'), client.line('first: outputs.start'));
    // The expression ends: the next event that a block is about to handle.
    assert.equal(await where('next'), client.line('name: Tell'));
    assert.deepEqual(await client.shown('Previous'), ['total = 6', 'first = {price: 1}']);
  });

  it('of the same text as before: nothing of a run is changed by where it could stop', async () => {
    const client = await session(items(3), [['return price;', { condition: 'false' }], 'name: Tell']);
    await client.stopped();
    assert.deepEqual(await client.shown('Previous'), ['total = 6', 'first = {price: 3}']);
  });

  it('conditions, hit counts and log messages see the variables', async () => {
    const client = await session(items(1, 5, 2), [
      ['return price;', { condition: 'price > 4 && previous.items.length === 3' }],
      ['total += price', { hitCondition: '3' }],
      ['first: outputs.start', { logMessage: 'It is {total}, and {nothing}' }],
    ]);
    await client.stopped();
    assert.deepEqual(await client.shown('Local'), ['price = 10', 'item = {price: 5}']);
    await client.go('continue');
    assert.equal((await client.top()).line, client.line('total += price'));
    assert.equal(await client.evaluate('total'), '12');
    await client.ask('continue', { threadId: 1 });
    await client.until('the log message', () =>
      client.output('stdout').includes('It is 16, and ‹ReferenceError: nothing is not defined›')
        ? true
        : undefined,
    );
  });

  it('a condition that fails stops, and says why', async () => {
    const client = await session(items(1), [['let total', { condition: 'missing.field' }]]);
    await client.stopped();
    assert.match(client.output('console'), /condition has failed: ReferenceError: missing is not defined/);
  });

  it('variables: of the function, of those around it, changed by a person', async () => {
    const client = await session(items(1), ['total += price', 'name: Tell']);
    await client.stopped();
    const local = await client.scope('Local');
    const set = await client.ask('setVariable', {
      variablesReference: local,
      name: 'total',
      value: '40 + 1',
    });
    assert.equal(set['value'], '41');
    assert.deepEqual(await client.shown('Local'), ['price = 2', 'prices = (1) [2]', 'total = 41']);
    // A constant is one here as well.
    const refused = await client.refused('setVariable', {
      variablesReference: await client.scope('Local'),
      name: 'prices',
      value: '[]',
    });
    assert.equal(refused, 'TypeError: prices cannot be changed.');
    const frameId = (await client.top()).id;
    await client.ask('setExpression', { expression: 'total', value: '100', frameId });
    await client.go('continue');
    assert.deepEqual(await client.shown('Previous'), ['total = 102', 'first = {price: 1}']);
  });

  it('closures: what a function sees of those around it; what has no value yet is not there', async () => {
    const client = await session(items(1), ['return price;']);
    await client.stopped();
    assert.deepEqual(await client.shown('Local'), ['price = 2', 'item = {price: 1}']);
    // `prices` and `total` begin later.
    assert.deepEqual(await client.shown('Closure'), []);
    assert.match(
      await client.refused('evaluate', { expression: 'total', frameId: (await client.top()).id }),
      /Cannot access 'total' before initialization/,
    );
  });

  it('beside its variables there is what expressions see, also in the frames below', async () => {
    const client = await session(items(7), ['let total']);
    await client.stopped();
    assert.deepEqual(await client.shown('Outputs'), ['start = {items: (1) […]}']);
    assert.deepEqual(await client.shown('Previous'), ['items = (1) [{…}]']);
    const frames = await client.frames();
    const block = frames.findIndex(({ name }) => name === 'Sum ← default');
    assert.equal(await client.evaluate('previous.items[0].price', { frameId: frames[block]!.id }), '7');
    assert.deepEqual(await client.shown('Inputs', block), [
      'error = Error: Evaluated once the run goes on: it stands inside an expression.',
    ]);
    assert.match(
      await client.refused('evaluate', { expression: 'prices', frameId: frames[block]!.id }),
      /prices is not defined/,
    );
    const { values } = await client.ask<{ values: string[] }>('flows.lookUp', {
      block: 'Sum',
      expressions: ['previous.items.length'],
    });
    assert.deepEqual(values, ['1']);
  });

  it('console: completes variables and their keys', async () => {
    const client = await session(items(1), ['const price =']);
    await client.stopped();
    const labels = async (text: string): Promise<string[]> => {
      const { targets } = await client.ask<DebugProtocol.CompletionsResponse['body']>('completions', {
        text,
        column: text.length + 1,
      });
      return targets.map(({ label }) => label);
    };
    assert.deepEqual(await labels('it'), ['item']);
    assert.deepEqual(await labels('item.'), ['price']);
  });

  it('the time that the run stands does not count towards the deadline, whoever else waits', async () => {
    const client = await session({ ...items(1), deadline: 1 }, ['let total', 'name: Tell']);
    await client.stopped();
    const since = Date.now();
    while (Date.now() - since < 2_500) assert.equal(await client.evaluate('prices.length'), '1');
    await client.go('continue');
    assert.equal((await client.top()).line, client.line('name: Tell'));
    assert.doesNotMatch(client.output(), /restarted|took longer/);
  });

  it('an endless loop in the console ends that sandbox; the block begins again', async () => {
    const client = await session({ ...items(1), deadline: 1 }, ['let total']);
    await client.stopped();
    const refused = await client.refused('evaluate', { expression: '(() => { for (;;); })()' });
    assert.match(refused, /took longer|does not stand inside/);
    await client.stopped();
    assert.equal((await client.top()).line, client.line('let total'));
    assert.deepEqual(await client.shown('Local'), ['prices = (1) [2]']);
  });

  it('breakpoints can be changed while it stands', async () => {
    const client = await session(items(1, 2), ['const price =']);
    await client.stopped();
    await client.setBreakpoints([client.line('return {')]);
    await client.go('continue');
    assert.equal((await client.top()).line, client.line('return {'));
    await client.setBreakpoints([client.line('name: Tell')]);
    await client.go('continue');
    assert.equal((await client.top()).line, client.line('name: Tell'));
  });

  it('what cannot be done there is said', async () => {
    const client = await session(items(1), ['let total']);
    await client.stopped();
    const [top] = await client.frames();
    assert.equal(top!.canRestart, false);
    assert.match(await client.refused('restartFrame', { frameId: top!.id }), /Step out of it first/);
    assert.match(await client.refused('flows.dropEvent'), /about to handle it/);
    const event = await client.scope('Event');
    assert.match(
      await client.refused('setVariable', { variablesReference: event, name: 'data', value: '1' }),
      /handling this event already/,
    );
  });

  it('the end of a session lets the flow go on', async () => {
    const client = await session(items(1), ['let total']);
    await client.stopped();
    await client.ask('disconnect', { terminateDebuggee: false });
    const told = await client.until('the run', () => client.host);
    await new Promise<void>((resolve) => told.onIdle(() => resolve()));
    assert.equal((await told.status()).failures, 0);
  });

  it('stopping the run while it stands leaves nothing behind', async () => {
    const client = await session(items(1), ['let total']);
    await client.stopped();
    await client.ask('terminate');
    await client.event('terminated');
  });

  it('a failure inside is told at its own line and column', async () => {
    const text = SUMS.replace('let total = 0;', 'let total = previous.missing.field;');
    const client = await session(items(1), [['return price;', { condition: 'false' }]], {
      text,
      filters: ['all'],
    });
    const { reason } = await client.stopped();
    assert.equal(reason, 'exception');
    assert.equal((await client.top()).line, client.line('let total'));
    const { description } = await client.ask<{ description: string }>('exceptionInfo', { threadId: 1 });
    assert.match(description, new RegExp(`line ${client.line('let total')}, column 42\\)`));
  });

  it('waits for promises: a step goes over an await to the next line', async () => {
    const text = SUMS.replace('(() => {', '(async () => {').replace(
      'let total = 0;',
      'let total = await new Promise((done) => setTimeout(done, 20, 1));',
    );
    const client = await session(items(1), ['let total', 'name: Tell'], { text });
    await client.stopped();
    await client.go('next');
    assert.equal((await client.top()).line, client.line('for (const price'));
    assert.deepEqual(await client.shown('Local'), ['prices = (1) [2]', 'total = 1']);
    await client.go('continue');
    assert.deepEqual(await client.shown('Previous'), ['total = 3', 'first = {price: 1}']);
  });

  it('the configuration of an input, one expression after the other', async () => {
    const text = `blocks:
  - name: Decide
    type: { coreBlock: condition }
    inputs:
      default:
        config:
          condition: !expr |-
            previous.items.some(
              (item) => item.price > 1,
            )
`;
    const client = await session(
      { event: { block: 'Decide', data: { items: [{ price: 1 }, { price: 2 }] } } },
      ['(item) => item.price'],
      { text },
    );
    await client.stopped();
    assert.equal((await client.top()).name, 'inputs.default.config.condition');
    await client.go('stepIn');
    assert.deepEqual(await client.shown('Local'), ['item = {price: 1}']);
  });

  describe('where they can be set', () => {
    it('on a line of an expression: what begins there, or after it, or before it', async () => {
      const text = SUMS.replace('total,', '// the sum\n              total,');
      const client = new DebugClient(text);
      const set = await client.launch({}, [
        client.line('// the sum'),
        client.line('})()'),
        client.line('outputCustomization'),
      ]);
      assert.deepEqual(
        set.map(({ verified, line, message }) => [verified, line, message]),
        [
          [
            true,
            client.line('first: outputs.start'),
            'Stops inside outputs.default.outputCustomization of “Sum”, before what stands here.',
          ],
          [
            true,
            client.line('first: outputs.start'),
            'Stops inside outputs.default.outputCustomization of “Sum”, before what stands here.',
          ],
          [true, client.line('outputCustomization'), 'Stops after “Sum” has emitted on default.'],
        ],
      );
    });

    it('in folded and quoted text: at the lines of the file', async () => {
      const text = `blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr >-
          ((a) => {
          const b = a + 1;

          return b;
          })(previous.n)
`;
      const client = await session({ event: { block: 'Start', data: { n: 1 } } }, ['return b'], { text });
      await client.stopped();
      assert.equal((await client.top()).line, client.line('return b'));
      assert.deepEqual(await client.shown('Local'), ['b = 2', 'a = 1']);
    });

    it('not in what is evaluated before the run begins', async () => {
      const text = `blocks:
  - name: Hourly
    type: { coreBlock: schedule }
    config:
      type: cron
      definition: !expr |-
        [
          '0 * * * *',
        ][0]
`;
      const client = new DebugClient(text);
      const [set] = await client.launch({}, [client.line("'0 * * * *'")]);
      const changed = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.equal(changed.breakpoint.id, set!.id);
      assert.equal(changed.breakpoint.verified, false);
      assert.match(changed.breakpoint.message ?? '', /evaluated before the run begins/);
    });

    it('in an expression that was changed since the start: says so', async () => {
      const client = await session(items(1), ['name: Sum']);
      await client.stopped();
      client.text = client.text.replace('let total = 0', 'let total = 10');
      await client.ask('flows.changed');
      await client.setBreakpoints([client.line('let total')]);
      const changed = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.equal(changed.breakpoint.verified, false);
      assert.match(changed.breakpoint.message ?? '', /another one in this run\. .*restart it/);
    });
  });
});
