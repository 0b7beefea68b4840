/** The entries of a run as a table of which only the rows in sight exist, so that 100,000 of them cost as much as 30. */
import { html, nothing, render, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock, duration } from '../model/format.js';
import type { Row } from '../model/row.js';
import type { RunModel } from '../model/runModel.js';
import { icon, type IconName } from './icons.js';

const ROW_HEIGHT = 22;
/** Rows that are drawn above and below those in sight. */
const EXTRA = 6;

export interface ListEvents {
  select(row: Row): void;
  open(row: Row): void;
}

export class EventList {
  private rows: readonly Row[] = [];
  private model: RunModel | undefined;
  private selected: number | undefined;
  private causes: ReadonlySet<number> = new Set();
  private effects: ReadonlySet<number> = new Set();
  /** It stays at its end while rows come in. */
  private follows = true;
  /** Number of a row to go to as soon as there is room. */
  private later: number | undefined;
  private frame = 0;
  private readonly scroller: HTMLElement;
  private readonly spacer = document.createElement('div');
  private readonly body = document.createElement('div');

  constructor(
    private readonly root: HTMLElement,
    private readonly events: ListEvents,
  ) {
    this.scroller = root;
    root.tabIndex = 0;
    root.setAttribute('role', 'grid');
    root.setAttribute('aria-label', 'Events of the run');
    root.setAttribute('aria-colcount', '5');
    const head = document.createElement('div');
    head.setAttribute('role', 'rowgroup');
    head.className = 'list-head';
    render(
      html`<div role="row" aria-rowindex="1" class="row head">
        <span role="columnheader" class="state"><span class="sr-only">State</span></span>
        <span role="columnheader" class="time">Time</span>
        <span role="columnheader" class="block">Block → Output</span>
        <span role="columnheader" class="data">Data</span>
        <span role="columnheader" class="took" title="Time since the event that led to it">After</span>
      </div>`,
      head,
    );
    this.spacer.className = 'list-spacer';
    this.spacer.setAttribute('role', 'rowgroup');
    this.body.className = 'list-body';
    this.body.setAttribute('role', 'presentation');
    this.spacer.append(this.body);
    root.append(head, this.spacer);
    this.scroller.addEventListener('scroll', () => {
      const { scrollTop, clientHeight, scrollHeight } = this.scroller;
      this.follows = scrollTop + clientHeight >= scrollHeight - ROW_HEIGHT;
      this.invalidate();
    });
    this.scroller.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('click', (event) => this.clicked(event, (row) => this.events.select(row)));
    this.body.addEventListener('dblclick', (event) => this.clicked(event, (row) => this.events.open(row)));
    new ResizeObserver(() => this.update()).observe(this.scroller);
  }

  get isFollowing(): boolean {
    return this.follows;
  }

  follow(): void {
    this.follows = true;
    this.invalidate();
  }

  setRows(rows: readonly Row[], model: RunModel): void {
    this.rows = rows;
    this.model = model;
    this.invalidate();
  }

  select(
    seq: number | undefined,
    causes: ReadonlySet<number>,
    effects: ReadonlySet<number>,
    reveal: boolean,
  ): void {
    this.selected = seq;
    this.causes = causes;
    this.effects = effects;
    if (reveal && seq !== undefined) this.reveal(this.indexOf(seq));
    this.invalidate();
  }

  /** Moves nothing: a click may be on its way to its place. */
  focus(): void {
    this.scroller.focus({ preventScroll: true });
  }

