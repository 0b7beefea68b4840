/** A small map of a large flow: its blocks and how they fare, and the part that is in sight. */
import type { Diagram } from '../model/diagram.js';
import { blockRect, type Point, type Rect } from '../model/geometry.js';
import type { BlockState } from '../model/runModel.js';
import { clamp } from '../model/viewport.js';
import type { Theme } from './theme.js';

/** Blocks from which on there is one. */
const FROM = 12;
/** Milliseconds after a change until it is drawn again. */
const DELAY = 500;

export interface MapEvents {
  theme(): Theme;
  state(block: string): BlockState | undefined;
  /** A place of the flow was chosen. */
  moveTo(middle: Point): void;
}

export class SmallMap {
  readonly box = document.createElement('div');
  private readonly surface = document.createElement('canvas');
  private readonly frame = document.createElement('div');
  private diagram: Diagram | undefined;
  private extent: Rect = { x: 0, y: 0, width: 1, height: 1 };
  private timer = 0;

  constructor(private readonly events: MapEvents) {
    const { box, surface, frame } = this;
    box.className = 'map';
    box.setAttribute('aria-hidden', 'true');
    box.hidden = true;
    frame.className = 'map-frame';
    box.append(surface, frame);
    box.addEventListener('pointerdown', (event) => this.pressed(event));
    box.addEventListener('pointermove', (event) => event.buttons === 1 && this.pressed(event));
  }

  /** @param extent of the diagram */
  show(diagram: Diagram | undefined, extent: Rect): void {
    this.diagram = diagram;
    this.extent = extent;
    this.box.hidden = !diagram || diagram.blocks.length < FROM;
    this.draw();
  }

  draw(): void {
    const { diagram, surface, events } = this;
    if (!diagram || this.box.hidden) return;
    const theme = events.theme();
    const pixels = window.devicePixelRatio;
    surface.width = surface.clientWidth * pixels;
    surface.height = surface.clientHeight * pixels;
    const context = surface.getContext('2d')!;
    const { scale, left, top } = this.scale();
    context.scale(pixels, pixels);
    for (const block of diagram.blocks) {
      const { x, y, width, height } = blockRect(block);
      const state = events.state(block.name);
      context.fillStyle = state ? (state.failures > 0 ? theme.error : theme.hues.green) : theme.dim;
      context.globalAlpha = state ? 1 : 0.6;
      context.fillRect(
        (x - left) * scale,
        (y - top) * scale,
        Math.max(1.5, width * scale),
        Math.max(1, height * scale),
      );
    }
  }

  /** The state of blocks has changed. */
  drawSoon(): void {
    if (this.timer !== 0 || this.box.hidden) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, DELAY);
  }

  /** Frames what is in sight. */
  place(seen: Rect): void {
    if (this.box.hidden) return;
    const { scale, left, top } = this.scale();
    const { style } = this.frame;
    const [w, h] = [this.surface.clientWidth, this.surface.clientHeight];
    const x = clamp((seen.x - left) * scale, 0, w);
    const y = clamp((seen.y - top) * scale, 0, h);
    style.left = `${x}px`;
    style.top = `${y}px`;
    style.width = `${Math.max(0, Math.min(w, (seen.x + seen.width - left) * scale) - x)}px`;
    style.height = `${Math.max(0, Math.min(h, (seen.y + seen.height - top) * scale) - y)}px`;
  }

  private scale(): { scale: number; left: number; top: number } {
    const { x, y, width, height } = this.extent;
    const [w, h] = [this.surface.clientWidth, this.surface.clientHeight];
    const scale = Math.min((w - 8) / width, (h - 8) / height);
    return { scale, left: x - (w / scale - width) / 2, top: y - (h / scale - height) / 2 };
  }

  private pressed(event: PointerEvent): void {
    const box = this.surface.getBoundingClientRect();
    const { scale, left, top } = this.scale();
    this.events.moveTo({
      x: left + (event.clientX - box.left) / scale,
      y: top + (event.clientY - box.top) / scale,
    });
  }
}
