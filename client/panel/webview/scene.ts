/**
 * Draws a diagram on a canvas, of which only what is in sight, and with fewer details the smaller it is. Canvas and not SVG,
 * by measurement (docs/performance.md).
 */
import type { Diagram, DiagramBlock, DiagramLink } from '../model/diagram.js';
import { short } from '../model/format.js';
import {
  BLOCK,
  blockRect,
  curveAt,
  curveRect,
  groupRect,
  inputAt,
  linkCurve,
  meet,
  NOTE,
  noteRect,
  outputAt,
  type Curve,
  type Rect,
} from '../model/geometry.js';
import type { BlockState } from '../model/runModel.js';
import { iconPath, kindOf, type IconName } from './icons.js';
import type { Theme } from './theme.js';

/** What is shown of the run on top of the flow. */
export interface Overlay {
  state(block: string): BlockState | undefined;
  /** 1 when an event has just left the output, then less; 0 when nothing is left of it. */
  glow(block: string, output: string): number;
  /** How far the last event has come on its way along the links of the output, from 0 to 1; undefined: none is on its way. */
  travel(block: string, output: string): number | undefined;
  readonly selected: number | undefined;
  /** Block at the editor's cursor. */
  readonly cursor: string | undefined;
  /** Block that the run stands at. */
  readonly paused: string | undefined;
  /** Blocks that the selected event comes from and leads to; empty when none is selected. */
  readonly lineage: ReadonlySet<string>;
  readonly hasFocus: boolean;
}

export interface View {
  /** Point of the flow's canvas at the left upper corner. */
  readonly x: number;
  readonly y: number;
  /** Pixels per unit. */
  readonly zoom: number;
}

/** Pixels per unit below which details are left out. */
const LOD = { text: 0.42, ports: 0.3, shapes: 0.16 };
const RADIUS = 6;
/** Pixels of width that a mark of a block takes. */
const MARK = 16;

interface PlacedLink {
  readonly link: DiagramLink;
  readonly curve: Curve;
  readonly rect: Rect;
}

interface Wrapped {
  readonly lines: readonly string[];
  readonly rect: Rect;
}

export class Scene {
  private readonly links: readonly PlacedLink[];
  private readonly groups: readonly { readonly name: string; readonly rect: Rect }[];
  private notes: readonly Wrapped[] | undefined;
  /** Texts as they fit, by font and text. */
  private readonly fitted = new Map<string, string>();

  constructor(
    readonly diagram: Diagram,
    private readonly theme: Theme,
  ) {
    this.links = diagram.links.map((link) => {
      const curve = linkCurve(diagram, link);
      return { link, curve, rect: curveRect(curve) };
    });
    this.groups = diagram.groups.map(({ name, blocks }) => ({ name, rect: groupRect(diagram, blocks) }));
  }

