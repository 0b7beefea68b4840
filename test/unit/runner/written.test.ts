import assert from 'node:assert/strict';
import vm from 'node:vm';
import fc from 'fast-check';
import { planExpression } from '../../../client/runner/analysis.js';
import { makeWriter } from '../../../client/runner/sandbox/writer.js';
import { chain, stopAll, TestRun } from './harness.js';

/** What a literal makes, by an expression: its leaves are items of `previous`. */
function written(text: string, previous: readonly unknown[]): { value: unknown; json: string | undefined } {
  const { fresh } = planExpression(text);
  const value: unknown = vm.runInNewContext(`(${text})`, { previous });
  return { value, json: fresh && makeWriter(fresh)(value) };
}

type Shape = { readonly [key: string]: Shape } | readonly Shape[] | null;

const { shape: shapes } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { arbitrary: fc.constant(null), weight: 3 },
    fc.dictionary(fc.string({ unit: 'binary' }), tie('shape'), { maxKeys: 5 }),
    fc.array(tie('shape'), { maxLength: 4 }),
  ),
}));

const leaves = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\n', '\u007f', '\u2028', '\ud800', '\udc00', 'ä', '😀'),
  }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1e21, 5e-324, NaN, Infinity, true, false, null, undefined),
  fc.constant({ nested: 1 }),
  fc.constant(10n),
);

describe('what literals make', function () {
  this.timeout(60_000);
  afterEach(stopAll);

  it('is written as JSON.stringify writes it, or not at all, and equals what that is parsed to', () => {
    let count = 0;
    fc.assert(
      fc.property(shapes, fc.array(leaves, { minLength: 1, maxLength: 8 }), (shape, previous) => {
        let next = 0;
        const literal = (part: Shape): string =>
          part === null
            ? `previous[${next++ % previous.length}]`
            : Array.isArray(part)
              ? `[${part.map(literal).join(', ')}]`
              : `{ ${Object.entries(part)
                  .map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`)
                  .join(', ')} }`;
        const { value, json } = written(`(${literal(shape)})`, previous);
        if (json === undefined) return;
        count++;
        assert.equal(json, JSON.stringify(value));
        // As deepStrictEqual, whatever realm the two are of.
        assert.deepEqual(structuredClone(value), JSON.parse(json));
      }),
      { numRuns: 1_000 },
    );
    assert.ok(count > 100, `only ${count} were written`);
  });

  it('is written for literals of every form', () => {
    for (const [text, json] of [
      ['{ n: previous[0], text: `${previous[1]}!` }', '{"n":1,"text":"a!"}'],
      ['[1, { "a b": [previous[1] ?? null] }]', '[1,{"a b":["a"]}]'],
      ['({})', '{}'],
      ['[]', '[]'],
    ] as const)
      assert.equal(written(`(${text})`, [1, 'a']).json, json, text);
  });

  it('is left alone where its JSON says less than it holds, or it may be somebody else’s too', () => {
    for (const text of [
      'previous',
      'previous[0] ? { a: 1 } : { a: 2 }',
      '{ ...previous }',
      '{ [previous[0]]: 1 }',
      '{ 1: 1 }',
      '{ "10": 1 }',
      '{ a: 1, a: 2 }',
      '{ __proto__: previous }',
      '{ toJSON: 1 }',
      '[, 1]',
      '[...previous]',
      '{ a: previous }',
      '{ a: undefined }',
      '{ a: -0 }',
      '{ a: 1 / 0 }',
      '{ a: [].concat(previous) }',
    ])
      assert.equal(written(`(${text})`, [1]).json, undefined, text);
    const { fresh } = planExpression('({ a: 1, b: [2] })');
    const writer = makeWriter(fresh!);
    assert.equal(writer({ a: 1, b: [2] }), '{"a":1,"b":[2]}');
    assert.equal(writer({ a: 1, b: Object.assign([2], { toJSON: () => 'else' }) }), undefined);
    assert.equal(writer(Object.setPrototypeOf({ a: 1, b: [2] }, { toJSON: () => 'else' })), undefined);
  });

  it('is each reader’s own, as far as a reader can tell', async () => {
    const run = await TestRun.start(
      chain(
        {
          name: 'Made',
          type: 'transform',
          output: '({ n: previous.n, list: [1, 2], inner: { text: "a" } })',
        },
        {
          name: 'Same',
          type: 'transform',
          output: '({ alike: outputs.made.n === previous.n, n: outputs.made.n })',
        },
        {
          name: 'Changes',
          type: 'transform',
          output:
            '(() => { outputs.made.list.push(3); outputs.made.inner.text = "b"; delete outputs.made.n; return outputs.made; })()',
        },
        {
          name: 'Reads',
          type: 'transform',
          output: '({ n: outputs.made.n, last: outputs.made.list[2] ?? 0, text: outputs.made.inner.text })',
        },
        { name: 'Hands On', type: 'transform', output: 'outputs.made' },
        {
          name: 'Changes Again',
          type: 'transform',
          output:
            '(() => { previous.inner.text = "c"; return [previous.inner.text, outputs.made.inner.text]; })()',
        },
      ),
    );
    await run.send('Made', { n: 7 });
    assert.deepEqual(run.failures(), []);
    assert.deepEqual(run.data('Same'), { alike: true, n: 7 });
    assert.deepEqual(run.data('Changes'), { list: [1, 2, 3], inner: { text: 'b' } });
    assert.deepEqual(run.data('Reads'), { n: 7, last: 0, text: 'a' });
    assert.deepEqual(run.data('Hands On'), { n: 7, list: [1, 2], inner: { text: 'a' } });
    assert.deepEqual(run.data('Changes Again'), ['c', 'a']);
  });

  it('is written by a `toJSON` that an expression gives all objects', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Before', type: 'transform', output: '({ n: 1 })' },
        {
          name: 'Spoils',
          type: 'transform',
          output: '(() => { Object.prototype.toJSON = function () { return "spoilt"; }; return 1; })()',
        },
        { name: 'After', type: 'transform', output: '({ n: outputs.before.n })' },
      ),
    );
    await run.send('Before', null);
    assert.deepEqual(run.data('Before'), { n: 1 });
    assert.deepEqual(run.data('After'), 'spoilt');
  });

  it('keeps every text on its way through the processes', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Keeps', type: 'transform', output: '({ text: previous.text, all: `<${previous.text}>` })' },
        { name: 'Passes', type: 'condition', config: 'condition: !expr true' },
      ),
    );
    const texts = [
      ...fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), 30),
      'ä'.repeat(70),
      '\u0000\u001f"\\\n\u2028',
      '😀'.repeat(5_000),
      '\ud800 alone \udc00',
    ];
    for (const text of texts) await run.host.debugEvent({ block: 'Keeps', data: { text } });
    await run.idle();
    assert.deepEqual(run.failures(), []);
    for (const block of ['Keeps', 'Passes'])
      assert.deepEqual(
        run
          .events(block)
          .filter(({ input }) => input === undefined)
          .map(({ data }) => JSON.parse(data) as unknown),
        texts.map((text) => ({ text, all: `<${text}>` })),
      );
  });
});
