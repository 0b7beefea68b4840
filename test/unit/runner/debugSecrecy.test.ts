/** Plants secrets and looks for them in everything that a debug session tells: pauses, answers, log points, changes. */
import assert from 'node:assert/strict';
import { assertNothing, CANARIES, everything, forms } from './canaries.js';
import { stopAll, TestRun } from './harness.js';

const ALL = Object.keys(CANARIES).map((key) => `secrets.${key}`);
const LIST = `[${ALL.join(', ')}]`;

const FLOW = `
blocks:
  - name: Start
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
  - name: Leak
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Start, output: default }], config: {} } }
    outputs:
      default:
        outputCustomization: !expr '({ list: ${LIST}, plain: secrets.PLAIN, other: 1, text: "token " + secrets.SPECIAL })'
  - name: Take
    type: { coreBlock: httpRequest }
    inputs:
      default:
        links: [{ block: Leak, output: default }]
        config: { url: !expr '"http://127.0.0.1:9/" + encodeURIComponent(secrets.PLAIN)', headers: !expr '({ token: previous.plain })' }
  - name: Throw
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Leak, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '(() => { throw new Error(${LIST}.join(" ")); })()' } }
`;

const EXPRESSIONS = [
  'secrets',
  '({ ...secrets })',
  'Object.entries(secrets)',
  'JSON.stringify(secrets)',
  ...ALL,
  LIST,
  'outputs',
  'previous',
  'event',
  'new Map(Object.entries(secrets))',
  'new Set(Object.values(secrets))',
  'new Error(secrets.PLAIN)',
  'Object.assign(() => 1, { x: secrets.PLAIN })',
  '({ [secrets.PLAIN]: 1 })',
  'Symbol(secrets.PLAIN)',
  '({ [secrets.SPECIAL]() {} })[secrets.SPECIAL]',
  'new (class { static name = secrets.PLAIN })()',
  'new RegExp(secrets.PLAIN)',
  'new URL("http://x/?t=" + encodeURIComponent(secrets.SPECIAL))',
  'Promise.resolve(secrets.UNICODE)',
  'Promise.reject(new Error(secrets.PEM))',
  '(() => { throw secrets.PLAIN })()',
  'secrets[secrets.PLAIN]',
  'ref("signal." + secrets.PLAIN + ".x")',
  'outputs[secrets.PLAIN].x',
  'btoa(secrets.PLAIN)',
  'encodeURIComponent(secrets.SPECIAL)',
  'new TextEncoder().encode(secrets.PLAIN)',
  'new TextEncoder().encode(secrets.UNICODE).buffer',
  'Array.from(new TextEncoder().encode(secrets.PLAIN))',
  'secrets.PLAIN.split("")',
  '[...secrets.SPECIAL]',
  '({ a: [...secrets.UNICODE] })',
  'Array.from(secrets.PLAIN, (c) => c.charCodeAt(0))',
  'Object.fromEntries([...secrets.PLAIN].entries())',
  'console.log(secrets.PLAIN)',
];

