/** What of a flow's canvas is in sight, and how that moves: fitting, zooming, revealing. Pure. */
import type { Diagram } from './diagram.js';
import { BLOCK, type Point, type Rect } from './geometry.js';

export interface View {
  /** Point of the flow's canvas at the left upper corner. */
  readonly x: number;
  readonly y: number;
  /** Pixels per unit. */
  readonly zoom: number;
}

/** Of the page, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const MIN_ZOOM = 0.04;
const MAX_ZOOM = 2.5;
/** A small flow that is fitted is not shown larger. */
const MAX_FIT = 1.1;
/** Pixels around a flow that is fitted. */
const MARGIN = 36;
/** Pixels per unit at which texts can be read: a flow that comes to sight is not shown smaller. */
const READABLE = 0.62;

export function seenIn({ x, y, zoom }: View, { width, height }: Size): Rect {
  return { x, y, width: width / zoom, height: height / zoom };
}

/** With this point in the middle. */
export function centred({ x, y }: Point, zoom: number, { width, height }: Size): View {
  return { zoom, x: x - width / 2 / zoom, y: y - height / 2 / zoom };
}

/** All of the flow. */
export function fitted(extent: Rect, size: Size): View {
  return centred(middleOf(extent), fittingZoom(extent, size), size);
}

/** All of a flow that can be read so, else its beginning: the block that stands highest. */
export function beginning({ blocks }: Diagram, extent: Rect, size: Size): View {
  const zoom = Math.max(READABLE, fittingZoom(extent, size));
  const [w, h] = [size.width / zoom, size.height / zoom];
  const highest = blocks.reduce((best, block) => (block.y < best.y ? block : best), blocks[0] ?? extent);
  const margin = MARGIN / zoom;
  const { x, y } = middleOf(extent);
  return {
    zoom,
    x: (extent.width + 2 * margin <= w ? x : highest.x + BLOCK.width / 2) - w / 2,
    y: extent.height + 2 * margin <= h ? y - h / 2 : highest.y - margin,
  };
}

/** @param at what stays in its place, in pixels of the page */
export function zoomed(view: View, factor: number, at: Point): View {
  const zoom = clamp(view.zoom * factor, MIN_ZOOM, MAX_ZOOM);
  const shift = 1 / view.zoom - 1 / zoom;
  return { zoom, x: view.x + at.x * shift, y: view.y + at.y * shift };
}

/** @param by in pixels of the page */
export function moved(view: View, by: Point): View {
  return { ...view, x: view.x + by.x / view.zoom, y: view.y + by.y / view.zoom };
}

/** What stood in the middle stays there. */
export function resized(view: View, before: Size, after: Size): View {
  return moved(view, { x: (before.width - after.width) / 2, y: (before.height - after.height) / 2 });
}

/** With a place of the flow in the middle; undefined when all of it is in sight. */
export function revealing(view: View, place: Rect, size: Size): View | undefined {
  const seen = seenIn(view, size);
  const inside =
    place.x >= seen.x &&
    place.y >= seen.y &&
    place.x + place.width <= seen.x + seen.width &&
    place.y + place.height <= seen.y + seen.height;
  return inside ? undefined : centred(middleOf(place), view.zoom, size);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

function middleOf({ x, y, width, height }: Rect): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

function fittingZoom({ width, height }: Rect, size: Size): number {
  const [w, h] = [size.width - 2 * MARGIN, size.height - 2 * MARGIN];
  return clamp(Math.min(w / width, h / height), MIN_ZOOM, MAX_FIT);
}
