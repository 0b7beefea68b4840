import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matcher, NO_FILTER, type Filter } from '../../../client/panel/model/filter.js';
import { toRow, type Row } from '../../../client/panel/model/row.js';
import { RunModel } from '../../../client/panel/model/runModel.js';
import type { RunEvent } from '../../../client/runner/protocol.js';

let seq = 0;
beforeEach(() => (seq = 0));

function event(id: string, block: string, cause?: string, more: Partial<Row> = {}): Row {
  seq++;
  return {
    seq,
    at: seq * 10,
    kind: 'event',
    id,
    block,
    output: 'default',
    text: '{}',
    ...(cause !== undefined && { cause }),
    ...more,
  };
}

function failed(block: string, cause: string): Row {
  seq++;
  return { seq, at: seq * 10, kind: 'failed', block, cause, text: 'TypeError: x' };
}

function modelOf(...rows: readonly Row[]): RunModel {
  const model = new RunModel();
  model.append(rows);
  return model;
}

const names = (rows: readonly Row[]) => rows.map(({ id, block }) => id ?? block);

describe('what is known of a run by its rows', () => {
  it('who has caused what, in both directions', () => {
    const rows = [
      event('a', 'Start'),
      event('b', 'Left', 'a'),
      event('c', 'Right', 'a'),
      event('d', 'End', 'b'),
      failed('Check', 'c'),
    ];
    const model = modelOf(...rows);
    assert.deepEqual(names(model.causes(rows[3]!)), ['d', 'b', 'a']);
    assert.deepEqual(names(model.causes(rows[4]!)), ['c', 'a']);
    assert.deepEqual(names(model.effects(rows[0]!)), ['b', 'c', 'd', 'Check']);
    assert.deepEqual(names(model.effects(rows[1]!)), ['d']);
    assert.equal(model.since(rows[3]!), 20);
    assert.ok(model.hasFailed('c') && !model.hasFailed('b'));
  });

  it('counts and last states of blocks and outputs', () => {
    const model = modelOf(
      event('a', 'Ask', undefined, { mock: 'file' }),
      event('b', 'Check', 'a', { output: 'then' }),
      event('c', 'Check', 'a', { output: 'else', leaks: ['TOKEN'] }),
      failed('Check', 'a'),
    );
    const check = model.blocks.get('Check')!;
    assert.deepEqual([check.events, check.failures, check.last], [2, 1, 'failed']);
    assert.deepEqual(
      [...check.outputs].map(([key, { count }]) => [key, count]),
      [
        ['then', 1],
        ['else', 1],
      ],
    );
    assert.deepEqual([...check.leaks], ['TOKEN']);
    assert.equal(model.blocks.get('Ask')!.mocked, true);
  });

  it('an event that was sent to a block by hand is not counted as its own', () => {
    const row = event('a', 'Ask', undefined, { input: 'default' });
    const { output: _, ...debug } = row;
    const model = modelOf(debug);
    assert.deepEqual([model.blocks.get('Ask')!.events, model.blocks.get('Ask')!.debugged], [0, 1]);
  });

  it('a record whose beginning is missing, or that goes in a circle, has a lineage all the same', () => {
    const model = modelOf(event('b', 'B', 'gone'), event('x', 'X', 'y'), event('y', 'Y', 'x'));
    assert.deepEqual(names(model.causes(model.rows[0]!)), ['b']);
    assert.deepEqual(names(model.causes(model.rows[1]!)), ['x', 'y']);
    assert.equal(model.effects(model.rows[1]!, 50).length <= 50, true);
  });

  it('a long run lets its oldest rows go and stays right about the others', () => {
    const model = new RunModel();
    const rows = Array.from({ length: 260_000 }, (_, i) =>
      event(`e${i}`, 'Loop', i === 0 ? undefined : `e${i - 1}`),
    );
    assert.equal(model.append(rows), true);
    assert.ok(model.rows.length < 250_000);
    const last = rows.at(-1)!;
    assert.equal(model.indexOf(last.seq), model.rows.length - 1);
    assert.equal(model.event('e0'), undefined);
    assert.equal(model.blocks.get('Loop')!.events, 260_000);
    assert.equal(model.causes(last).length, model.rows.length);
  });

  it('gives the position of every row by its number', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(10_000), { maxLength: 200 }), (numbers) => {
        const sorted = numbers.sort((a, b) => a - b);
        const model = new RunModel();
        model.append(sorted.map((n): Row => ({ seq: n, at: 0, kind: 'log', block: '', text: '' })));
        sorted.forEach((n, i) => assert.equal(model.indexOf(n), i));
        assert.equal(model.indexOf(10_001), -1);
      }),
    );
  });
});

describe('the filter of the event list', () => {
  const rows = [
    event('a', 'Ask Ada', undefined, { text: '{"name":"Grace"}' }),
    event('b', 'Check', 'a', { output: 'then', mock: 'generated' }),
    { ...event('c', 'Check', 'a'), leaks: ['TOKEN'] },
    failed('Check', 'c'),
    { seq: 99, at: 0, kind: 'log', block: '', level: 'error', text: 'no network' } satisfies Row,
  ];
  const model = modelOf(...rows);
  const passing = (filter: Partial<Filter>, hits: readonly number[] = []) =>
    rows
      .filter(matcher({ ...NO_FILTER, ...filter }, (id) => model.hasFailed(id), new Set(hits)))
      .map((row) => row.id ?? row.kind);

  for (const [filter, expected] of [
    [{}, ['a', 'b', 'c', 'failed', 'log']],
    [{ block: 'Check' }, ['b', 'c', 'failed']],
    [{ state: 'failed' }, ['c', 'failed', 'log']],
    [{ state: 'leaks' }, ['c']],
    [{ state: 'mocks' }, ['b']],
    [{ state: 'log' }, ['log']],
    [{ state: 'events', block: 'Check' }, ['b', 'c']],
    [{ text: 'grace' }, ['a']],
    [{ text: 'check THEN' }, ['b']],
    [{ text: 'nowhere' }, []],
  ] as const satisfies readonly (readonly [Partial<Filter>, readonly string[]])[]) {
    it(JSON.stringify(filter), () => assert.deepEqual(passing(filter), expected));
  }

  it('takes rows whose whole data holds the text, though their beginning does not', () => {
    assert.deepEqual(passing({ text: 'deep' }, [rows[1]!.seq]), ['b']);
  });
});

describe('a row', () => {
  it('is one line without control characters, of bounded length, whatever the data', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_000 }), (data) => {
        const entry: RunEvent = { kind: 'event', seq: 1, at: 0, id: 'e', block: 'B', output: 'o', data };
        const { text, size } = toRow(entry);
        assert.doesNotMatch(text, /[\p{Cc}\u2028\u2029]/u);
        assert.ok(text.length <= 161);
        assert.equal(size, data.length);
      }),
    );
  });
});
