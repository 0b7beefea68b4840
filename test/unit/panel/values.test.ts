import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  fieldText,
  fieldValue,
  formOf,
  parseJson,
  type FormField,
} from '../../../client/panel/model/form.js';
import { clock, count, duration, elapsed, short, size } from '../../../client/panel/model/format.js';
import {
  findIn,
  nodeOf,
  PAGE,
  pageOf,
  valueAt,
  type JsonPath,
} from '../../../client/panel/model/jsonTree.js';
import { referenceTo } from '../../../client/panel/model/reference.js';
import type { Json } from '../../../flow/model.js';
import { RunEntries } from '../../../client/run/entries.js';
import type { RunEvent } from '../../../client/runner/protocol.js';

/** All of a value, put together from its pages. */
function whole(value: unknown, path: JsonPath = []): unknown {
  const { value: here } = valueAt(value, path)!;
  const { kind } = nodeOf(here);
  if (kind === 'string') {
    let text = '';
    for (let more = true; more;) {
      const page = pageOf(here, text.length);
      text += page.text!;
      ({ more } = page);
    }
    return text;
  }
  if (kind !== 'object' && kind !== 'array') return here;
  const entries: [string | number, unknown][] = [];
  for (let more = true; more;) {
    const page = pageOf(here, entries.length);
    for (const { key } of page.children) entries.push([key, whole(value, [...path, key])]);
    ({ more } = page);
  }
  return kind === 'array' ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

describe('a value as a tree', () => {
  it('its pages are all of it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        assert.deepEqual(whole(value), value);
      }),
    );
    const long = Array.from({ length: 2 * PAGE + 1 }, (_, i) => ({ i, text: 'x'.repeat(i) }));
    assert.deepEqual(whole(long), long);
    assert.equal(whole('y'.repeat(55_555)), 'y'.repeat(55_555));
  });

  it('a node is short, however large the value', () => {
    for (const value of [
      Array.from({ length: 1_000_000 }, (_, i) => i),
      Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i])),
      'z'.repeat(5_000_000),
    ])
      assert.ok(nodeOf(value).preview.length < 400);
  });

  it('finds every place whose key or value holds the text, and nothing else', () => {
    const data = { a: { Token: 'x', list: ['the TOKEN', 5, { deep: 'tok' }] }, b: 'token' };
    assert.deepEqual(findIn(data, 'token'), {
      paths: [['a', 'Token'], ['a', 'list', 0], ['b']],
      more: false,
    });
    assert.deepEqual(findIn(data, '5').paths, [['a', 'list', 1]]);
    assert.deepEqual(findIn(data, '').paths, []);
    assert.equal(findIn(Array(500).fill('same'), 'same').more, true);
  });

  it('a text in a very deep value is no overflow', () => {
    let value: unknown = 'end';
    for (let i = 0; i < 50_000; i++) value = [value];
    assert.equal(findIn(value, 'end').more, false);
  });

  it('a place in an event is named as an expression reads it', () => {
    assert.equal(
      referenceTo({ kind: 'data' }, ['body', 'items', 0, 'a b', 'größe']),
      'previous.body.items[0]["a b"].größe',
    );
    assert.equal(referenceTo({ kind: 'previous' }, []), 'previous');
    assert.equal(referenceTo({ kind: 'output', key: 'price' }, ['sum']), 'outputs.price.sum');
    assert.equal(referenceTo({ kind: 'output', key: '360View' }, ['sum']), 'outputs["360View"].sum');
    assert.equal(
      referenceTo({ kind: 'signals', owner: '2ndStack' }, ['a"b', '0']),
      'signals["2ndStack"]["a\\"b"]["0"]',
    );
    assert.equal(referenceTo({ kind: 'config', receiver: 0 }, ['url']), 'config.url');
  });

  it('paths lead to what they were found at, and nowhere else', () => {
    assert.equal(valueAt({ a: [1] }, ['a', 1]), undefined);
    assert.equal(valueAt({ a: 1 }, ['constructor']), undefined);
    assert.equal(valueAt(null, ['a']), undefined);
  });
});

