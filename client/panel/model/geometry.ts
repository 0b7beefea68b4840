/** Where things of a diagram lie, in units of the flow's canvas: rectangles, ports, curves; what is at a point; the way to a neighbour. */
import type { Diagram, DiagramBlock, DiagramLink } from './diagram.js';

export const BLOCK = { width: 208, height: 56 } as const;
export const GAP = { x: 60, y: 76 } as const;
export const NOTE = { width: 240, lineHeight: 17, maxLines: 12 } as const;
const GROUP_MARGIN = 28;
const PORT_REACH = 10;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A cubic Bézier curve. */
export interface Curve {
  readonly from: Point;
  readonly to: Point;
  readonly a: Point;
  readonly b: Point;
}

export function blockRect({ x, y }: DiagramBlock): Rect {
  return { x, y, ...BLOCK };
}

/** Centre of the n-th of `count` ports on the upper or lower edge. */
function portAt(block: DiagramBlock, n: number, count: number, lower: boolean): Point {
  return {
    x: block.x + (BLOCK.width * (n + 1)) / (count + 1),
    y: block.y + (lower ? BLOCK.height : 0),
  };
}

export function inputAt(block: DiagramBlock, key: string): Point {
  const n = block.inputs.findIndex((port) => port.key === key);
  return n < 0 ? portAt(block, 0, 1, false) : portAt(block, n, block.inputs.length, false);
}

export function outputAt(block: DiagramBlock, key: string): Point {
  const n = block.outputs.findIndex((port) => port.key === key);
  return n < 0 ? portAt(block, 0, 1, true) : portAt(block, n, block.outputs.length, true);
}

/** From the lower edge to the upper one; failures leave at the right. */
export function linkCurve({ blocks }: Diagram, link: DiagramLink): Curve {
  const [sender, receiver] = [blocks[link.from]!, blocks[link.to]!];
  if (link.output === undefined) {
    const from = { x: sender.x + BLOCK.width, y: sender.y + BLOCK.height / 2 };
    const to = inputAt(receiver, receiver.inputs[0]?.key ?? '');
    const reach = Math.max(40, Math.abs(to.x - from.x) / 2);
    return { from, to, a: { x: from.x + reach, y: from.y }, b: { x: to.x, y: to.y - 50 } };
  }
  const from = outputAt(sender, link.output);
  const to = inputAt(receiver, link.input ?? '');
  const down = to.y - from.y;
  if (down > 0) {
    const reach = Math.max(24, down / 2);
    return { from, to, a: { x: from.x, y: from.y + reach }, b: { x: to.x, y: to.y - reach } };
  }
  // A link that leads back goes around the blocks, at the left.
  const [left, reach] = [Math.min(from.x, to.x) - BLOCK.width * 1.2, Math.min(160, 70 - down / 8)];
  return { from, to, a: { x: left, y: from.y + reach }, b: { x: left, y: to.y - reach } };
}

/** @param t 0 at its beginning, 1 at its end */
export function curveAt({ from, a, b, to }: Curve, t: number): Point {
  const s = 1 - t;
  const at = (key: 'x' | 'y') =>
    s * s * s * from[key] + 3 * s * s * t * a[key] + 3 * s * t * t * b[key] + t * t * t * to[key];
  return { x: at('x'), y: at('y') };
}

/** A rectangle that holds the curve: that of its control points. */
export function curveRect({ from, a, b, to }: Curve): Rect {
  return around([from, a, b, to]);
}

export function groupRect({ blocks }: Diagram, members: readonly number[]): Rect {
  const rect = union(members.map((i) => blockRect(blocks[i]!)));
  return {
    x: rect.x - GROUP_MARGIN,
    y: rect.y - GROUP_MARGIN - 14,
    width: rect.width + 2 * GROUP_MARGIN,
    height: rect.height + 2 * GROUP_MARGIN + 14,
  };
}

/** @param lines of its text as it is drawn */
export function noteRect({ x, y }: Point, lines: number): Rect {
  return { x, y, width: NOTE.width, height: Math.min(lines, NOTE.maxLines) * NOTE.lineHeight + 20 };
}

/** What the whole diagram takes; an empty one has a size all the same. */
export function bounds(diagram: Diagram): Rect {
  const rects = [
    ...diagram.blocks.map(blockRect),
    ...diagram.groups.map(({ blocks }) => groupRect(diagram, blocks)),
    ...diagram.notes.map((note) => noteRect(note, note.text.split('\n').length)),
  ];
  return rects.length === 0 ? { x: 0, y: 0, ...BLOCK } : union(rects);
}

export function meet(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Index of the topmost block at a point, its ports included. */
export function blockAt({ blocks }: Diagram, { x, y }: Point): number | undefined {
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!;
    if (
      x >= block.x &&
      x <= block.x + BLOCK.width &&
      y >= block.y - PORT_REACH &&
      y <= block.y + BLOCK.height + PORT_REACH
    )
      return i;
  }
  return undefined;
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/**
 * The block that an arrow key leads to: up and down along the links, to the nearest; sideways, and where no link leads on, to
 * the nearest block that lies in that direction.
 */
export function neighbour(diagram: Diagram, from: number, direction: Direction): number | undefined {
  const { blocks, links } = diagram;
  const here = blocks[from]!;
  const vertical = direction === 'up' || direction === 'down';
  const linked = vertical
    ? links.flatMap((link) => {
        const [own, other] = direction === 'down' ? [link.from, link.to] : [link.to, link.from];
        return own === from && other !== from ? [other] : [];
      })
    : [];
  const nearest = (candidates: readonly number[], lean: number): number | undefined => {
    let best: number | undefined;
    let bestDistance = Infinity;
    for (const i of candidates) {
      const [dx, dy] = [Math.abs(blocks[i]!.x - here.x), Math.abs(blocks[i]!.y - here.y)];
      const distance = vertical ? dy + lean * dx : dx + lean * dy;
      if (distance < bestDistance) [best, bestDistance] = [i, distance];
    }
    return best;
  };
  if (linked.length > 0) return nearest(linked, 1);
  return nearest(
    blocks.flatMap(({ x, y }, i) => {
      const [dx, dy] = [x - here.x, y - here.y];
      const ahead = { up: dy < 0, down: dy > 0, left: dx < 0, right: dx > 0 }[direction];
      return i !== from && ahead ? [i] : [];
    }),
    3,
  );
}

function union(rects: readonly Rect[]): Rect {
  return around(
    rects.flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ]),
  );
}

function around(points: readonly Point[]): Rect {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
