/** The places of the page and how they share its room: canvas, event list and inspector beside or above each other. */
import type { VscodeSplitLayout } from '@vscode-elements/elements/dist/vscode-split-layout/index.js';
import { html, render } from 'lit';
import type { PageState } from '../model/pageState.js';

/** Parts of the width, or of the height: the canvas, and of the rest the list. */
export type Splits = NonNullable<PageState['splits']>;

export type Place =
  'bar' | 'canvas' | 'welcome' | 'filter' | 'list' | 'empty' | 'newer' | 'history' | 'inspector' | 'live';

const SPLITS: Splits = { outer: 0.36, inner: 0.54 };
/** Pixels of height from which on the canvas may stand above the rest. */
const TALL = 420;
/** Pixels of height below which the canvas of a narrow place is kept small, so that events are in sight. */
const LOW = 480;
/** Its part there. */
const SMALL = 0.13;
/** Pixels of width below which list and inspector do not stand beside each other. */
const NARROW = 440;

export class Frame {
  private readonly outer: VscodeSplitLayout;
  private readonly inner: VscodeSplitLayout;
  private isSmall = false;

  /** @param kept called when a person has moved a handle */
  constructor(
    private readonly root: HTMLElement,
    private splits: Splits = SPLITS,
    private readonly kept: (splits: Splits) => void,
  ) {
    const { outer, inner } = splits;
    render(
      html`
        <div id="bar" class="bar"></div>
        <div class="stage">
          <vscode-split-layout id="outer" split="vertical" initial-handle-position="${outer * 100}%">
            <section slot="start" class="pane canvas-pane" aria-label="Flow">
              <div id="canvas" class="canvas"></div>
              <div id="welcome" class="welcome"></div>
            </section>
            <div slot="end" class="pane">
              <vscode-split-layout id="inner" split="vertical" initial-handle-position="${inner * 100}%">
                <section slot="start" class="pane list-pane" aria-label="Events">
                  <div id="filter" class="filter" role="search" aria-label="In the list of events"></div>
                  <div class="list-place">
                    <div id="list" class="list"></div>
                    <div id="empty" class="list-empty"></div>
                  </div>
                  <div id="newer" class="newer"></div>
                  <div id="history" class="history" role="region" aria-label="Past runs"></div>
                </section>
                <section
                  slot="end"
                  id="inspector"
                  class="pane inspector"
                  aria-label="Selected event"
                  tabindex="0"
                ></section>
              </vscode-split-layout>
            </div>
          </vscode-split-layout>
        </div>
        <div id="live" class="sr-only" role="status" aria-live="polite"></div>
      `,
      root,
    );
    this.outer = root.querySelector<VscodeSplitLayout>('#outer')!;
    this.inner = root.querySelector<VscodeSplitLayout>('#inner')!;
    this.listen(this.outer, 'outer');
    this.listen(this.inner, 'inner');
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  place(name: Place): HTMLElement {
    return this.root.querySelector<HTMLElement>(`#${name}`)!;
  }

  /** Three columns; the canvas above the two others in a high place; one column in a narrow one. */
  private arrange(): void {
    const { root, outer, inner } = this;
    const { clientWidth: width, clientHeight: height } = root;
    const narrow = width < NARROW;
    root.classList.toggle('narrow', narrow);
    const isOuterTurned = turn(
      outer,
      narrow || (height > TALL && width < height * 1.3),
      [160, 240],
      [70, 120],
    );
    const isInnerTurned = turn(inner, narrow, [200, 180], [60, 60]);
    const isSmall = narrow && height < LOW;
    if (!isOuterTurned && !isInnerTurned && isSmall === this.isSmall) return;
    this.isSmall = isSmall;
    requestAnimationFrame(() => {
      putHandle(outer, isSmall ? Math.min(SMALL, this.splits.outer) : this.splits.outer);
      // How large the inner one is depends on the outer one.
      void outer.updateComplete.then(() => putHandle(inner, this.splits.inner));
    });
  }

  private listen(element: HTMLElement, name: keyof Splits): void {
    element.addEventListener('vsc-split-layout-change', (event) => {
      if (event.target !== element) return;
      const { detail } = event as CustomEvent<{ positionInPercentage: number }>;
      this.splits = { ...this.splits, [name]: detail.positionInPercentage / 100 };
      this.kept(this.splits);
    });
  }
}

/** Pixels that the first and the second part of a layout keep. */
type Least = readonly [number, number];

/**
 * Stands the parts of a layout above each other or side by side. Gives whether they stood otherwise before, or nowhere yet.
 * @param wide pixels of width that they keep side by side
 * @param high pixels of height that they keep above each other
 */
function turn(layout: VscodeSplitLayout, stacked: boolean, wide: Least, high: Least): boolean {
  const wanted = stacked ? 'horizontal' : 'vertical';
  const isTurned = layout.split !== wanted || layout.minStart === undefined;
  layout.split = wanted;
  const [start, end] = stacked ? high : wide;
  layout.minStart = `${start}px`;
  layout.minEnd = `${end}px`;
  return isTurned;
}

/**
 * Puts the handle there. The element measures itself when it is told a position, but shows it as a part of what it measured
 * before, unless the position is another one: it is told to show it again.
 */
function putHandle(layout: VscodeSplitLayout, part: number): void {
  layout.handlePosition = `${part * 100}%`;
  layout.requestUpdate();
}