  private invalidate(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.update());
  }

  private update(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { rows, scroller } = this;
    this.spacer.style.height = `${rows.length * ROW_HEIGHT}px`;
    if (this.later !== undefined && scroller.clientHeight > 0) {
      const seq = this.later;
      this.later = undefined;
      this.reveal(this.indexOf(seq));
    }
    if (this.follows) scroller.scrollTop = scroller.scrollHeight;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - EXTRA);
    const last = Math.min(
      rows.length,
      Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_HEIGHT) + EXTRA,
    );
    this.body.style.transform = `translateY(${first * ROW_HEIGHT}px)`;
    this.root.setAttribute('aria-rowcount', String(rows.length + 1));
    render(
      // By their numbers, so that a row stays the same element while others come and go.
      repeat(
        rows.slice(first, last),
        ({ seq }) => seq,
        (row, i) => this.row(row, first + i),
      ),
      this.body,
    );
    const active = this.selected === undefined ? null : this.body.querySelector(`#row-${this.selected}`);
    if (active) scroller.setAttribute('aria-activedescendant', active.id);
    else scroller.removeAttribute('aria-activedescendant');
  }

  private row(row: Row, index: number): TemplateResult {
    const { seq, block, output, input, text, mock } = row;
    const isSelected = seq === this.selected;
    const relation = this.causes.has(seq) ? ' cause' : this.effects.has(seq) ? ' effect' : '';
    const since = this.model?.since(row);
    const { name, label, kind } = this.state(row);
    const port =
      row.kind === 'event'
        ? output === undefined
          ? html`<span class="port">← ${input ?? ''}</span>`
          : html`<span class="port">→ ${output}</span>`
        : nothing;
    return html`<div
      role="row"
      id="row-${seq}"
      class="row ${kind}${relation}${isSelected ? ' selected' : ''}"
      aria-rowindex=${index + 2}
      aria-selected=${isSelected}
      data-index=${index}
    >
      <span role="gridcell" class="state" title=${label} aria-label=${label + relationLabel(relation)}
        >${icon(name)}</span
      >
      <span role="gridcell" class="time">${clock(row.at)}</span>
      <span
        role="gridcell"
        class="block"
        title=${[block, row.kind === 'event' ? (output === undefined ? `← ${input ?? ''}` : `→ ${output}`) : ''].join(' ').trim()}
        >${block === '' ? 'run' : block} ${port}</span
      >
      <span role="gridcell" class="data"
        >${mock ? html`<span class="chip mock">mock</span>` : nothing}${
          row.leaks
            ? html`<span
                class="chip leak"
                title="Holds ${row.leaks.join(', ')}: the platform shows it to whatever follows"
                ><span class="holds">holds </span>${row.leaks.join(', ')}</span
              >`
            : nothing
        }<span class="text">${text}</span></span
      >
      <span role="gridcell" class="took">${since === undefined ? '' : duration(since)}</span>
    </div>`;
  }

  private state(row: Row): { name: IconName; label: string; kind: string } {
    switch (row.kind) {
      case 'failed':
        return { name: 'error', label: 'Failed', kind: 'failed' };
      case 'activity':
        return { name: 'chevron', label: 'Activity', kind: 'activity' };
      case 'log':
        return row.level === 'error' || row.level === 'warn'
          ? { name: 'warning', label: row.level === 'warn' ? 'Warning' : 'Error', kind: `log ${row.level}` }
          : { name: 'list', label: 'Log', kind: 'log' };
      case 'event':
        if (row.id !== undefined && this.model?.hasFailed(row.id) === true)
          return { name: 'error', label: 'Led to a failure', kind: 'event led-to-failure' };
        if (row.leaks) return { name: 'warning', label: 'Holds a secret', kind: 'event leaks' };
        if (row.output === undefined) return { name: 'send', label: 'Sent by hand', kind: 'event' };
        return row.mock
          ? { name: 'mock', label: 'Mocked', kind: 'event' }
          : { name: 'check', label: 'Emitted', kind: 'event' };
    }
  }

  private clicked(event: Event, act: (row: Row) => void): void {
    const element = (event.target as Element).closest<HTMLElement>('.row');
    const row = element && this.rows[Number(element.dataset['index'])];
    if (!row) return;
    act(row);
  }

  private indexOf(seq: number): number {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return this.rows[low]?.seq === seq ? low : -1;
  }

  private reveal(index: number): void {
    if (index < 0) return;
    const { scroller } = this;
    this.follows = index === this.rows.length - 1;
    if (scroller.clientHeight === 0) {
      // Not laid out yet: there is no place to scroll to.
      this.later = this.rows[index]!.seq;
      return;
    }
    const top = index * ROW_HEIGHT;
    this.spacer.style.height = `${this.rows.length * ROW_HEIGHT}px`;
    // The head stands above the rows and stays in sight.
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + 2 * ROW_HEIGHT > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = top + 2 * ROW_HEIGHT - scroller.clientHeight;
  }

  private key(event: KeyboardEvent): void {
    const { rows } = this;
    if (rows.length === 0) return;
    const index = this.selected === undefined ? -1 : this.indexOf(this.selected);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW_HEIGHT) - 1);
    const row = rows[index];
    const go = (to: number) => this.events.select(rows[Math.max(0, Math.min(rows.length - 1, to))]!);
    switch (event.key) {
      case 'ArrowDown':
        go(index + 1);
        break;
      case 'ArrowUp':
        go(index < 0 ? rows.length - 1 : index - 1);
        break;
      case 'PageDown':
        go(index + page);
        break;
      case 'PageUp':
        go(index - page);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(rows.length - 1);
        break;
      case 'ArrowLeft': {
        const cause = row && this.model?.causes(row).find(({ seq }) => seq !== row.seq);
        if (cause) this.events.select(cause);
        break;
      }
      case 'ArrowRight': {
        const effect = row && this.model?.effects(row, 1)[0];
        if (effect) this.events.select(effect);
        break;
      }
      case 'Enter':
        if (row) this.events.open(row);
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}

function relationLabel(relation: string): string {
  if (relation === ' cause') return ', a cause of the selected event';
  return relation === '' ? '' : ', an effect of the selected event';
}
