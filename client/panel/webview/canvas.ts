/** The flow's canvas: pan, zoom, selection by mouse and keys, and a description for screen readers. */
import { html, render } from 'lit';
import type { Diagram } from '../model/diagram.js';
import { count } from '../model/format.js';
import {
  blockAt,
  blockRect,
  bounds,
  neighbour,
  type Direction,
  type Point,
  type Rect,
} from '../model/geometry.js';
import type { RunModel } from '../model/runModel.js';
import {
  beginning,
  centred,
  clamp,
  fitted,
  moved,
  resized,
  revealing,
  seenIn,
  zoomed,
  type Size,
  type View,
} from '../model/viewport.js';
import { icon } from './icons.js';
import type { Overlay } from './overlay.js';
import { Scene } from './scene.js';
import { SmallMap } from './smallMap.js';
import { onThemeChange, prefersReducedMotion, readTheme, type Theme } from './theme.js';

/** Milliseconds that an output shines after an event, and that the event takes along a link. */
const GLOW = 900;
const TRAVEL = 420;

/** How far Shift and an arrow key move the canvas, in pixels. */
const STEPS: Readonly<Record<Direction, Point>> = {
  up: { x: 0, y: -80 },
  down: { x: 0, y: 80 },
  left: { x: -80, y: 0 },
  right: { x: 80, y: 0 },
};

export interface CanvasEvents {
  /** Chosen with the mouse or the keys; undefined: nothing. */
  select(block: string | undefined): void;
  /** Enter or a double click. */
  open(block: string): void;
  moved(view: View): void;
}

export class CanvasView {
  private readonly surface = document.createElement('canvas');
  private readonly map: SmallMap;
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
  private size: Size = { width: 0, height: 0 };
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
    this.map = new SmallMap({
      theme: () => this.theme,
      state: (block) => this.model?.blocks.get(block),
      moveTo: (middle) => this.move(centred(middle, this.view.zoom, this.size)),
    });
    this.surface.setAttribute('aria-hidden', 'true');
    root.append(this.surface, this.option);
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
    root.after(controls, this.map.box);
    new ResizeObserver(() => this.resize()).observe(root);
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
    if (this.isFitted) this.begin();
    this.map.show(diagram, this.extent);
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
    this.map.drawSoon();
  }

  /** Shows all of the flow. */
  fit(): void {
    this.move(fitted(this.extent, this.size));
    this.isFitted = true;
  }

  /** As a flow comes to sight. */
  private begin(): void {
    if (!this.diagram || this.size.width === 0 || this.size.height === 0) return;
    this.view = beginning(this.diagram, this.extent, this.size);
    this.invalidate();
  }

  zoomBy(factor: number, at = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    this.move(zoomed(this.view, factor, at));
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
    this.scene.draw(this.context, this.view, this.size, window.devicePixelRatio, overlay);
    this.map.place(seenIn(this.view, this.size));
    for (const [key, at] of this.lit) if (now - at > GLOW) this.lit.delete(key);
    if (this.lit.size > 0) {
      // Without motion it only has to go out again.
      if (still) window.setTimeout(() => this.invalidate(), GLOW);
      else this.invalidate();
    }
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (this.size.width > 0 && width > 0) this.view = resized(this.view, this.size, { width, height });
    this.size = { width, height };
    this.surface.width = Math.round(width * window.devicePixelRatio);
    this.surface.height = Math.round(height * window.devicePixelRatio);
    if (this.isFitted) this.begin();
    // A canvas of another size is empty: it must not be seen so.
    cancelAnimationFrame(this.frame);
    this.draw();
  }

  private themeChanged(): void {
    this.theme = readTheme();
    if (this.diagram) this.scene = new Scene(this.diagram, this.theme);
    this.map.draw();
    this.invalidate();
  }

  private reveal(index: number): void {
    if (this.size.width === 0) return;
    const view = revealing(this.view, blockRect(this.diagram!.blocks[index]!), this.size);
    if (view) this.move(view);
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
      this.move(moved(this.view, { x: event.deltaY || event.deltaX, y: 0 }));
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
    this.move(moved(this.drag.view, { x: -dx, y: -dy }));
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
      if (event.shiftKey) this.move(moved(this.view, STEPS[direction]));
      else this.step(direction);
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
}
