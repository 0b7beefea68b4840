import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EventLines } from '../../../client/run/eventLines.js';
import { placesIn } from '../../../client/run/outputPlaces.js';
import type { RunEvent } from '../../../client/runner/protocol.js';

const at = new Date(2026, 10, 22, 9, 5, 7, 42).getTime();
const flow = (name: string, ...blocks: string[]) => ({ name, blocks: new Set(blocks) });
const places = (line: string, ...flows: ReturnType<typeof flow>[]) =>
  placesIn(line, flows).map((place) => [
    line.slice(place.from, place.to),
    place.flow.name,
    place.block,
    place.line,
    place.column,
  ]);

describe('places in the output of runs', () => {
  it('the block of a line, and where it failed', () => {
    assert.deepEqual(places('09:05:07.042 info  Sleep → default  (+3 ms)', flow('a', 'Sleep')), [
      ['Sleep', 'a', 'Sleep', undefined, undefined],
    ]);
    assert.deepEqual(
      places(
        '09:05:07.042 error Check ✗ x (inputs.default.config.url, line 12, column 9)',
        flow('a', 'Check'),
      ),
      [
        ['Check', 'a', 'Check', undefined, undefined],
        ['line 12, column 9', 'a', 'Check', 12, 9],
      ],
    );
  });

  it('a block that two flows have is the later run’s, unless the line says whose', () => {
    const flows = [flow('b.flow.yaml', 'Sleep'), flow('a.flow.yaml', 'Sleep')];
    assert.equal(places('09:05:07.042 info  Sleep → default', ...flows)[0]?.[1], 'b.flow.yaml');
    assert.equal(places('09:05:07.042 info  a.flow.yaml › Sleep → default', ...flows)[0]?.[1], 'a.flow.yaml');
  });

  it('nothing in lines of something else', () => {
    for (const line of [
      '',
      '09:05:07.042 info  ── a runs',
      '09:05:07.042 info  Other → default',
      'Sleep → default',
    ])
      assert.deepEqual(places(line, flow('a', 'Sleep')), []);
  });

  it('any name of a block is found in each kind of line', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text));
    const error = { name: 'Error', message: 'no', place: { line: 3, column: 4 }, stack: [] };
    fc.assert(
      fc.property(name, (block) => {
        const entries: RunEvent[] = [
          { kind: 'event', seq: 1, at, id: 'e', block, output: 'default', data: '{}' },
          { kind: 'failed', seq: 2, at, block, error },
          { kind: 'activity', seq: 3, at, block, text: 'GET' },
          { kind: 'log', seq: 4, at, block, level: 'warn', text: 'x' },
        ];
        for (const entry of entries) {
          const line = new EventLines().line(entry);
          assert.equal(places(line, flow('a', block))[0]?.[2], block, line);
        }
      }),
    );
  });
});
