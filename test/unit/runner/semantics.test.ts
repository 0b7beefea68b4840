import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CHOICES } from '../../../client/runner/semantics.js';
import { chain, stopAll, TestRun } from './harness.js';

const parsed = (data: string): unknown => JSON.parse(data) as unknown;

const described = (run: TestRun): string => {
  const { name, message } = run.failures()[0]!.error;
  return `${name}: ${message}`;
};

describe('semantics', function () {
  this.timeout(30_000);
  afterEach(stopAll);

  it('fans an event out to every linked input, and shows each branch only its own ancestors', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Source
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '({ n: previous.n + 1 })' } }
  - name: Left Side
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Source, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr 'Object.keys(outputs)' } }
  - name: Right Side
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Source, output: default }], config: {} } }
    outputs: { default: { outputCustomization: !expr '[previous.n, outputs.source.n, outputs.leftSide === undefined]' } }
`);
    await run.send('Source', { n: 1 });
    assert.deepEqual(run.data('Left Side'), ['source']);
    assert.deepEqual(run.data('Right Side'), [2, 2, true]);
  });

  it('merges the data of all ancestors, and the nearest of two with one key wins', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Step', type: 'transform', output: '"first"' },
        { name: 'Other', type: 'transform', output: '({ seen: outputs.step })' },
        { name: 'Step (1)', type: 'transform', output: '"second"' },
        {
          name: 'End',
          type: 'transform',
          output: '({ step: outputs.step, other: outputs.other, previous })',
        },
      ),
    );
    await run.send('Step', null);
    assert.deepEqual(run.data('End'), { step: 'second', other: { seen: 'first' }, previous: 'second' });
  });

  it('sends an event of a condition to one output, by truthiness, with the data that came in', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Check
    type: { coreBlock: condition }
    inputs: { default: { config: { condition: !expr previous.value } } }
  - name: Yes
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Check, output: then }], config: {} } }
  - name: No
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Check, output: else }], config: {} } }
`);
    for (const value of [1, 'text', 0, '', null]) await run.send('Check', { value });
    assert.deepEqual(
      run.events('Yes').map(({ data }) => parsed(data)),
      [{ value: 1 }, { value: 'text' }],
    );
    assert.deepEqual(
      run.events('No').map(({ data }) => parsed(data)),
      [{ value: 0 }, { value: '' }, { value: null }],
    );
  });

  it('customises outputs of conditions and of blocks with effects, which show their own data as `raw` and under their key', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Check
    type: { coreBlock: condition }
    inputs: { default: { config: { condition: true } } }
    outputs: { then: { outputCustomization: !expr '({ was: previous.n })' } }
  - name: Wait
    type: { coreBlock: sleep }
    inputs: { default: { links: [{ block: Check, output: then }], config: { sleep: 0 } } }
    outputs: { default: { outputCustomization: !expr '[raw, outputs.wait, previous, outputs.check]' } }
`);
    await run.send('Check', { n: 7 });
    const was = { was: 7 };
    assert.deepEqual(run.data('Wait'), [was, was, was, was]);
  });

  it('awaits promises, also several in one configuration', async () => {
    const run = await TestRun.start(`
blocks:
  - name: Ask
    type: { coreBlock: httpEndpoint }
    config: { path: /ask, methods: [GET] }
    inputs:
      default:
        links: [{ block: Ask, output: requests }]
        config:
          statusCode: !expr (async () => 200 + 1)()
          body: !expr 'new Promise((resolve) => setTimeout(() => resolve({ ok: true }), 5))'
          headers: { x-constant: yes }
`);
    const answer = await fetch(run.url('/ask'));
    assert.deepEqual(
      [answer.status, await answer.json(), answer.headers.get('x-constant')],
      [201, { ok: true }, 'yes'],
    );
  });

  it('gives every expression its own data: what one changes no other sees', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'List', type: 'transform', output: '[3, 1, 2]' },
        { name: 'Sorted', type: 'transform', output: 'previous.sort()' },
        {
          name: 'Mutated',
          type: 'transform',
          output: '(() => { outputs.list.push(9); previous.length = 0; return outputs.list; })()',
        },
        { name: 'End', type: 'transform', output: '[outputs.list, outputs.sorted]' },
      ),
    );
    await run.send('List', null);
    assert.deepEqual(run.data('End'), [
      [3, 1, 2],
      [1, 2, 3],
    ]);
  });

  it('evaluates strictly, as one expression', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Object', type: 'transform', output: '{ a: 1, b: [2] }' },
        { name: 'Strict', type: 'transform', output: '(() => { undeclared = 1; })()' },
      ),
    );
    await run.send('Object', null);
    assert.deepEqual(run.data('Object'), { a: 1, b: [2] });
    assert.match(described(run), /^ReferenceError: undeclared is not defined/);
  });

  it('provides the globals that flows in use need', async () => {
    const run = await TestRun.start(
      chain({
        name: 'Globals',
        type: 'transform',
        output: `(async () => {
  const url = new URL('/a?x=1', 'https://example.com');
  url.searchParams.set('y', 'ä b');
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'));
  console.log('seen', { n: 1 });
  return {
    base64: btoa('hello'), text: atob('aGVsbG8='),
    utf8: [...new TextEncoder().encode('é')], back: new TextDecoder().decode(new Uint8Array([0xc3, 0xa9])),
    url: url.href, query: new URLSearchParams('a=1&b=2').get('b'),
    hash: Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 8),
    isBuffer: hash instanceof ArrayBuffer,
    uuid: crypto.randomUUID().length,
    clone: structuredClone({ d: new Date(0), m: new Map([[1, 2]]) }).m.get(1),
    number: new Intl.NumberFormat('en').format(1234.5),
  };
})()`,
      }),
    );
    await run.send('Globals', null);
    assert.deepEqual(run.data('Globals'), {
      base64: 'aGVsbG8=',
      text: 'hello',
      utf8: [195, 169],
      back: 'é',
      url: 'https://example.com/a?x=1&y=%C3%A4+b',
      query: '2',
      hash: 'ba7816bf',
      isBuffer: true,
      uuid: 36,
      clone: 2,
      number: '1,234.5',
    });
    assert.ok(
      run.entries.some(
        (entry) => entry.kind === 'log' && entry.block === 'Globals' && entry.text === 'seen {"n":1}',
      ),
    );
  });

  it('encrypts with the key of an Encryption key block, and decrypts with that key only', async () => {
    const run = await TestRun.start(
      chain({
        name: 'Vault',
        type: 'transform',
        output: `(async () => {
  const key = btoa('0123456789abcdef0123456789abcdef');
  const sealed = encrypt(key, 'hé 😀');
  const failure = (act) => { try { return act(); } catch (error) { return error.name + ': ' + error.message; } };
  const raw = (text) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  const imported = await crypto.subtle.importKey('raw', raw(key), 'AES-GCM', false, ['decrypt']);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: raw(sealed).slice(0, 12) }, imported, raw(sealed).slice(12));
  return {
    text: decrypt(key, sealed), awaited: await decrypt(await key, await encrypt(key, '')),
    isOther: encrypt(key, 'hé 😀') !== sealed, standard: new TextDecoder().decode(plain),
    failures: [
      failure(() => decrypt(btoa('0123456789abcdef0123456789abcdeX'), sealed)),
      failure(() => decrypt(key, sealed.slice(0, 8))), failure(() => decrypt(key, '?')),
      failure(() => encrypt('short', 'x')), failure(() => encrypt(undefined, 'x')), failure(() => encrypt(key, { a: 1 })),
    ],
  };
})()`,
      }),
    );
    await run.send('Vault', null);
    const unreadable =
      'Error: decrypt() cannot read this: it was encrypted with another key, elsewhere, or is not whole.';
    const noKey =
      'TypeError: encrypt() takes a key first: 32 bytes in Base64, as the signal of an Encryption key block.';
    assert.deepEqual(run.data('Vault'), {
      text: 'hé 😀',
      awaited: '',
      isOther: true,
      standard: 'hé 😀',
      failures: [
        unreadable,
        unreadable,
        unreadable,
        noKey,
        noKey,
        'TypeError: encrypt() takes text second. Use JSON.stringify() for anything else.',
      ],
    });
  });

  it('has all of the console that completion offers', async () => {
    const run = await TestRun.start(
      chain({
        name: 'Log',
        type: 'transform',
        output: `(() => {
  console.table([{ a: 1 }]); console.dir({ b: 2 }); console.group('g', 1); console.groupEnd();
  console.assert(true, 'no'); console.assert(false, 'yes'); console.count(); console.count(); console.countReset(); console.count();
  console.time('t'); console.timeLog('t', 'x'); console.timeEnd('t'); console.timeEnd('t');
})()`,
      }),
    );
    await run.send('Log', null);
    const logged = run.entries.flatMap((entry) =>
      entry.kind === 'log' && entry.block === 'Log'
        ? [`${entry.level} ${entry.text.replace(/[\d.]+ ms/, 'N ms')}`]
        : [],
    );
    assert.deepEqual(logged, [
      'info [{"a":1}]',
      'info {"b":2}',
      'info g 1',
      'error Assertion failed yes',
      'info default: 1',
      'info default: 2',
      'info default: 1',
      'info t: N ms x',
      'info t: N ms',
    ]);
  });

  it('turns texts into bytes and back as Node does, with a Buffer of the realm', async () => {
    const run = await TestRun.start(chain({ name: 'A', type: 'transform' }));
    await run.send('A', 1);
    const { id } = run.events('A')[1]!;
    const texts = [
      '',
      'a',
      'hé',
      '日本 🎉',
      '\ud800',
      'aGk',
      'aGk=',
      '_-8',
      'zz',
      '6bZ',
      '6b5',
      'x\u0000y',
      'ÿ€',
    ];
    const encodings = [
      'utf8',
      'UTF-8',
      'hex',
      'base64',
      'base64url',
      'latin1',
      'binary',
      'ascii',
      'ucs2',
      'utf16le',
    ];
    const source = (buffer: string): string => `(() => {
      const Bytes = ${buffer};
      const out = [];
      for (const text of ${JSON.stringify(texts)}) for (const from of ${JSON.stringify(encodings)}) {
        const bytes = Bytes.from(text, from);
        out.push([text, from, bytes.toJSON(), /^(hex|base64)/.test(from) || Bytes.byteLength(text, from)]);
        for (const to of ${JSON.stringify(encodings)}) out.push(bytes.toString(to, 0, 5));
      }
      const [a, b] = [Bytes.from([1, 2, 300]), Bytes.alloc(5, 'ab')];
      out.push(a.equals(Bytes.from(a)), Bytes.compare(a, b), Bytes.concat([a, b]).toString('hex'), Bytes.concat([a, b], 4).toString('hex'));
      out.push(b.slice(1, 3).toString(), b.subarray(1).toString(), Bytes.isBuffer(b.slice(1)), Bytes.isBuffer(new Uint8Array(1)), Bytes.isEncoding('x'));
      out.push(Bytes.from(new Uint8Array([1, 2, 3]).buffer, 1, 1).toString('hex'), Bytes.from(JSON.parse(JSON.stringify(a))).toString('hex'));
      out.push(\`\${b}\`, b.length, JSON.stringify({ a }));
      return JSON.stringify(out);
    })()`;
    const given = JSON.parse((await run.host.evaluate(id, source('Buffer'))).value) as string;
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    const expected = new Function('Buffer', `return ${source('Buffer')}`)(Buffer) as string;
    assert.deepEqual(JSON.parse(given), JSON.parse(expected));
    for (const wrong of ['Buffer.from(1)', 'Buffer.from("a", "what")', 'Buffer.byteLength({})'])
      await assert.rejects(run.host.evaluate(id, wrong), /TypeError/);
    await assert.rejects(
      run.host.evaluate(id, '(String.prototype.replace = () => "%%%%", Buffer.from("a", "base64"))'),
      /TypeError: The text or the bytes cannot be converted/,
    );
  });

  it('reads signals by ref() and by signals, and names what is missing', async () => {
    const run = await TestRun.start(
      chain(
        {
          name: 'Both',
          type: 'transform',
          output: '[ref("signal.slack.bot_id"), signals.slack.bot_id, ref("signal.azure.tokens").graph]',
        },
        { name: 'Owner', type: 'transform', output: 'signals.github.login' },
      ),
      { signals: { slack: { bot_id: 'B1' }, azure: { tokens: { graph: 'g' } } } },
    );
    await run.send('Both', null);
    assert.deepEqual(run.data('Both'), ['B1', 'B1', 'g']);
    assert.match(run.failures()[0]!.error.message, /called "github"/);
  });

  it('turns results into JSON, and fails where that is not possible', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Nothing', type: 'transform', output: 'undefined' },
        { name: 'Date', type: 'transform', output: '({ at: new Date(0), f() {}, u: undefined })' },
        { name: 'Big', type: 'transform', output: '({ n: 10n })' },
      ),
    );
    await run.send('Nothing', null);
    assert.equal(run.data('Nothing'), null);
    assert.deepEqual(run.data('Date'), { at: '1970-01-01T00:00:00.000Z' });
    assert.match(run.failures()[0]!.error.message, /cannot be turned into JSON.*BigInt/);
  });

  it('stops a loop without end and says which blocks it goes through', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Ping
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Pong, output: default }], config: {} } }
  - name: Pong
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Ping, output: default }], config: {} } }
`,
      { options: { maxDepth: 200 } },
    );
    const status = await run.send('Ping', { n: 1 });
    assert.equal(status.events, 200);
    assert.match(run.failures()[0]!.error.message, /200 blocks long.*"Ping" → "Pong"/);
  });

  it('stops a flood of events at the limit of waiting deliveries', async () => {
    const run = await TestRun.start(
      `
