/** Structured values: events, errors, buffers. */
import assert from 'node:assert/strict';
import { spawnSync, execSync } from 'node:child_process';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Redactor } from '../../../client/redaction/index.js';

const TOKEN = 'k7Qw2ZxT9vBn4LmR8sYd';
const redactor = new Redactor([
  { key: 'TOKEN', value: TOKEN },
  { key: 'PIN', value: '8675309' },
  { key: 'FLAG', value: 'true' },
  { key: 'SHORT', value: '42' },
  { key: 'SHOWN', value: 'visible-value-1', sensitive: false },
]);
const MARK = '‹secret:TOKEN›';

/** Everything of a value that a person or a file could get to see. */
function everythingShown(value: unknown): string {
  return inspect(value, {
    depth: null,
    showHidden: true,
    getters: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
}

describe('redaction: structured values', () => {
  it('masks strings, keys, numbers and booleans', () => {
    assert.deepEqual(
      redactor.value({
        a: `x ${TOKEN}`,
        [TOKEN]: [1, 8675309, true, false, 42, null, undefined],
        b: 86753091,
        big: 8675309n,
      }),
      {
        a: `x ${MARK}`,
        [MARK]: [1, '‹secret:PIN›', '‹secret:FLAG›', false, 42, null, undefined],
        b: 86753091,
        big: '‹secret:PIN›',
      },
    );
    assert.equal(redactor.value(8675309), '‹secret:PIN›');
    assert.equal(redactor.value(true), '‹secret:FLAG›');
    assert.equal(redactor.value('visible-value-1'), 'visible-value-1');
  });

  it('keeps keys apart that become the same', () => {
    assert.deepEqual(redactor.value({ [TOKEN]: 1, [TOKEN.toLowerCase()]: 2 }), {
      [MARK]: 1,
      [`${MARK} (2)`]: 2,
    });
  });

  it('returns the very object when there is nothing to hide', () => {
    const event = {
      id: 'x',
      list: [1, { deep: new Map([['k', new Set(['v'])]]) }],
      error: new Error('boom'),
      bytes: Buffer.from('ok'),
    };
    assert.equal(redactor.value(event), event);
  });

  it('shares the clean parts of what it copies', () => {
    const clean = { deep: { er: 'fine' } };
    const event = { clean, dirty: { t: TOKEN }, list: [clean, TOKEN] };
    const copy = redactor.value(event) as typeof event;
    assert.notEqual(copy, event);
    assert.equal(copy.clean, clean);
    assert.equal(copy.list[0], clean);
    assert.equal(event.dirty.t, TOKEN, 'the original is left alone');
  });

  it('follows cycles', () => {
    const a: Record<string, unknown> = { name: 'a' };
    const b: Record<string, unknown> = { back: a, list: [a] };
    a['b'] = b;
    a['self'] = a;
    assert.equal(redactor.value(a), a);
    b['token'] = TOKEN;
    const copy = redactor.value(a) as Record<string, Record<string, unknown>>;
    assert.equal(copy['self'], copy);
    assert.equal(copy['b']!['back'], copy);
    assert.equal(copy['b']!['token'], MARK);
    assert.ok(!everythingShown(copy).includes(TOKEN));
  });

  it('is not stopped by depth', () => {
    let deep: unknown = TOKEN;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    let copy = redactor.value(deep);
    while (Array.isArray(copy)) copy = copy[0] as unknown;
    assert.equal(copy, MARK);
  });

  it('masks Maps and Sets, as keys and as values', () => {
    const map = new Map<unknown, unknown>([
      [TOKEN, { v: TOKEN }],
      [{ k: TOKEN }, 1],
    ]);
    assert.deepEqual(
      redactor.value(map),
      new Map<unknown, unknown>([
        [MARK, { v: MARK }],
        [{ k: MARK }, 1],
      ]),
    );
    assert.deepEqual(redactor.value(new Set([TOKEN, 'x', [TOKEN]])), new Set([MARK, 'x', [MARK]]));
  });

  it('masks bytes in every guise', () => {
    const bytes = Buffer.from(`a ${TOKEN} z`);
    const masked = Buffer.from(`a ${MARK} z`);
    assert.deepEqual(redactor.value(bytes), masked);
    assert.deepEqual(redactor.value(new Uint8Array(bytes)), new Uint8Array(masked));
    assert.deepEqual(redactor.value(Uint8Array.from(bytes).buffer), Uint8Array.from(masked).buffer);
    assert.deepEqual(redactor.value(new DataView(Uint8Array.from(bytes).buffer)), new Uint8Array(masked));
    assert.deepEqual(redactor.value([...bytes]), [...masked]);
    assert.deepEqual(redactor.value(JSON.parse(JSON.stringify(bytes))), {
      type: 'Buffer',
      data: [...masked],
    });
    assert.ok(
      !everythingShown(redactor.value(new Uint16Array(Array.from(TOKEN, (c) => c.charCodeAt(0))))).includes(
        TOKEN,
      ),
    );
  });

  it('masks errors with cause, stack and own properties, and keeps them errors', () => {
    class HttpError extends Error {
      override name = 'HttpError';
      constructor(
        message: string,
        readonly url: string,
        options?: ErrorOptions,
      ) {
        super(message, options);
      }
    }
    const error = new HttpError(`GET failed with ${TOKEN}`, `https://h/?t=${TOKEN}`, {
      cause: new TypeError(`bad ${TOKEN}`),
    });
    const copy = redactor.value(error) as HttpError;
    assert.ok(copy instanceof HttpError);
    assert.equal(copy.message, `GET failed with ${MARK}`);
    assert.equal(copy.url, `https://h/?t=${MARK}`);
    assert.equal((copy.cause as Error).message, `bad ${MARK}`);
    assert.match(copy.stack!, /^\w*Error: GET failed with ‹secret:TOKEN›\n {4}at /);
    assert.ok(!everythingShown(copy).includes(TOKEN));
    assert.ok(error.message.includes(TOKEN), 'the original is left alone');
    const many = redactor.value(new AggregateError([new Error(TOKEN)], 'several')) as AggregateError;
    assert.equal((many.errors[0] as Error).message, MARK);
  });

  it('masks what node puts into its errors', () => {
    const errors: unknown[] = [];
    const attempt = (act: () => unknown): void => {
      try {
        act();
      } catch (error) {
        errors.push(error);
      }
    };
    attempt(() => execSync(`exit 3 # ${TOKEN}`, { stdio: 'pipe' }));
    errors.push(spawnSync('/nonexistent/program', [TOKEN]).error);
    attempt(() => JSON.parse(`{"v": ${TOKEN}}`) as unknown);
    attempt(() => new URL(`no url ${TOKEN}`));
    attempt(() => spawnSync('true', { env: { V: `${TOKEN}\0` } }));
    attempt(() => Buffer.from('').write('x', TOKEN as BufferEncoding));
    assert.equal(errors.length, 6);
    for (const error of errors) {
      assert.ok(
        !everythingShown(redactor.value(error)).includes(TOKEN.slice(0, 8)),
        (error as Error).message,
      );
    }
  });

  it('survives getters that throw and keeps what getters gave', () => {
    const event = {
      get bad(): string {
        throw new Error(`no ${TOKEN}`);
      },
      get good() {
        return TOKEN;
      },
    };
    assert.deepEqual(redactor.value(event), { bad: `[threw no ${MARK}]`, good: MARK });
    let calls = 0;
    const sly = {
      get value() {
        return calls++ === 0 ? 'harmless' : TOKEN;
      },
    };
    const copy = redactor.value(sly) as typeof sly;
    assert.equal(copy.value, 'harmless');
    assert.equal(copy.value, 'harmless');
  });

  it('does not trust proxies and toJSON', () => {
    const proxy = new Proxy(
      { a: 1 },
      {
        get: () => TOKEN,
        getOwnPropertyDescriptor: () => ({ value: TOKEN, configurable: true, enumerable: true }),
      },
    );
    assert.deepEqual(redactor.value({ proxy }), { proxy: { a: MARK } });
    const broken = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error(TOKEN);
        },
      },
    );
    assert.deepEqual(redactor.value([broken]), ['[unreadable]']);
    assert.deepEqual(redactor.value({ v: { toJSON: () => ({ t: TOKEN }) } }), { v: { t: MARK } });
    const endless = { toJSON: (): unknown => ({ ...endless, t: TOKEN }) };
    assert.ok(!JSON.stringify(redactor.value(endless)).includes(TOKEN));
  });

  it('masks addresses, headers, patterns, boxed values, functions and symbols', () => {
    assert.equal(redactor.value(new URL(`https://me:${TOKEN}@h/`)), `https://me:${MARK}@h/`);
    assert.equal(redactor.value(new URLSearchParams({ t: TOKEN })), `t=${MARK}`);
    assert.deepEqual(
      redactor.value(new Headers({ authorization: `Bearer ${TOKEN}` })),
      new Map([['authorization', `Bearer ${MARK}`]]),
    );
    assert.equal(redactor.value(new RegExp(TOKEN)), `/${MARK}/`);
    assert.equal(redactor.value(Object(TOKEN)), MARK);
    assert.equal(
      redactor.value(() => 'k7Qw2ZxT9vBn4LmR8sYd'),
      '[Function: ]',
    );
    assert.equal(String(redactor.value(Symbol(TOKEN))), `Symbol(${MARK})`);
    const url = new URL('https://example.com/');
    assert.equal(redactor.value(url), url);
  });

  it('keeps prototypes, hidden properties and holes', () => {
    class Event {
      constructor(readonly token: string) {}
    }
    const copy = redactor.value(new Event(TOKEN)) as Event;
    assert.ok(copy instanceof Event);
    const hidden = Object.defineProperty({}, 'secret', { value: TOKEN, enumerable: false });
    const masked = redactor.value(hidden) as Record<string, unknown>;
    assert.deepEqual([masked['secret'], Object.keys(masked)], [MARK, []]);
    const holes = [TOKEN, , 1]; // eslint-disable-line no-sparse-arrays -- holes are what this is about
    assert.deepEqual(redactor.value(holes), [MARK, , 1]); // eslint-disable-line no-sparse-arrays -- as above
    assert.deepEqual(
      redactor.value(JSON.parse(`{"__proto__": "${TOKEN}"}`)),
      JSON.parse(`{"__proto__": "${MARK}"}`),
    );
  });

  it('says which secrets a value holds', () => {
    assert.deepEqual(
      redactor.containsSecret({ a: [TOKEN, { b: 8675309 }], c: Buffer.from(TOKEN).toString('base64') }),
      ['PIN', 'TOKEN'],
    );
    assert.deepEqual(redactor.containsSecret({ a: 'nothing', b: 42 }), []);
    assert.deepEqual(redactor.containsSecret(`x${'y'.repeat(300_000)} ${TOKEN}`), ['TOKEN']);
  });

  it('shows no secret of any value, and changes nothing else', () => {
    const one = new Redactor([{ key: 'T', value: TOKEN }]);
    const string = fc.oneof(
      fc.string(),
      fc.constantFrom(TOKEN, `a${TOKEN}b`, Buffer.from(TOKEN).toString('base64'), TOKEN.toUpperCase()),
    );
    const anything = fc.anything({
      withBigInt: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withDate: true,
      withNullPrototype: true,
      withSparseArray: true,
      key: string,
      values: [string, fc.integer(), fc.boolean()],
    });
    fc.assert(
      fc.property(anything, (value) => {
        const shown = everythingShown(one.value(value));
        assert.ok(!shown.toLowerCase().includes(TOKEN.toLowerCase()));
        if (one.containsSecret(value).length === 0) assert.ok(Object.is(one.value(value), value));
      }),
      { numRuns: 1000 },
    );
  });
});
