import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Diagram, DiagramBlock } from '../../../client/panel/model/diagram.js';
import { BLOCK, blockRect, bounds, type Point, type Rect } from '../../../client/panel/model/geometry.js';
import {
  beginning,
  fitted,
  moved,
  resized,
  revealing,
  seenIn,
  zoomed,
  type Size,
  type View,
} from '../../../client/panel/model/viewport.js';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const points = fc.record({ x: number(-5_000, 5_000), y: number(-5_000, 5_000) });
const sizes = fc.record({
  width: fc.integer({ min: 100, max: 3_000 }),
  height: fc.integer({ min: 100, max: 2_000 }),
});
const views = fc.record({ x: number(-5_000, 5_000), y: number(-5_000, 5_000), zoom: number(0.04, 2.5) });
const rects = fc.record({
  x: number(-5_000, 5_000),
  y: number(-5_000, 5_000),
  width: number(1, 20_000),
  height: number(1, 20_000),
});

/** Point of the flow under a pixel. */
const under = ({ x, y, zoom }: View, at: Point): Point => ({ x: x + at.x / zoom, y: y + at.y / zoom });
const middle = (view: View, { width, height }: Size): Point => under(view, { x: width / 2, y: height / 2 });
const holds = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x - 0.01 &&
  inner.y >= outer.y - 0.01 &&
  inner.x + inner.width <= outer.x + outer.width + 0.01 &&
  inner.y + inner.height <= outer.y + outer.height + 0.01;
function same(a: Point, b: Point): void {
  assert.ok(Math.hypot(a.x - b.x, a.y - b.y) < 0.01, `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
}

function diagram(...places: readonly Point[]): Diagram {
  const blocks = places.map(({ x, y }, i): DiagramBlock => ({
    name: `Block ${i}`,
    key: `block${i}`,
    type: 'Transform',
    kind: 'transform',
    x,
    y,
    inputs: [],
    outputs: [],
    lines: [i, i],
  }));
  return { blocks, links: [], groups: [], notes: [] };
}

describe('what of the canvas is in sight', () => {
  it('zooming keeps what is under the mouse', () => {
    fc.assert(
      fc.property(
        views,
        number(0.01, 100),
        fc.record({ x: number(0, 3_000), y: number(0, 2_000) }),
        (view, factor, at) => {
          const after = zoomed(view, factor, at);
          same(under(after, at), under(view, at));
          assert.ok(after.zoom >= 0.04 && after.zoom <= 2.5);
        },
      ),
    );
  });

  it('moving goes by pixels, whatever the size', () => {
    fc.assert(
      fc.property(views, points, (view, by) => same(under(moved(view, by), { x: 0, y: 0 }), under(view, by))),
    );
  });

  it('another size keeps what is in the middle', () => {
    fc.assert(
      fc.property(views, sizes, sizes, (view, before, after) =>
        same(middle(resized(view, before, after), after), middle(view, before)),
      ),
    );
  });

  it('a flow that is fitted is in sight and in the middle, and not blown up', () => {
    fc.assert(
      fc.property(rects, sizes, (extent, size) => {
        const view = fitted(extent, size);
        same(middle(view, size), { x: extent.x + extent.width / 2, y: extent.y + extent.height / 2 });
        assert.ok(view.zoom <= 1.1);
        // There is a smallest size.
        if (view.zoom > 0.04) assert.ok(holds(seenIn(view, size), extent));
      }),
    );
  });

  it('a block out of sight comes to the middle, one in sight stays', () => {
    // Numbers that are exact: at the edge, a hair decides.
    const whole = fc.integer({ min: -5_000, max: 5_000 });
    const view = fc.record({ x: whole, y: whole, zoom: fc.constantFrom(0.25, 0.5, 1, 2) });
    fc.assert(
      fc.property(view, fc.record({ x: whole, y: whole }), sizes, (before, at, size) => {
        const place = { ...at, ...BLOCK };
        const after = revealing(before, place, size);
        assert.equal(after === undefined, holds(seenIn(before, size), place));
        if (after === undefined) return;
        assert.equal(after.zoom, before.zoom);
        same(middle(after, size), { x: at.x + BLOCK.width / 2, y: at.y + BLOCK.height / 2 });
      }),
    );
  });

  it('a small flow comes to sight as a whole, of a large one its highest block at a size that can be read', () => {
    const size = { width: 800, height: 400 };
    const small = diagram({ x: 0, y: 0 }, { x: 300, y: 120 });
    assert.deepEqual(beginning(small, bounds(small), size), fitted(bounds(small), size));
    const large = diagram({ x: 4_000, y: 900 }, { x: 9_000, y: 0 }, { x: 0, y: 5_000 });
    const view = beginning(large, bounds(large), size);
    assert.ok(fitted(bounds(large), size).zoom < 0.2);
    assert.ok(view.zoom > 0.6);
    const [, highest] = large.blocks;
    assert.ok(holds(seenIn(view, size), blockRect(highest!)));
    assert.ok(highest!.y - view.y < 100, 'it stands at the top');
  });
});