describe('the form for an event', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Who it is' },
      age: { type: 'integer' },
      kind: { enum: ['a', 1] },
      tags: { type: 'array' },
      on: { type: 'boolean' },
      odd: true,
    },
    required: ['name'],
  };
  const fields = formOf(schema)!;

  it('has a field per property', () => {
    assert.deepEqual(
      fields.map(({ key, kind, required }) => [key, kind, required]),
      [
        ['name', 'text', true],
        ['age', 'integer', false],
        ['kind', 'choice', false],
        ['tags', 'json', false],
        ['on', 'boolean', false],
        ['odd', 'json', false],
      ],
    );
  });

  it('is none for what has no named properties', () => {
    for (const other of [undefined, {}, { type: 'string' }, { properties: [] }, { properties: {} }])
      assert.equal(formOf(other as never), undefined);
  });

  it('every value comes back as it was', () => {
    const byKind: Record<string, fc.Arbitrary<Json>> = {
      text: fc.string(),
      json: fc.jsonValue() as fc.Arbitrary<Json>,
      integer: fc.integer(),
      boolean: fc.boolean(),
    };
    for (const field of fields) {
      const values = byKind[field.kind];
      if (!values) continue;
      fc.assert(
        fc.property(values, (value) => {
          const read = fieldValue(field, fieldText(field, value));
          // An empty text that is not needed means that there is none.
          if (value === '' && !field.required) return;
          assert.deepEqual(read, { value: JSON.parse(JSON.stringify(value)) as Json });
        }),
      );
    }
  });

  it('says what is wrong', () => {
    const field = (kind: FormField['kind'], required = false): FormField => ({ key: 'x', kind, required });
    assert.deepEqual(fieldValue(field('integer'), '1.5'), {
      problem: 'x is a whole number, for example 12.',
    });
    assert.deepEqual(fieldValue(field('number'), 'many'), { problem: 'x is a number, for example 12.' });
    assert.deepEqual(fieldValue(field('json', true), ' '), { value: undefined });
    assert.ok('problem' in fieldValue(field('json'), '{'));
    assert.deepEqual(fieldValue(field('number'), ''), { value: undefined });
  });

  it('says where a text is no JSON', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parseJson(text);
        if ('problem' in read) assert.match(read.problem, /^This is no JSON/);
      }),
    );
  });
});

describe('the entries of a run that are held', () => {
  const entry = (seq: number, data = '1'): RunEvent => ({
    kind: 'event',
    seq,
    at: seq,
    id: `e${seq}`,
    block: 'B',
    output: 'o',
    data,
  });

  it('are the latest, found by id and by number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20 })), {
          maxLength: 30,
        }),
        (batches) => {
          const entries = new RunEntries(100, 1_000);
          let seq = 0;
          for (const [length, characters] of batches) {
            entries.add(Array.from({ length }, () => entry(++seq, 'x'.repeat(characters))));
            assert.equal(entries.last, seq);
            assert.equal(entries.dropped + entries.all.length, seq);
            assert.ok(entries.all.length <= 130);
            assert.equal(entries.event(`e${seq}`)?.seq, seq);
            for (const held of entries.all) assert.equal(entries.event(`e${held.seq}`), held);
            if (entries.dropped > 0) assert.equal(entries.event('e1'), undefined);
          }
          const collected: number[] = [];
          for (let after = 0; ;) {
            const page = entries.after(after, 7);
            if (page.length === 0) break;
            collected.push(...page.map((one) => one.seq));
            after = collected.at(-1)!;
          }
          assert.deepEqual(
            collected,
            entries.all.map((one) => one.seq),
          );
        },
      ),
    );
  });

  it('one entry that is too large is held', () => {
    const entries = new RunEntries(10, 100);
    entries.add([entry(1), entry(2, 'x'.repeat(1_000))]);
    assert.deepEqual(
      entries.all.map(({ seq }) => seq),
      [2],
    );
  });
});

describe('numbers and times', () => {
  it('read well', () => {
    assert.equal(clock(new Date(2026, 10, 23, 9, 5, 7, 42).getTime()), '09:05:07.042');
    assert.deepEqual([0, 999, 1_234, 12_345, 61_000, 3_700_000].map(duration), [
      '0 ms',
      '999 ms',
      '1.23 s',
      '12.3 s',
      '1 min 1 s',
      '1 h 1 min',
    ]);
    assert.deepEqual([1, 12_900, 75_000].map(elapsed), ['1 s', '12 s', '1 min 15 s']);
    assert.deepEqual([7, 1_250, 23_456, 7_654_321].map(short), ['7', '1.2k', '23k', '7M']);
    assert.deepEqual([1, 999, 1_500, 60_000, 5_000_000].map(size), [
      '1 character',
      '999 characters',
      '1.5 kB',
      '60 kB',
      '5.0 MB',
    ]);
    assert.equal(count(12_345, 'event'), '12,345 events');
  });
});
