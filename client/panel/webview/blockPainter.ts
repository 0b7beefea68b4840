/** Draws the blocks of a diagram: their frames, texts, ports and marks; far away, where there are many, only their colours. */
import type { Diagram, DiagramBlock } from '../model/diagram.js';
import { short } from '../model/format.js';
import { BLOCK, blockRect, inputAt, meet, outputAt, type Rect } from '../model/geometry.js';
import type { BlockState } from '../model/runModel.js';
import type { FittedTexts } from './fittedTexts.js';
import { iconPath, kindOf, type IconName } from './icons.js';
import { LOD, type Overlay } from './overlay.js';
import type { Theme } from './theme.js';

const RADIUS = 6;
/** Pixels of width that a mark of a block takes. */
const MARK = 16;

export class BlockPainter {
  constructor(
    private readonly diagram: Diagram,
    private readonly theme: Theme,
    private readonly texts: FittedTexts,
  ) {}

  /** Those in sight. */
  draw(context: CanvasRenderingContext2D, seen: Rect, zoom: number, overlay: Overlay): void {
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
      this.drawSmall(context, visible, zoom, overlay);
      return;
    }
    for (const i of visible) this.drawBlock(context, blocks[i]!, i, zoom, overlay);
  }

  /** Many, so all of one colour at once. */
  private drawSmall(
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
        this.texts.fit(context, block.name === '' ? '(no name)' : block.name, beside),
        x + 48,
        y + 24,
      );
      context.fillStyle = theme.dim;
      context.font = `11px ${theme.font}`;
      context.fillText(
        this.texts.fit(context, block.gone ? 'not in the file' : block.type, width),
        x + 48,
        y + 41,
      );
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
          this.texts.fit(context, label, BLOCK.width / block.outputs.length - 26),
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
}