describe('secrecy of a debug session', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('nothing that it tells holds a value in any form', async () => {
    const run = await TestRun.start(FLOW, {
      secrets: { ...CANARIES, PIN: '4711', LETTER: 'q' },
      signals: { bot: { token: CANARIES['PLAIN'] } },
      options: { debug: true },
    });
    const said: unknown[] = [];
    const ask = async (call: () => Promise<unknown>): Promise<void> =>
      void said.push(await call().catch((error: unknown) => [String(error), (error as Error).stack]));
    await ask(() =>
      run.host.setBreakpoints(
        [
          {
            id: 1,
            block: 'Take',
            input: 'default',
            condition: '(() => { throw new Error(secrets.PLAIN) })()',
          },
          {
            id: 2,
            block: 'Leak',
            output: 'default',
            logMessage: `all {${LIST}} {secrets} {secrets.PLAIN}{secrets.PEM}`,
          },
          {
            id: 3,
            block: 'Leak',
            output: 'default',
            logMessage: '{secrets.PLAIN.slice(0, 8)}{secrets.PLAIN.slice(8)} {outputs.x.y}',
          },
          { id: 4, block: CANARIES['PLAIN']!, input: 'x' },
          { id: 5, block: 'Leak', input: CANARIES['SPECIAL']! },
          { id: 6, block: 'Leak', input: 'default', condition: `"${CANARIES['PLAIN']}" +` },
          { id: 7, block: 'Leak', input: 'default', hitCondition: CANARIES['PLAIN']! },
        ],
        'all',
      ),
    );
    await run.host.debugEvent({ block: 'Start', data: { note: CANARIES['PLAIN'] } });
    const { chain, at } = await run.paused();
    assert.equal(at, 'input');
    const { id } = chain[0]!;
    for (const expression of EXPRESSIONS) await ask(() => run.host.evaluate(id, expression));
    await ask(() => run.host.inspect(id));
    await ask(() => run.host.setData(['other'], CANARIES));
    await ask(() => run.host.setData([CANARIES['PLAIN']!], 1));
    await ask(() => run.host.setData(['list', 0], `again ${CANARIES['PLAIN']}`));
    await ask(() => run.host.reEmit(id, { all: Object.values(CANARIES) }));
    for (let i = 0; i < 10 && run.standing; i++) {
      await run.host.resume();
      await run.until(async () => run.standing || (await run.host.status()).pending === 0);
    }
    assert.ok(run.pauses.some((pause) => pause.at === 'failure' && pause.block === 'Throw'));
    for (const event of run.events()) await ask(() => run.host.inspect(event.id));
    const text = await everything(run, said, run.pauses);
    assert.match(text, /‹secret:PLAIN›/);
    assertNothing(text);
    const letters = Array.from(CANARIES['PLAIN']!);
    for (const spelled of [letters, letters.map((letter) => letter.charCodeAt(0))])
      assert.ok(!text.includes(JSON.stringify(spelled)), 'a value shows spelled out');
  });

  it('`secrets` shows its keys, also of values that are too short to be found elsewhere', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: A
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '[secrets.PIN, secrets.LETTER].length' } }
`,
      { secrets: { PIN: '47', LETTER: 'q', OTHER: 'other' } },
    );
    await run.send('A', 1);
    const { id } = run.events('A')[1]!;
    const value = async (expression: string): Promise<unknown> =>
      JSON.parse((await run.host.evaluate(id, expression)).value);
    assert.deepEqual(await value('secrets'), { PIN: '‹secret:PIN›', LETTER: '‹secret:LETTER›' });
    assert.equal(await value('secrets.PIN'), '‹secret:PIN›');
    assert.equal(await value('Number(secrets.PIN)'), '‹secret:PIN›');
    assert.deepEqual(await value('[secrets.LETTER]'), ['‹secret:LETTER›']);
  });

  it('what is shown masked keeps its value when the data around it is changed', async () => {
    const run = await TestRun.start(FLOW, { secrets: CANARIES, options: { debug: true } });
    await run.host.setBreakpoints([{ id: 1, block: 'Take', input: 'default' }], 'none');
    await run.host.debugEvent({ block: 'Start', data: 1 });
    const { chain, number } = await run.paused();
    const { id } = chain[0]!;
    const shown = JSON.parse((await run.host.event(id))!.data) as Record<string, unknown>;
    assert.equal(shown['plain'], '‹secret:PLAIN›');
    await run.host.setData([], { ...shown, other: 2 });
    const same = async (event: string): Promise<unknown> =>
      JSON.parse(
        (
          await run.host.evaluate(
            event,
            '[previous.plain === secrets.PLAIN, previous.list[1] === secrets.SPECIAL, previous.other]',
          )
        ).value,
      );
    assert.deepEqual(await same(id), [true, true, 2]);
    const again = await run.host.reEmit(id, { ...shown, other: 3, list: ['‹secret:PLAIN›', 'new'] });
    assert.deepEqual(await same(again.id), [true, false, 3]);
    assert.equal(number, 1);
    assert.ok(forms(CANARIES['PLAIN']!).length > 0);
  });
});