  /** @param pixels of the device per pixel of the page */
  draw(
    context: CanvasRenderingContext2D,
    view: View,
    width: number,
    height: number,
    pixels: number,
    overlay: Overlay,
  ): void {
    const { theme } = this;
    const scale = view.zoom * pixels;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width * pixels, height * pixels);
    context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
    const seen: Rect = { x: view.x, y: view.y, width: width / view.zoom, height: height / view.zoom };
    context.lineJoin = 'round';
    if (view.zoom > 0.3) this.drawGrid(context, seen, view.zoom);
    this.drawGroups(context, seen, view.zoom);
    this.drawNotes(context, seen, view.zoom);
    this.drawLinks(context, seen, view.zoom, overlay);
    this.drawBlocks(context, seen, view.zoom, overlay);
  }

  private drawGrid(context: CanvasRenderingContext2D, seen: Rect, zoom: number): void {
    const step = zoom < 0.6 ? 80 : 40;
    const { theme } = this;
    if (theme.highContrast) return;
    context.fillStyle = theme.dim;
    context.globalAlpha = 0.22;
    const dot = 1.2 / zoom;
    context.beginPath();
    for (let x = Math.floor(seen.x / step) * step; x < seen.x + seen.width; x += step)
      for (let y = Math.floor(seen.y / step) * step; y < seen.y + seen.height; y += step)
        context.rect(x, y, dot, dot);
    context.fill();
    context.globalAlpha = 1;
  }

  private drawGroups(context: CanvasRenderingContext2D, seen: Rect, zoom: number): void {
    const { theme } = this;
    for (const { name, rect } of this.groups) {
      if (!meet(rect, seen)) continue;
      context.beginPath();
      context.roundRect(rect.x, rect.y, rect.width, rect.height, 10);
      context.globalAlpha = theme.highContrast ? 0 : 0.08;
      context.fillStyle = theme.group;
      context.fill();
      context.globalAlpha = 0.6;
      context.strokeStyle = theme.group;
      context.lineWidth = 1 / Math.min(1, zoom);
      context.stroke();
      context.globalAlpha = 1;
      if (zoom < LOD.shapes) continue;
      context.fillStyle = theme.dim;
      context.font = `600 12px ${theme.font}`;
      context.fillText(this.fit(context, name, rect.width - 24), rect.x + 12, rect.y + 18);
    }
  }

  private drawNotes(context: CanvasRenderingContext2D, seen: Rect, zoom: number): void {
    const { theme } = this;
    context.font = `12px ${theme.font}`;
    this.notes ??= this.diagram.notes.map((note) => {
      const lines = wrap(context, note.text, NOTE.width - 24);
      return { lines, rect: noteRect(note, lines.length) };
    });
    for (const { lines, rect } of this.notes) {
      if (!meet(rect, seen)) continue;
      context.fillStyle = theme.note;
      context.fillRect(rect.x, rect.y, rect.width, rect.height);
      context.fillStyle = theme.hues.yellow;
      context.fillRect(rect.x, rect.y, 3, rect.height);
      if (theme.highContrast) {
        context.strokeStyle = theme.border;
        context.lineWidth = 1;
        context.strokeRect(rect.x, rect.y, rect.width, rect.height);
      }
      if (zoom < LOD.text) continue;
      context.fillStyle = theme.text;
      for (const [i, line] of lines.slice(0, NOTE.maxLines).entries()) {
        const isHeading = line.startsWith('#');
        context.font = `${isHeading ? '600 ' : ''}12px ${theme.font}`;
        const last = i === NOTE.maxLines - 1 && lines.length > NOTE.maxLines;
        context.fillText(
          last ? '…' : line.replace(/^#+\s*/, ''),
          rect.x + 14,
          rect.y + 21 + i * NOTE.lineHeight,
        );
      }
    }
  }

  private drawLinks(context: CanvasRenderingContext2D, seen: Rect, zoom: number, overlay: Overlay): void {
    const { theme, diagram } = this;
    const plain: Curve[] = [];
    const failures: Curve[] = [];
    const lit: { curve: Curve; strength: number }[] = [];
    const dots: { curve: Curve; at: number }[] = [];
    const { lineage } = overlay;
    for (const { link, curve, rect } of this.links) {
      if (!meet(rect, seen)) continue;
      const [sender, receiver] = [diagram.blocks[link.from]!.name, diagram.blocks[link.to]!.name];
      if (link.output === undefined) {
        failures.push(curve);
        continue;
      }
      const inLineage = lineage.has(sender) && lineage.has(receiver);
      const glow = Math.max(overlay.glow(sender, link.output), inLineage ? 0.8 : 0);
      if (glow > 0) lit.push({ curve, strength: glow });
      else plain.push(curve);
      const at = overlay.travel(sender, link.output);
      if (at !== undefined) dots.push({ curve, at });
    }
    const thin = Math.max(1.4, 0.8 / zoom);
    context.lineWidth = thin;
    context.strokeStyle = theme.link;
    context.globalAlpha = theme.highContrast ? 1 : 0.75;
    strokeAll(context, plain, zoom);
    context.globalAlpha = 1;
    context.setLineDash([6, 5]);
    context.strokeStyle = theme.error;
    strokeAll(context, failures, zoom);
    context.setLineDash([]);
    context.strokeStyle = theme.active;
    for (const { curve, strength } of lit) {
      context.lineWidth = thin + 1.4 * strength;
      context.globalAlpha = 0.35 + 0.65 * strength;
      strokeAll(context, [curve], zoom);
    }
    context.globalAlpha = 1;
    if (zoom > LOD.shapes) {
      for (const { curve } of lit.slice(0, 500)) drawHead(context, curve, theme.active);
      if (zoom > LOD.ports) for (const curve of plain) drawHead(context, curve, theme.link);
    }
    context.fillStyle = theme.active;
    context.beginPath();
    for (const { curve, at } of dots) {
      const { x, y } = curveAt(curve, at);
      const size = Math.max(4.5, 2.5 / zoom);
      context.moveTo(x + size, y);
      context.arc(x, y, size, 0, 2 * Math.PI);
    }
    context.fill();
  }

  private drawBlocks(context: CanvasRenderingContext2D, seen: Rect, zoom: number, overlay: Overlay): void {
    const { blocks } = this.diagram;
    const margin = 40;
    const wide = {
      x: seen.x - margin,
      y: seen.y - margin,
      width: seen.width + 2 * margin,
      height: seen.height + 2 * margin,
    };
    const visible = blocks.flatMap((block, i) => (meet(blockRect(block), wide) ? [i] : []));
    if (zoom < LOD.ports) {
      this.drawSmallBlocks(context, visible, zoom, overlay);
      return;
    }
    for (const i of visible) this.drawBlock(context, blocks[i]!, i, zoom, overlay);
  }

  /** Many, so all of one colour at once. */
  private drawSmallBlocks(
    context: CanvasRenderingContext2D,
    visible: readonly number[],
    zoom: number,
    overlay: Overlay,
  ): void {
    const { theme, diagram } = this;
    const byColor = new Map<string, number[]>();
    const put = (color: string, i: number) => {
      const list = byColor.get(color);
      if (list) list.push(i);
      else byColor.set(color, [i]);
    };
    for (const i of visible) {
      const block = diagram.blocks[i]!;
      const state = overlay.state(block.name);
      if (state && state.failures > 0) put(theme.error, i);
      else if (state) put(theme.hues.green, i);
      else put(theme.hues[kindOf(block.kind).hue], i);
    }
    context.fillStyle = theme.block;
    context.beginPath();
    for (const i of visible) {
      const { x, y } = diagram.blocks[i]!;
      context.rect(x, y, BLOCK.width, BLOCK.height);
    }
    context.fill();
    for (const [color, members] of byColor) {
      context.fillStyle = color;
      context.beginPath();
      for (const i of members) {
        const { x, y } = diagram.blocks[i]!;
        context.rect(x, y, 14, BLOCK.height);
      }
      context.fill();
      context.strokeStyle = color;
      context.lineWidth = 1 / zoom;
      context.stroke();
    }
    context.lineWidth = 2.5 / zoom;
    for (const i of visible) {
      const block = diagram.blocks[i]!;
      const color = this.ring(block, i, overlay);
      if (!color) continue;
      context.strokeStyle = color;
      context.strokeRect(block.x, block.y, BLOCK.width, BLOCK.height);
    }
  }

  /** The colour of the frame around what stands out. */
  private ring({ name }: DiagramBlock, i: number, overlay: Overlay): string | undefined {
    const { theme } = this;
    if (overlay.selected === i) return theme.focus;
    if (overlay.paused === name) return theme.warning;
    return overlay.lineage.has(name) ? theme.active : undefined;
  }

  private drawBlock(
    context: CanvasRenderingContext2D,
    block: DiagramBlock,
    i: number,
    zoom: number,
    overlay: Overlay,
  ): void {
    const { theme } = this;
    const { x, y } = block;
    const state = overlay.state(block.name);
    const kind = kindOf(block.kind);
    const hue = theme.hues[kind.hue];
    const failed = state !== undefined && state.failures > 0;
    const lastFailed = state?.last === 'failed';
    // Where contrast is wanted, the others are marked only.
    const faded =
      !theme.highContrast &&
      overlay.lineage.size > 0 &&
      !overlay.lineage.has(block.name) &&
      overlay.selected !== i;
    context.globalAlpha = faded ? 0.55 : 1;
    // Body
    context.beginPath();
    context.roundRect(x, y, BLOCK.width, BLOCK.height, RADIUS);
    context.fillStyle = theme.block;
    context.fill();
    context.strokeStyle = failed ? theme.error : state && !theme.highContrast ? hue : theme.border;
    context.lineWidth = failed ? 1.8 : 1;
    if (block.gone || state?.mocked) context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
    // Icon
    if (!theme.highContrast) {
      context.globalAlpha *= 0.16;
      context.beginPath();
      context.roundRect(x + 1, y + 1, 38, BLOCK.height - 2, [RADIUS, 0, 0, RADIUS]);
      context.fillStyle = hue;
      context.fill();
      context.globalAlpha = faded ? 0.55 : 1;
    }
    this.drawIcon(context, kind.icon, x + 10, y + BLOCK.height / 2 - 9, 18, hue);
    const marks = this.marksOf(state, lastFailed);
    // Texts
    if (zoom >= LOD.text) {
      const width = BLOCK.width - 38 - 20;
      const beside = width - Math.max(0, MARK * marks.length - 4);
      context.fillStyle = theme.text;
      context.font = `600 13px ${theme.font}`;
      context.fillText(
        this.fit(context, block.name === '' ? '(no name)' : block.name, beside),
        x + 48,
        y + 24,
      );
      context.fillStyle = theme.dim;
      context.font = `11px ${theme.font}`;
      context.fillText(this.fit(context, block.gone ? 'not in the file' : block.type, width), x + 48, y + 41);
    }
    for (const [n, [name, color]] of marks.entries())
      this.drawIcon(context, name, x + BLOCK.width - 20 - MARK * n, y + 6, 13, color);
    this.drawPorts(context, block, state, zoom, overlay);
    const ring = this.ring(block, i, overlay);
    if (ring !== undefined || overlay.cursor === block.name) {
      context.globalAlpha = 1;
      context.beginPath();
      const gap = 3.5;
      context.roundRect(x - gap, y - gap, BLOCK.width + 2 * gap, BLOCK.height + 2 * gap, RADIUS + gap);
      context.lineWidth = overlay.selected === i && overlay.hasFocus ? 2.4 : 1.6;
      context.strokeStyle = ring ?? theme.dim;
      if (ring === undefined) context.setLineDash([2, 3]);
      context.stroke();
      context.setLineDash([]);
    }
    if (overlay.paused === block.name) this.drawTag(context, 'paused', x + BLOCK.width, y - 9, theme.warning);
    context.globalAlpha = 1;
  }

  /** In the right upper corner, from the right: failed or done, leaking, mocked. */
  private marksOf(state: BlockState | undefined, lastFailed: boolean): [IconName, string][] {
    if (!state) return [];
    const { theme } = this;
    const marks: [IconName, string][] = [];
    if (state.failures > 0) marks.push(['error', theme.error]);
    else if (state.events > 0 && !lastFailed)
      marks.push(['check', theme.highContrast ? theme.text : theme.hues.green]);
    if (state.leaks.size > 0) marks.push(['warning', theme.warning]);
    if (state.mocked) marks.push(['mock', theme.dim]);
    return marks;
  }

  private drawPorts(
    context: CanvasRenderingContext2D,
    block: DiagramBlock,
    state: BlockState | undefined,
    zoom: number,
    overlay: Overlay,
  ): void {
    const { theme } = this;
    context.lineWidth = 1.2;
    for (const { key } of block.inputs) {
      const at = inputAt(block, key);
      context.beginPath();
      context.arc(at.x, at.y, 4, 0, 2 * Math.PI);
      context.fillStyle = state && state.debugged > 0 ? theme.active : theme.block;
      context.strokeStyle = theme.link;
      context.fill();
      context.stroke();
    }
    const labelled = block.outputs.length > 1 || (block.outputs[0] && block.outputs[0].key !== 'default');
    for (const { key } of block.outputs) {
      const at = outputAt(block, key);
      const glow = overlay.glow(block.name, key);
      const emitted = state?.outputs.get(key);
      context.beginPath();
      context.arc(at.x, at.y, 4 + 2.5 * glow, 0, 2 * Math.PI);
      context.fillStyle = glow > 0 ? theme.active : emitted ? theme.hues.green : theme.block;
      context.strokeStyle = glow > 0 ? theme.active : emitted ? theme.hues.green : theme.link;
      context.fill();
      context.stroke();
      if (zoom < LOD.text) continue;
      const label = labelled ? key : '';
      context.font = `10px ${theme.font}`;
      if (label !== '') {
        context.fillStyle = theme.dim;
        context.fillText(
          this.fit(context, label, BLOCK.width / block.outputs.length - 26),
          at.x + 8,
          at.y + 14,
        );
      }
      if (emitted) this.drawCount(context, short(emitted.count), at.x - 8, at.y + 4);
    }
  }

  /** A number in a badge that ends at `right`. */
  private drawCount(context: CanvasRenderingContext2D, text: string, right: number, top: number): void {
    const { theme } = this;
    context.font = `600 10px ${theme.font}`;
    const width = Math.max(15, context.measureText(text).width + 9);
    context.beginPath();
    context.roundRect(right - width, top, width, 14, 7);
    context.fillStyle = theme.badge;
    context.fill();
    if (theme.highContrast) {
      context.strokeStyle = theme.border;
      context.stroke();
    }
    context.fillStyle = theme.badgeText;
    context.fillText(text, right - width + (width - context.measureText(text).width) / 2, top + 10.5);
  }

  private drawTag(
    context: CanvasRenderingContext2D,
    text: string,
    right: number,
    top: number,
    color: string,
  ): void {
    const { theme } = this;
    context.font = `600 10px ${theme.font}`;
    const width = context.measureText(text).width + 12;
    context.beginPath();
    context.roundRect(right - width, top, width, 15, 4);
    context.fillStyle = theme.background;
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1.2;
    context.stroke();
    context.fillStyle = color;
    context.fillText(text, right - width + 6, top + 11);
  }

  private drawIcon(
    context: CanvasRenderingContext2D,
    name: IconName,
    x: number,
    y: number,
    size: number,
    color: string,
  ): void {
    context.save();
    context.translate(x, y);
    context.scale(size / 16, size / 16);
    context.strokeStyle = color;
    context.lineWidth = 1.3;
    context.lineCap = 'round';
    context.stroke(iconPath(name));
    context.restore();
  }

  /** The text, or its beginning and `…`; `context` has its font. */
  private fit(context: CanvasRenderingContext2D, text: string, width: number): string {
    const key = `${context.font}\n${Math.round(width)}\n${text}`;
    let fitted = this.fitted.get(key);
    if (fitted === undefined) this.fitted.set(key, (fitted = fitText(context, text, width)));
    return fitted;
  }
}

function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}

function wrap(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    // Signs of Markdown that mean nothing to the eye.
    const plain = paragraph.replace(/\*\*|__|`/g, '');
    const lines: string[] = [];
    let line = '';
    for (const word of plain.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && context.measureText(longer).width > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line].map((one) => fitText(context, one, width + 20));
  });
}

/** As lines where they are too small to be seen as curves. */
function strokeAll(context: CanvasRenderingContext2D, curves: readonly Curve[], zoom: number): void {
  if (curves.length === 0) return;
  context.beginPath();
  for (const { from, a, b, to } of curves) {
    context.moveTo(from.x, from.y);
    if (zoom < LOD.shapes) context.lineTo(to.x, to.y);
    else context.bezierCurveTo(a.x, a.y, b.x, b.y, to.x, to.y);
  }
  context.stroke();
}

/** An arrow's head at the end of a link. */
function drawHead(context: CanvasRenderingContext2D, { to }: Curve, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(to.x, to.y - 4);
  context.lineTo(to.x - 4.5, to.y - 12);
  context.lineTo(to.x + 4.5, to.y - 12);
  context.fill();
}