blocks:
  - name: Double
    type: { coreBlock: transform }
    inputs: { default: { links: [{ block: Double, output: default }, { block: Double, output: default }], config: {} } }
`,
      { options: { maxQueue: 1000, maxDepth: 30 } },
    );
    await run.send('Double', { n: 1 });
    assert.ok(run.failures().some(({ error }) => /More than 1000 events wait at once/.test(error.message)));
    assert.equal((await run.host.status()).pending, 0);
  });

  it('emits a past event again, with its own data or other, in the same descent', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'First', type: 'transform', output: '({ n: previous })' },
        { name: 'Second', type: 'transform', output: '({ n: previous.n * 10 })' },
        { name: 'Third', type: 'transform', output: '[outputs.first.n, previous.n]' },
      ),
    );
    await run.send('First', 1);
    const second = run.events('Second')[0]!;
    await run.host.reEmit(second.id);
    await run.host.reEmit(second.id, { n: 77 });
    await run.until(() => run.events('Third').length === 3);
    assert.deepEqual(
      run.events('Third').map(({ data }) => parsed(data)),
      [
        [1, 10],
        [1, 10],
        [1, 77],
      ],
    );
    await assert.rejects(run.host.reEmit('01a205ac-0e7b-7029-8bc3-0000000000ff'), /not kept any more/);
  });

  it('gives a debug event the ancestors that are sent with it', async () => {
    const run = await TestRun.start(
      chain(
        { name: 'Get Issue', type: 'transform' },
        { name: 'Use', type: 'transform', output: '[outputs.getIssue?.id, previous]' },
      ),
    );
    await run.send('Use', 'data', { 'Get Issue': { id: 5 } });
    await run.send('Use', 'data');
    assert.deepEqual(
      run
        .events('Use')
        .filter(({ output }) => output)
        .map(({ data }) => parsed(data)),
      [
        [5, 'data'],
        [null, 'data'],
      ],
    );
    await assert.rejects(
      run.host.debugEvent({ block: 'Nowhere', data: 1 }),
      /No block of this flow is called "Nowhere"/,
    );
  });

  it('names unknown core blocks and what is supported', async () => {
    const run = await TestRun.start(chain({ name: 'Odd', type: 'quantum' }));
    await run.send('Odd', 1);
    assert.match(run.failures()[0]!.error.message, /"quantum".*Supported: .*transform/);
  });

  describe('failures', () => {
    it('name block, field, line and column in the file', async () => {
      const run = await TestRun.start(`
