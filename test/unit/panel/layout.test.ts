import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BLOCK } from '../../../client/panel/model/geometry.js';
import { layered, placed, type Position } from '../../../client/panel/model/layout.js';

function overlapping(places: readonly Position[]): [number, number][] {
  return places.flatMap(([x, y], i) =>
    places
      .slice(0, i)
      .flatMap(([a, b], j): [number, number][] =>
        Math.abs(x - a) < BLOCK.width && Math.abs(y - b) < BLOCK.height ? [[j, i]] : [],
      ),
  );
}

/** Links between `count` blocks, some to themselves and in circles. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    links: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 80 }),
  }),
);

describe('places of blocks', () => {
  it('a chain stands in one column, from top to bottom', () => {
    const places = layered(3, [
      [0, 1],
      [1, 2],
    ]);
    assert.deepEqual(
      places.map(([x]) => x),
      [0, 0, 0],
    );
    assert.ok(places[0]![1] < places[1]![1] && places[1]![1] < places[2]![1]);
  });

  it('blocks of a fork stand side by side, and crossings are undone', () => {
    // 0 leads to 1 and 2; 1 leads to 4 and 2 to 3, which are written the other way round.
    const places = layered(5, [
      [0, 1],
      [0, 2],
      [1, 4],
      [2, 3],
    ]);
    assert.equal(places[1]![1], places[2]![1]);
    const left = places[1]![0] < places[2]![0];
    assert.equal(places[4]![0] < places[3]![0], left);
  });

  it('a link that leads back does not turn the flow around', () => {
    const places = layered(3, [
      [0, 1],
      [1, 2],
      [2, 0],
    ]);
    assert.ok(places[0]![1] < places[1]![1] && places[1]![1] < places[2]![1]);
  });

  it('every block gets a place, and none stands on another, whatever the links', () => {
    fc.assert(
      fc.property(graphs, ({ count, links }) => {
        const places = layered(count, links);
        assert.equal(places.length, count);
        for (const place of places) assert.ok(place.every(Number.isFinite));
        assert.deepEqual(overlapping(places), []);
      }),
    );
  });

  it('places that are given stay; the others stand below them', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.boolean()), ({ count, links }, has) => {
        const given = Array.from({ length: count }, (_, i): Position | undefined =>
          has.next().value ? [i * 300, -50 * i] : undefined,
        );
        const places = placed(given, links);
        for (const [i, position] of given.entries()) if (position) assert.equal(places[i], position);
        assert.deepEqual(
          overlapping(places).filter(([a, b]) => !given[a] || !given[b]),
          [],
        );
      }),
    );
  });

  it('a long chain is no deep recursion', () => {
    const count = 20_000;
    const links = Array.from({ length: count - 1 }, (_, i): [number, number] => [i, i + 1]);
    assert.equal(layered(count, links).at(-1)![1], (count - 1) * layered(2, [[0, 1]])[1]![1]);
  });
});
