/**
 * Draws a diagram on a canvas, of which only what is in sight, and with fewer details the smaller it is. Canvas and not SVG,
 * by measurement (docs/performance.md).
 */
import type { Diagram, DiagramLink } from '../model/diagram.js';
import {
  curveAt,
  curveRect,
  groupRect,
  linkCurve,
  meet,
  NOTE,
  noteRect,
  type Curve,
  type Rect,
} from '../model/geometry.js';
import { seenIn, type Size, type View } from '../model/viewport.js';
import { BlockPainter } from './blockPainter.js';
import { FittedTexts, wrap } from './fittedTexts.js';
import { LOD, type Overlay } from './overlay.js';
import type { Theme } from './theme.js';

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
  private readonly texts = new FittedTexts();
  private readonly blocks: BlockPainter;

  constructor(
    readonly diagram: Diagram,
    private readonly theme: Theme,
  ) {
    this.links = diagram.links.map((link) => {
      const curve = linkCurve(diagram, link);
      return { link, curve, rect: curveRect(curve) };
    });
    this.groups = diagram.groups.map(({ name, blocks }) => ({ name, rect: groupRect(diagram, blocks) }));
    this.blocks = new BlockPainter(diagram, theme, this.texts);
  }

  /** @param pixels of the device per pixel of the page */
  draw(context: CanvasRenderingContext2D, view: View, size: Size, pixels: number, overlay: Overlay): void {
    const { theme } = this;
    const scale = view.zoom * pixels;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, size.width * pixels, size.height * pixels);
    context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale);
    const seen = seenIn(view, size);
    context.lineJoin = 'round';
    if (view.zoom > 0.3) this.drawGrid(context, seen, view.zoom);
    this.drawGroups(context, seen, view.zoom);
    this.drawNotes(context, seen, view.zoom);
    this.drawLinks(context, seen, view.zoom, overlay);
    this.blocks.draw(context, seen, view.zoom, overlay);
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
      context.fillText(this.texts.fit(context, name, rect.width - 24), rect.x + 12, rect.y + 18);
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