blocks:
  - name: Broken
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs:
      default:
        outputCustomization: !expr |-
          (() => {
            const issue = previous.issue;
            return issue.fields.name;
          })()
`);
      await run.send('Broken', {});
      const [failure] = run.failures();
      assert.deepEqual(
        [failure!.block, failure!.error.path, failure!.error.place],
        ['Broken', 'outputs.default.outputCustomization', { line: 11, column: 26 }],
      );
      assert.match(described(run), /^TypeError: Cannot read properties of undefined \(reading 'fields'\)/);
      assert.deepEqual(
        failure!.error.stack[0],
        'at "Broken" outputs.default.outputCustomization (test.flow.yaml:11:26)',
      );
      assert.ok(failure!.error.stack.every((frame) => /test\.flow\.yaml:\d+:\d+\)$/.test(frame)));
    });

    it('map through escapes of quoted scalars', async () => {
      const run = await TestRun.start(`
blocks:
  - name: Quoted
    type: { coreBlock: transform }
    inputs: { default: { config: {} } }
    outputs: { default: { outputCustomization: !expr '''it'' + nowhere' } }
`);
      await run.send('Quoted', {});
      const [failure] = run.failures();
      assert.match(described(run), /^ReferenceError: nowhere is not defined/);
      assert.deepEqual(failure!.error.place, { line: 6, column: 64 });
    });

    it('tell syntax errors at their place', async () => {
      const run = await TestRun.start(chain({ name: 'Typo', type: 'transform', output: 'previous.\n  a b' }));
      await run.send('Typo', {});
      const [failure] = run.failures();
      assert.match(described(run), /^SyntaxError: Unexpected "b"/);
      const text = chain({ name: 'Typo', type: 'transform', output: 'previous.\n  a b' }).split('\n');
      const { line, column } = failure!.error.place!;
      assert.equal(text[line - 1]!.slice(column - 1), 'b');
    });

    it('cannot leave the parentheses around an expression', async () => {
      const run = await TestRun.start(
        chain({ name: 'Out', type: 'transform', output: '1); throw new Error("statement"); (2' }),
      );
      await run.send('Out', {});
      assert.match(described(run), /^SyntaxError/);
    });

    it('do not stop the rest of the run', async () => {
      const run = await TestRun.start(
        chain({ name: 'Maybe', type: 'transform', output: 'previous.value.length' }),
      );
      await run.send('Maybe', {});
      await run.send('Maybe', { value: 'abc' });
      assert.equal(run.failures().length, 1);
      assert.equal(run.events('Maybe').at(-1)!.data, '3');
    });

    it('describe whatever was thrown', async () => {
      const run = await TestRun.start(
        chain({
          name: 'Throw',
          type: 'transform',
          output: '(() => { throw previous === 1 ? "text" : previous === 2 ? null : { code: 5 }; })()',
        }),
      );
      for (const which of [1, 2, 3]) await run.send('Throw', which);
      assert.deepEqual(
        run.failures().map(({ error }) => error.message),
        ['Thrown: text', 'Thrown: null', '{"code":5}'],
      );
    });
  });

  it('lists every choice of semantics.ts in docs/semantics.md', () => {
    const docs = readFileSync('docs/semantics.md', 'utf8');
    for (const { question, choice, reason } of CHOICES) {
      assert.ok(
        docs.includes(`| ${question} | ${choice} | ${reason} |`),
        `docs/semantics.md lacks: ${question}`,
      );
    }
  });
});
