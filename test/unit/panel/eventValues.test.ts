/** What an inspector gets of an event: from the record, and from a runner while it is there. */
import assert from 'node:assert/strict';
import { EventValues } from '../../../client/panel/values.js';
import type { RunSource } from '../../../client/panel/sources.js';
import { RunEntries } from '../../../client/run/entries.js';
import type { EmittedEvent, Inspection, RunEvent } from '../../../client/runner/protocol.js';

function event(seq: number, block: string, data: string, parent?: string): EmittedEvent {
  return {
    kind: 'event',
    seq,
    at: seq,
    id: `e${seq}`,
    block,
    output: 'default',
    data,
    ...(parent !== undefined && { parent }),
  };
}

function valuesOf(entries: readonly RunEvent[], inspect?: (id: string) => Promise<Inspection | undefined>) {
  const held = new RunEntries();
  held.add(entries);
  const source = { entries: held, host: inspect && { inspect } } as unknown as RunSource;
  return new EventValues(() => source);
}

const CHAIN: readonly RunEvent[] = [
  event(1, 'Get Issue', '{"id":1}'),
  event(2, 'Loop', '{"round":1}', 'e1'),
  event(3, 'Loop', '{"round":2}', 'e2'),
  {
    kind: 'failed',
    seq: 4,
    at: 4,
    block: 'End',
    event: 'e3',
    error: { name: 'TypeError', message: 'x', stack: [] },
  },
];

describe('the values of an event', () => {
  it('of a record: its data, that of its cause, and the nearest output of each block above it', async () => {
    const values = valuesOf(CHAIN);
    const details = (await values.details('e3'))!;
    assert.equal(details.data.preview, '{round: 2}');
    assert.equal(details.previous?.preview, '{round: 1}');
    assert.deepEqual(
      details.outputs.map(({ key, node }) => [key, node.preview]),
      [
        ['loop', '{round: 2}'],
        ['getIssue', '{id: 1}'],
      ],
    );
    assert.deepEqual(
      details.failures.map(({ block, error }) => [block, error.name]),
      [['End', 'TypeError']],
    );
    assert.match(details.remark!, /record of the run/);
  });

  it('of a run under way: what its runner says', async () => {
    const inspection: Inspection = {
      event: event(3, 'Loop', '{"all":"of it"}', 'e2'),
      outputs: {},
      signals: { slack: '{"bot":"B1"}' },
      secrets: ['TOKEN'],
      receivers: [{ block: 'End', input: 'default', config: '{"url":"x"}' }],
    };
    const values = valuesOf(CHAIN, () => Promise.resolve(inspection));
    const details = (await values.details('e3'))!;
    assert.deepEqual(details.secrets, ['TOKEN']);
    assert.equal(details.receivers[0]!.config?.preview, '{url: "x"}');
    assert.equal(details.remark, undefined);
    const part = { kind: 'config', receiver: 0 } as const;
    assert.deepEqual((await values.get({ event: 'e3', part })).value, { url: 'x' });
  });

  it('falls back to the record when the runner has let it go or does not answer', async () => {
    for (const answer of [() => Promise.resolve(undefined), () => Promise.reject(new Error('gone'))]) {
      const details = (await valuesOf(CHAIN, answer).details('e3'))!;
      assert.equal(details.data.preview, '{round: 2}');
    }
  });

  it('an event that nobody holds is none', async () => {
    const values = valuesOf(CHAIN);
    assert.equal(await values.details('e9'), undefined);
    await assert.rejects(values.get({ event: 'e9', part: { kind: 'data' } }), /not kept any more/);
  });

  it('data that was cut is a text', async () => {
    const values = valuesOf([{ ...event(1, 'A', '{"a":[1,2'), truncated: true }]);
    const { data, truncated } = (await values.details('e1'))!;
    assert.deepEqual([data.kind, truncated], ['text', true]);
  });

  it('50 MB are listed by their beginning and opened like any other value', async () => {
    const json = `{"list":[${'1,'.repeat(25_000_000)}2]}`;
    const values = valuesOf([event(1, 'A', json)]);
    const { data, size } = (await values.details('e1'))!;
    assert.equal(size, json.length);
    assert.deepEqual([data.kind, data.preview], ['object', '{… 50.0 MB …}']);
    const { value } = await values.get({ event: 'e1', part: { kind: 'data' } });
    assert.equal((value as { list: number[] }).list.length, 25_000_001);
  });
});
