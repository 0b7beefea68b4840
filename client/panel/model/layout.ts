/**
 * Places for blocks that have none: layers along the links, from top to bottom, with few crossings. Links that lead back
 * are left out of the layering. Blocks of the file that have a place keep it; the others stand below them. Pure.
 */
import { BLOCK, GAP } from './geometry.js';

export type Position = readonly [x: number, y: number];

/** How often layers are sorted by the places of their neighbours. */
const SWEEPS = 4;

/**
 * @param given place of each block, undefined where it has none
 * @param links indexes of sender and receiver
 * @returns a place for each block, in the same order
 */
export function placed(
  given: readonly (Position | undefined)[],
  links: readonly (readonly [from: number, to: number])[],
): Position[] {
  const without = given.flatMap((position, i) => (position ? [] : [i]));
  if (without.length === 0) return given as Position[];
  const top = given.reduce(
    (low, position) => Math.max(low, position ? position[1] + BLOCK.height + GAP.y : 0),
    0,
  );
  const left = Math.min(...given.map((position) => position?.[0] ?? Infinity));
  const index = new Map(without.map((block, i) => [block, i]));
  const inner = links.flatMap(([from, to]): [number, number][] => {
    const [a, b] = [index.get(from), index.get(to)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
  const own = layered(without.length, inner);
  const shift = Number.isFinite(left) ? left - Math.min(...own.map(([x]) => x)) : 0;
  return given.map((position, i) => {
    if (position) return position;
    const [x, y] = own[index.get(i)!]!;
    return [x + shift, y + top];
  });
}

/** Places for all of `count` blocks, each layer centred on x = 0. */
export function layered(count: number, links: readonly (readonly [from: number, to: number])[]): Position[] {
  const out: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of links) if (from !== to) out[from]!.push(to);
  const forward = withoutCycles(out);
  const layers = layersOf(forward);
  sortLayers(layers, forward);
  const places: Position[] = [];
  const step = BLOCK.width + GAP.x;
  for (const [depth, layer] of layers.entries()) {
    const start = -((layer.length - 1) * step) / 2;
    for (const [i, block] of layer.entries())
      places[block] = [Math.round(start + i * step), depth * (BLOCK.height + GAP.y)];
  }
  return places;
}

/** The links without those that close a cycle in a walk from the blocks that nothing leads to, then from the others. */
function withoutCycles(out: readonly (readonly number[])[]): number[][] {
  const forward: number[][] = out.map(() => []);
  const state = new Uint8Array(out.length); // 1: on the way, 2: done
  const hasSender = new Uint8Array(out.length);
  for (const targets of out) for (const to of targets) hasSender[to] = 1;
  const starts = [...out.keys()].sort((a, b) => hasSender[a]! - hasSender[b]! || a - b);
  for (const start of starts) {
    if (state[start]) continue;
    state[start] = 1;
    const way: [block: number, next: number][] = [[start, 0]];
    while (way.length > 0) {
      const step = way.at(-1)!;
      const [block] = step;
      const to = out[block]![step[1]++];
      if (to === undefined) {
        state[block] = 2;
        way.pop();
      } else if (state[to] !== 1) {
        forward[block]!.push(to);
        if (state[to] === 0) {
          state[to] = 1;
          way.push([to, 0]);
        }
      }
    }
  }
  return forward;
}

/** Each block one layer below the lowest of its senders. */
function layersOf(forward: readonly (readonly number[])[]): number[][] {
  const open = new Int32Array(forward.length);
  for (const targets of forward) for (const to of targets) open[to]!++;
  const depth = new Int32Array(forward.length);
  const queue = [...forward.keys()].filter((block) => open[block] === 0);
  for (const block of queue) {
    for (const to of forward[block]!) {
      depth[to] = Math.max(depth[to]!, depth[block]! + 1);
      if (--open[to]! === 0) queue.push(to);
    }
  }
  const layers: number[][] = [];
  for (const block of forward.keys()) (layers[depth[block]!] ??= []).push(block);
  return layers;
}

/** Puts each block of a layer near the middle of those it is linked with in the layer above, then below, and so on. */
function sortLayers(layers: number[][], forward: readonly (readonly number[])[]): void {
  const back: number[][] = forward.map(() => []);
  for (const [from, targets] of forward.entries()) for (const to of targets) back[to]!.push(from);
  const place = new Float64Array(forward.length);
  const number = (layer: readonly number[]) => {
    for (const [i, block] of layer.entries()) place[block] = i - (layer.length - 1) / 2;
  };
  layers.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const [neighbours, order] = sweep % 2 === 0 ? [back, layers] : [forward, [...layers].reverse()];
    for (const layer of order) {
      const middle = new Map(
        layer.map((block) => {
          const near = neighbours[block]!;
          const sum = near.reduce((total, other) => total + place[other]!, 0);
          return [block, near.length > 0 ? sum / near.length : place[block]!];
        }),
      );
      layer.sort((a, b) => middle.get(a)! - middle.get(b)! || place[a]! - place[b]!);
      number(layer);
    }
  }
}
