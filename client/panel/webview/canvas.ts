/** The flow's canvas: pan, zoom, selection by mouse and keys, a small map of a large flow, and a description for screen readers. */
import { html, render } from 'lit';
import type { Diagram } from '../model/diagram.js';
import { count } from '../model/format.js';
import {
  BLOCK,
  blockAt,
  blockRect,
  bounds,
  neighbour,
  type Direction,
  type Rect,
} from '../model/geometry.js';
import type { RunModel } from '../model/runModel.js';
import { icon } from './icons.js';
import { Scene, type Overlay, type View } from './scene.js';
import { onThemeChange, prefersReducedMotion, readTheme, type Theme } from './theme.js';

const MIN_ZOOM = 0.04;
const MAX_ZOOM = 2.5;
/** Milliseconds that an output shines after an event, and that the event takes along a link. */
const GLOW = 900;
const TRAVEL = 420;
/** Blocks from which on there is a small map. */
const MAP_FROM = 12;
const MARGIN = 36;
/** Pixels per unit at which texts can be read: a flow that comes to sight is not shown smaller. */
const READABLE = 0.62;

export interface CanvasEvents {
  /** Chosen with the mouse or the keys; undefined: nothing. */
  select(block: string | undefined): void;
  /** Enter or a double click. */
  open(block: string): void;
  moved(view: View): void;
}

