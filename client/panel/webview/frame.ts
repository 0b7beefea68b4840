/** The places of the page and how they share its room: canvas, event list and inspector beside or above each other. */
import { html, render } from 'lit';
import type { PageState } from './api.js';

/** Parts of the width, or of the height: the canvas, and of the rest the list. */
export type Splits = NonNullable<PageState['splits']>;

export type Place =
  'bar' | 'canvas' | 'welcome' | 'filter' | 'list' | 'empty' | 'newer' | 'history' | 'inspector' | 'live';

const SPLITS: Splits = { outer: 0.36, inner: 0.54 };
/** Pixels of height from which on the canvas may stand above the rest. */
const TALL = 420;
/** Pixels of width below which list and inspector do not stand beside each other. */
const NARROW = 440;

export class Frame {
  private readonly outer: HTMLElement;
  private readonly inner: HTMLElement;

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
          <vscode-split-layout
            id="outer"
            split="vertical"
            initial-handle-position="${outer * 100}%"
            min-start="160px"
            min-end="240px"
          >
            <section slot="start" class="pane canvas-pane" aria-label="Flow">
              <div id="canvas" class="canvas"></div>
              <div id="welcome" class="welcome"></div>
            </section>
            <div slot="end" class="pane">
              <vscode-split-layout
                id="inner"
                split="vertical"
                initial-handle-position="${inner * 100}%"
                min-start="200px"
                min-end="180px"
              >
                <section slot="start" class="pane list-pane" aria-label="Events">
                  <div id="filter" class="filter" role="search" aria-label="In the list of events"></div>
                  <div class="list-place">
                    <div id="list" class="list"></div>
                    <p id="empty" class="list-empty"></p>
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
    this.outer = this.find('outer');
    this.inner = this.find('inner');
    this.listen(this.outer, 'outer');
    this.listen(this.inner, 'inner');
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  place(name: Place): HTMLElement {
    return this.find(name);
  }

  private find(id: string): HTMLElement {
    return this.root.querySelector<HTMLElement>(`#${id}`)!;
  }

  /** Three columns; the canvas above the two others in a high place; one column in a narrow one. */
  private arrange(): void {
    const { root, outer, inner } = this;
    const { clientWidth: width, clientHeight: height } = root;
    const narrow = width < NARROW;
    root.classList.toggle('narrow', narrow);
    const isOuterTurned = split(outer, narrow || (height > TALL && width < height * 1.3));
    const isInnerTurned = split(inner, narrow);
    if (!isOuterTurned && !isInnerTurned) return;
    // The handles keep their pixels, which meant other parts before.
    requestAnimationFrame(() => {
      outer.setAttribute('handle-position', `${this.splits.outer * 100}%`);
      inner.setAttribute('handle-position', `${this.splits.inner * 100}%`);
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

/** Gives whether its parts stood otherwise before. */
function split(layout: HTMLElement, stacked: boolean): boolean {
  const wanted = stacked ? 'horizontal' : 'vertical';
  if (layout.getAttribute('split') === wanted) return false;
  layout.setAttribute('split', wanted);
  return true;
}