export class CanvasView {
  private readonly surface = document.createElement('canvas');
  private readonly map = document.createElement('canvas');
  private readonly mapFrame = document.createElement('div');
  private readonly mapBox = document.createElement('div');
  private readonly controls = document.createElement('div');
  private readonly option = document.createElement('div');
  private readonly context = this.surface.getContext('2d', { alpha: false })!;
  private theme: Theme = readTheme();
  private diagram: Diagram | undefined;
  private scene: Scene | undefined;
  private extent: Rect = { x: 0, y: 0, width: 1, height: 1 };
  private view: View = { x: 0, y: 0, zoom: 1 };
  /** The person has not moved the canvas, so it may fit itself. */
  private isFitted = true;
  private model: RunModel | undefined;
  /** Block and output -> when its last event came in here. */
  private readonly lit = new Map<string, number>();
  private selected: number | undefined;
  private cursor: string | undefined;
  private paused: string | undefined;
  private lineage: ReadonlySet<string> = new Set();
  private frame = 0;
  private width = 0;
  private height = 0;
  private mapTimer = 0;
  private drag: { x: number; y: number; view: View; moved: boolean } | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly events: CanvasEvents,
  ) {
    root.tabIndex = 0;
    root.setAttribute('role', 'listbox');
    root.setAttribute(
      'aria-label',
      'Blocks of the flow. Arrow keys follow the links, Enter opens a block in the editor.',
    );
    this.option.className = 'sr-only';
    this.option.id = 'canvas-block';
    this.option.setAttribute('role', 'option');
    this.option.setAttribute('aria-selected', 'false');
    this.option.textContent = 'No block is selected';
    this.mapBox.className = 'map';
    this.mapBox.setAttribute('aria-hidden', 'true');
    this.mapFrame.className = 'map-frame';
    this.mapBox.append(this.map, this.mapFrame);
    this.surface.setAttribute('aria-hidden', 'true');
    root.append(this.surface, this.option);
    this.mapBox.hidden = true;
    const { controls } = this;
    controls.className = 'zoom';
    controls.hidden = true;
    render(
      html`
        <button type="button" title="Zoom in (+)" aria-label="Zoom in" @click=${() => this.zoomBy(1.25)}>
          ${icon('plus')}
        </button>
        <button type="button" title="Zoom out (-)" aria-label="Zoom out" @click=${() => this.zoomBy(0.8)}>
          ${icon('minus')}
        </button>
        <button
          type="button"
          title="Show all of the flow (F)"
          aria-label="Show all of the flow"
          @click=${() => this.fit()}
        >
          ${icon('fit')}
        </button>
      `,
      controls,
    );
    root.after(controls, this.mapBox);
    new ResizeObserver(() => this.resized()).observe(root);
    onThemeChange(() => this.themeChanged());
    root.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    root.addEventListener('pointerdown', (event) => this.pressed(event));
    root.addEventListener('pointermove', (event) => this.dragged(event));
    root.addEventListener('pointerup', (event) => this.released(event));
    root.addEventListener('dblclick', (event) => {
      const block = this.blockUnder(event);
      if (block !== undefined) this.events.open(block);
    });
    root.addEventListener('keydown', (event) => this.key(event));
    root.addEventListener('focus', () => this.invalidate());
    root.addEventListener('blur', () => this.invalidate());
    this.mapBox.addEventListener('pointerdown', (event) => this.mapPressed(event));
    this.mapBox.addEventListener('pointermove', (event) => event.buttons === 1 && this.mapPressed(event));
  }

  /** @param keep the same flow as before: the view stays */
  setDiagram(diagram: Diagram | undefined, model: RunModel, keep: boolean): void {
    const before = this.selectedBlock;
    this.diagram = diagram;
    this.model = model;
    this.scene = diagram && new Scene(diagram, this.theme);
    this.extent = diagram ? bounds(diagram) : this.extent;
    if (!keep) {
      this.lit.clear();
      this.isFitted = true;
    }
    const index =
      before === undefined ? -1 : (diagram?.blocks.findIndex(({ name }) => name === before) ?? -1);
    this.selected = index < 0 ? undefined : index;
    this.controls.hidden = !diagram;
    this.mapBox.hidden = !diagram || diagram.blocks.length < MAP_FROM;
    if (this.isFitted) this.begin();
    this.drawMap();
    this.describe();
    this.invalidate();
  }

  setModel(model: RunModel): void {
    this.model = model;
    this.invalidate();
  }

  get selectedBlock(): string | undefined {
    return this.selected === undefined ? undefined : this.diagram?.blocks[this.selected]?.name;
  }

  /** Shows which block is selected, and moves there when it is out of sight. */
  select(block: string | undefined, reveal: boolean): void {
    const index =
      block === undefined ? -1 : (this.diagram?.blocks.findIndex(({ name }) => name === block) ?? -1);
    this.selected = index < 0 ? undefined : index;
    if (reveal && this.selected !== undefined) this.reveal(this.selected);
    this.describe();
    this.invalidate();
  }

  setCursor(block: string | undefined): void {
    if (this.cursor === block) return;
    this.cursor = block;
    const index = this.diagram?.blocks.findIndex(({ name }) => name === block) ?? -1;
    if (index >= 0) this.reveal(index);
    this.invalidate();
  }

  setPaused(block: string | undefined): void {
    if (this.paused === block) return;
    this.paused = block;
    this.invalidate();
  }

  setLineage(blocks: ReadonlySet<string>): void {
    this.lineage = blocks;
    this.invalidate();
  }

  /** An event has come in. */
  flash(block: string, output: string): void {
    this.lit.set(`${block}\n${output}`, performance.now());
    this.invalidate();
  }

  restore(view: View): void {
    this.view = view;
    this.isFitted = false;
    this.invalidate();
  }

  focus(): void {
    this.root.focus();
  }

  /** Draws at the next frame, and the small map a little later. */
  invalidate(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** The state of blocks has changed. */
  refresh(): void {
    this.invalidate();
    this.describe();
    if (this.mapTimer === 0 && !this.mapBox.hidden)
      this.mapTimer = window.setTimeout(() => {
        this.mapTimer = 0;
        this.drawMap();
      }, 500);
  }

  /** Shows all of the flow. */
  fit(): void {
    const { x, y, width, height } = this.extent;
    const zoom = this.fitting;
    this.move({
      zoom,
      x: x + width / 2 - this.width / 2 / zoom,
      y: y + height / 2 - this.height / 2 / zoom,
    });
    this.isFitted = true;
  }

  /** Shows all of a flow that can be read so, else its beginning: the block that stands highest. */
  private begin(): void {
    if (this.width === 0 || this.height === 0) return;
    const { x, y, width, height } = this.extent;
    const zoom = Math.max(READABLE, this.fitting);
    const [w, h] = [this.width / zoom, this.height / zoom];
    const { blocks = [] } = this.diagram ?? {};
    const highest = blocks.reduce((best, block) => (block.y < best.y ? block : best), blocks[0] ?? { x, y });
    const margin = MARGIN / zoom;
    this.view = {
      zoom,
      x: width + 2 * margin <= w ? x + width / 2 - w / 2 : highest.x + BLOCK.width / 2 - w / 2,
      y: height + 2 * margin <= h ? y + height / 2 - h / 2 : highest.y - margin,
    };
    this.invalidate();
  }

  private get fitting(): number {
    const { width, height } = this.extent;
    const [w, h] = [this.width - 2 * MARGIN, this.height - 2 * MARGIN];
    return clamp(Math.min(w / width, h / height), MIN_ZOOM, 1.1);
  }

  zoomBy(factor: number, at = { x: this.width / 2, y: this.height / 2 }): void {
    const zoom = clamp(this.view.zoom * factor, MIN_ZOOM, MAX_ZOOM);
    const shift = 1 / this.view.zoom - 1 / zoom;
    this.move({ zoom, x: this.view.x + at.x * shift, y: this.view.y + at.y * shift });
  }

  private move(view: View): void {
    this.view = view;
    this.isFitted = false;
    this.events.moved(view);
    this.invalidate();
  }

  private draw(): void {
    this.frame = 0;
    const now = performance.now();
    const still = prefersReducedMotion();
    if (!this.scene) {
      this.context.setTransform(1, 0, 0, 1, 0, 0);
      this.context.fillStyle = this.theme.background;
      this.context.fillRect(0, 0, this.surface.width, this.surface.height);
      return;
    }
    const age = (block: string, output: string): number | undefined => {
      const at = this.lit.get(`${block}\n${output}`);
      return at === undefined || now - at > GLOW ? undefined : now - at;
    };
    const overlay: Overlay = {
      state: (block) => this.model?.blocks.get(block),
      glow: (block, output) => {
        const passed = age(block, output);
        if (passed === undefined) return 0;
        return still ? 1 : 1 - passed / GLOW;
      },
      travel: (block, output) => {
        const passed = age(block, output);
        return still || passed === undefined || passed > TRAVEL ? undefined : passed / TRAVEL;
      },
      selected: this.selected,
      cursor: this.cursor,
      paused: this.paused,
      lineage: this.lineage,
      hasFocus: document.activeElement === this.root,
    };
    this.scene.draw(this.context, this.view, this.width, this.height, window.devicePixelRatio, overlay);
    this.placeMapFrame();
    for (const [key, at] of this.lit) if (now - at > GLOW) this.lit.delete(key);
    if (this.lit.size > 0) {
      // Without motion it only has to go out again.
      if (still) window.setTimeout(() => this.invalidate(), GLOW);
      else this.invalidate();
    }
  }

  private resized(): void {
    const { clientWidth, clientHeight } = this.root;
    const { x, y, zoom } = this.view;
    // What stood in the middle stays there.
    if (this.width > 0 && clientWidth > 0)
      this.view = {
        zoom,
        x: x + (this.width - clientWidth) / 2 / zoom,
        y: y + (this.height - clientHeight) / 2 / zoom,
      };
    this.width = clientWidth;
    this.height = clientHeight;
    this.surface.width = Math.round(clientWidth * window.devicePixelRatio);
    this.surface.height = Math.round(clientHeight * window.devicePixelRatio);
    if (this.isFitted) this.begin();
    // A canvas of another size is empty: it must not be seen so.
    cancelAnimationFrame(this.frame);
    this.draw();
  }

  private themeChanged(): void {
    this.theme = readTheme();
    if (this.diagram) this.scene = new Scene(this.diagram, this.theme);
    this.drawMap();
    this.invalidate();
  }

  private reveal(index: number): void {
    const { x, y } = this.diagram!.blocks[index]!;
    const { zoom } = this.view;
    const seen = { width: this.width / zoom, height: this.height / zoom };
    const inside =
      x >= this.view.x &&
      y >= this.view.y &&
      x + BLOCK.width <= this.view.x + seen.width &&
      y + BLOCK.height <= this.view.y + seen.height;
    if (inside || this.width === 0) return;
    this.move({
      zoom,
      x: x + BLOCK.width / 2 - seen.width / 2,
      y: y + BLOCK.height / 2 - seen.height / 2,
    });
  }

  private toFlow(event: MouseEvent): { x: number; y: number } {
    const box = this.root.getBoundingClientRect();
    return {
      x: this.view.x + (event.clientX - box.left) / this.view.zoom,
      y: this.view.y + (event.clientY - box.top) / this.view.zoom,
    };
  }

  private blockUnder(event: MouseEvent): string | undefined {
    const index = this.diagram && blockAt(this.diagram, this.toFlow(event));
    return index === undefined ? undefined : this.diagram!.blocks[index]!.name;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) {
      this.move({ ...this.view, x: this.view.x + (event.deltaY || event.deltaX) / this.view.zoom });
      return;
    }
    const box = this.root.getBoundingClientRect();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.zoomBy(Math.exp(-clamp(pixels, -240, 240) / 400), {
      x: event.clientX - box.left,
      y: event.clientY - box.top,
    });
  }

  private pressed(event: PointerEvent): void {
    if (event.button > 1) return;
    this.root.setPointerCapture(event.pointerId);
    this.drag = { x: event.clientX, y: event.clientY, view: this.view, moved: false };
  }

  private dragged(event: PointerEvent): void {
    if (!this.drag) {
      this.root.classList.toggle('over-block', this.blockUnder(event) !== undefined);
      return;
    }
    const [dx, dy] = [event.clientX - this.drag.x, event.clientY - this.drag.y];
    if (!this.drag.moved && Math.hypot(dx, dy) < 4) return;
    this.drag.moved = true;
    const { view } = this.drag;
    this.move({ ...view, x: view.x - dx / view.zoom, y: view.y - dy / view.zoom });
  }

  private released(event: PointerEvent): void {
    const wasMoved = this.drag?.moved;
    this.drag = undefined;
    if (wasMoved === false && event.button === 0) this.events.select(this.blockUnder(event));
  }

  private key(event: KeyboardEvent): void {
    const directions: Readonly<Record<string, Direction>> = {
      ArrowUp: 'up',
      ArrowDown: 'down',
      ArrowLeft: 'left',
      ArrowRight: 'right',
    };
    const direction = directions[event.key];
    if (direction && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.shiftKey) {
        const step = 80 / this.view.zoom;
        const [x, y] = { up: [0, -step], down: [0, step], left: [-step, 0], right: [step, 0] }[direction] as [
          number,
          number,
        ];
        this.move({ ...this.view, x: this.view.x + x, y: this.view.y + y });
      } else this.step(direction);
    } else if (event.key === 'Enter' && this.selectedBlock !== undefined)
      this.events.open(this.selectedBlock);
    else if (event.key === 'Escape' && this.selected !== undefined) this.events.select(undefined);
    else if (event.key === '+' || event.key === '=') this.zoomBy(1.25);
    else if (event.key === '-') this.zoomBy(0.8);
    else if (event.key === '0') this.fit();
    else return;
    // The workbench would zoom its window.
    event.preventDefault();
    event.stopPropagation();
  }

  private step(direction: Direction): void {
    const { diagram } = this;
    if (!diagram || diagram.blocks.length === 0) return;
    const cursor = diagram.blocks.findIndex(({ name }) => name === this.cursor);
    const to =
      this.selected === undefined ? Math.max(0, cursor) : neighbour(diagram, this.selected, direction);
    if (to === undefined) return;
    this.events.select(diagram.blocks[to]!.name);
    this.reveal(to);
  }

  /** For screen readers: the selected block in words. */
  private describe(): void {
    const { diagram, selected, option } = this;
    const block = selected === undefined ? undefined : diagram?.blocks[selected];
    option.setAttribute('aria-selected', String(block !== undefined));
    if (!block || selected === undefined) {
      this.root.removeAttribute('aria-activedescendant');
      option.textContent = diagram
        ? `No block is selected; ${count(diagram.blocks.length, 'block')}`
        : 'No flow';
      return;
    }
    this.root.setAttribute('aria-activedescendant', option.id);
    const state = this.model?.blocks.get(block.name);
    const names = (indexes: readonly number[]) =>
      [...new Set(indexes)].map((i) => diagram!.blocks[i]!.name).join(', ');
    const from = names(diagram!.links.flatMap((link) => (link.to === selected ? [link.from] : [])));
    const to = names(diagram!.links.flatMap((link) => (link.from === selected ? [link.to] : [])));
    const text = [
      block.name,
      block.type,
      ...(state
        ? [count(state.events, 'event'), ...(state.failures > 0 ? [count(state.failures, 'failure')] : [])]
        : []),
      ...(state?.mocked ? ['mocked'] : []),
      ...(state && state.leaks.size > 0 ? [`holds secrets: ${[...state.leaks].join(', ')}`] : []),
      ...(this.paused === block.name ? ['the run is paused here'] : []),
      ...(from === '' ? [] : [`after ${from}`]),
      ...(to === '' ? [] : [`before ${to}`]),
    ].join(', ');
    if (option.textContent !== text) option.textContent = text;
  }

  private mapScale(): { scale: number; left: number; top: number } {
    const { x, y, width, height } = this.extent;
    const [w, h] = [this.map.clientWidth, this.map.clientHeight];
    const scale = Math.min((w - 8) / width, (h - 8) / height);
    return { scale, left: x - (w / scale - width) / 2, top: y - (h / scale - height) / 2 };
  }

  private drawMap(): void {
    const { diagram, map, theme } = this;
    if (!diagram || this.mapBox.hidden) return;
    const pixels = window.devicePixelRatio;
    map.width = map.clientWidth * pixels;
    map.height = map.clientHeight * pixels;
    const context = map.getContext('2d')!;
    const { scale, left, top } = this.mapScale();
    context.scale(pixels, pixels);
    for (const block of diagram.blocks) {
      const { x, y, width, height } = blockRect(block);
      const state = this.model?.blocks.get(block.name);
      context.fillStyle = state ? (state.failures > 0 ? theme.error : theme.hues.green) : theme.dim;
      context.globalAlpha = state ? 1 : 0.6;
      context.fillRect(
        (x - left) * scale,
        (y - top) * scale,
        Math.max(1.5, width * scale),
        Math.max(1, height * scale),
      );
    }
    this.placeMapFrame();
  }

  private placeMapFrame(): void {
    if (this.mapBox.hidden) return;
    const { scale, left, top } = this.mapScale();
    const { style } = this.mapFrame;
    const [w, h] = [this.map.clientWidth, this.map.clientHeight];
    const x = clamp((this.view.x - left) * scale, 0, w);
    const y = clamp((this.view.y - top) * scale, 0, h);
    style.left = `${x}px`;
    style.top = `${y}px`;
    style.width = `${Math.max(0, Math.min(w, (this.view.x + this.width / this.view.zoom - left) * scale) - x)}px`;
    style.height = `${Math.max(0, Math.min(h, (this.view.y + this.height / this.view.zoom - top) * scale) - y)}px`;
  }

  private mapPressed(event: PointerEvent): void {
    const box = this.map.getBoundingClientRect();
    const { scale, left, top } = this.mapScale();
    const { zoom } = this.view;
    this.move({
      zoom,
      x: left + (event.clientX - box.left) / scale - this.width / 2 / zoom,
      y: top + (event.clientY - box.top) / scale - this.height / 2 / zoom,
    });
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
