/** The page of the run panel: puts canvas, event list and inspector together and keeps them about the same run and event. */
import { html, nothing, render, type TemplateResult } from 'lit';
import type { Diagram } from '../model/diagram.js';
import { withGone } from '../model/diagram.js';
import { isFiltering, matcher, NO_FILTER, type Filter, type StateFilter } from '../model/filter.js';
import { count, dayAndTime, elapsed } from '../model/format.js';
import type { ShownRun, ToPage } from '../model/messages.js';
import type { Row } from '../model/row.js';
import { RunModel } from '../model/runModel.js';
import { onMessage, post, request, savedState, saveState, type PageState } from './api.js';
import { CanvasView } from './canvas.js';
import { EventList } from './eventList.js';
import { History } from './history.js';
import { icon, type IconName } from './icons.js';
import { Inspector } from './inspector.js';
import { SendForm } from './sendForm.js';

/** Milliseconds between announcements to screen readers, and before a search goes out and the state is kept. */
const SAY_INTERVAL = 4_000;
const SETTLE = 250;
/** Rows that are taken over in one frame. */
const FRAME_ROWS = 10_000;
/** Parts of the width: the canvas, and of the rest the list. */
const SPLITS = { outer: 0.36, inner: 0.54 };
/** Pixels of height from which on the canvas may stand above the rest. */
const TALL = 420;

const STATES: readonly (readonly [StateFilter, string])[] = [
  ['all', 'All entries'],
  ['events', 'Events'],
  ['failed', 'Failures'],
  ['leaks', 'Leaks'],
  ['mocks', 'Mocked'],
  ['log', 'Log'],
];

type Button = (
  name: IconName,
  label: string,
  act: () => void,
  options?: { readonly wide?: boolean; readonly on?: boolean },
) => TemplateResult;

export class App {
  private model = new RunModel();
  private run: ShownRun | undefined;
  private diagram: Diagram | undefined;
  private drawn: Diagram | undefined;
  /** Rows that have come in and are not taken over yet. */
  private waiting: Row[] = [];
  /** Those that pass the filter and are not cleared away. */
  private shown: Row[] = [];
  private hits = new Set<number>();
  private filter: Filter;
  private cleared: number;
  private selected: Row | undefined;
  /** Number of a row to select as soon as it is there. */
  private wanted: number | undefined;
  private isPaused = false;
  private said = '';
  private saidAt = 0;
  private message: { readonly text: string; readonly isError: boolean } | undefined;
  /** Its title has the actions of the run. */
  private readonly inView: boolean;
  private frame = 0;
  private searchTimer = 0;
  private saveTimer = 0;
  private messageTimer = 0;
  private state: PageState = savedState();
  private readonly element: Readonly<
    Record<'bar' | 'canvas' | 'filter' | 'list' | 'newer' | 'live' | 'welcome', HTMLElement>
  >;
  private readonly canvas: CanvasView;
  private readonly list: EventList;
  private readonly inspector: Inspector;
  private readonly history: History;
  private readonly form: SendForm;

  constructor(private readonly root: HTMLElement) {
    this.inView = root.classList.contains('in-view');
    this.filter = this.state.filter ?? NO_FILTER;
    this.cleared = this.state.cleared ?? 0;
    this.wanted = this.state.selected;
    const { outer, inner } = this.state.splits ?? SPLITS;
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
                  <div id="list" class="list"></div>
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
    const find = (id: string) => root.querySelector<HTMLElement>(`#${id}`)!;
    this.element = {
      bar: find('bar'),
      canvas: find('canvas'),
      filter: find('filter'),
      list: find('list'),
      newer: find('newer'),
      live: find('live'),
      welcome: find('welcome'),
    };
    this.canvas = new CanvasView(this.element.canvas, {
      select: (block) => this.selectBlock(block),
      open: (block) => this.reveal(block, true),
      moved: (view) => this.keep({ view }),
    });
    this.list = new EventList(this.element.list, {
      select: (row) => this.select(row),
      open: (row) => this.reveal(row.block, true, row.place),
    });
    const say = (text: string, isError = false) => this.say(text, isError);
    this.inspector = new Inspector(find('inspector'), {
      select: (row) => this.select(row),
      sent: () => this.list.follow(),
      edit: (row) => this.form.openForEvent(row),
      say,
    });
    this.history = new History(find('history'), () => this.list.focus());
    this.form = new SendForm(root, say, () => this.list.follow());
    if (this.state.view) this.canvas.restore(this.state.view);
    this.listenToSplits(find('outer'), find('inner'));
    new ResizeObserver(() => this.arrange(find('outer'), find('inner'))).observe(root);
    onMessage((message) => this.receive(message));
    post({ type: 'ready', ...(this.state.runId !== undefined && { runId: this.state.runId }) });
    this.update();
  }

  private receive(message: Exclude<ToPage, { type: 'result' | 'error' }>): void {
    switch (message.type) {
      case 'run':
        this.showRun(message.run, message.diagram);
        return;
      case 'status': {
        if (message.run.runId !== this.run?.runId) return;
        const wasLive = this.run.live;
        this.run = message.run;
        this.canvas.setPaused(message.run.paused?.block);
        if (wasLive !== message.run.live) this.inspect(this.selected);
        this.invalidate();
        return;
      }
      case 'diagram':
        this.diagram = message.diagram;
        this.drawFlow(true);
        this.invalidate();
        return;
      case 'rows': {
        if (message.runId !== this.run?.runId) return;
        for (const row of message.rows) this.waiting.push(row);
        for (const seq of message.hits) this.hits.add(seq);
        // A paused view holds what comes in; a running one takes the next lot when this one is drawn.
        if (this.isPaused) post({ type: 'got', seq: message.rows.at(-1)!.seq });
        this.invalidate();
        return;
      }
      case 'cursor':
        this.canvas.setCursor(message.block);
        return;
      case 'command':
        this.command(message.command);
    }
  }

  private command(command: Extract<ToPage, { type: 'command' }>['command']): void {
    switch (command) {
      case 'clear':
        this.clear();
        return;
      case 'filter':
        this.element.filter.querySelector('input')?.focus();
        return;
      case 'history':
        if (this.history.isOpen) this.history.close();
        else void this.history.open(this.run?.runId);
        return;
      case 'send':
        this.openForm();
        return;
      case 'export':
        this.act(request('exportRun', {}));
    }
  }

  private showRun(run: ShownRun | undefined, diagram: Diagram | undefined): void {
    const restored = run !== undefined && run.runId === this.state.runId && this.run === undefined;
    const sameFlow = run !== undefined && run.flowUri === this.run?.flowUri;
    this.run = run;
    this.diagram = diagram;
    this.model = new RunModel();
    this.waiting = [];
    this.shown = [];
    this.hits = new Set();
    this.selected = undefined;
    this.isPaused = false;
    if (!restored) {
      this.cleared = 0;
      this.wanted = undefined;
      if (!sameFlow) this.filter = NO_FILTER;
    }
    this.drawn = undefined;
    this.drawFlow(restored || sameFlow);
    this.canvas.setPaused(run?.paused?.block);
    this.canvas.setLineage(new Set());
    this.list.setRows(this.shown, this.model);
    this.list.select(undefined, new Set(), new Set(), false);
    this.list.follow();
    this.inspect(undefined);
    if (this.filter.text.trim() !== '') this.search();
    const { runId, ...rest } = this.state;
    if (runId !== run?.runId) {
      const { selected: _selected, cleared: _cleared, ...kept } = rest;
      this.state = { ...kept, ...(run && { runId: run.runId }) };
      this.keep({});
    }
    this.invalidate();
  }

  /** Blocks that only the rows name are drawn as well. */
  private drawFlow(keep: boolean): void {
    const diagram = this.diagram ?? (this.run && { blocks: [], links: [], groups: [], notes: [] });
    const full = diagram && withGone(diagram, this.model.blocks.keys());
    const wasEmpty = (this.drawn?.blocks.length ?? 0) === 0;
    this.drawn = full;
    this.canvas.setDiagram(full, this.model, keep && !(wasEmpty && !this.state.view));
  }

  private invalidate(): void {
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.update();
      });
  }

  private update(): void {
    if (!this.isPaused) this.takeOver();
    this.renderBar();
    this.renderFilter();
    this.renderNewer();
    this.renderWelcome();
    this.announce();
  }

  private takeOver(): void {
    const rows = this.waiting.length > FRAME_ROWS ? this.waiting.splice(0, FRAME_ROWS) : this.waiting;
    if (rows.length === 0) return;
    if (rows === this.waiting) this.waiting = [];
    const known = this.model.blocks.size;
    if (this.model.append(rows)) this.shown = [...this.model.rows].filter(this.passes());
    else {
      const passes = this.passes();
      for (const row of rows) if (passes(row)) this.shown.push(row);
    }
    if (this.model.blocks.size !== known) this.drawGone();
    // The latest of each output is enough: they shine once per frame.
    const seen = new Set<string>();
    for (let i = rows.length - 1; i >= Math.max(0, rows.length - 500); i--) {
      const { block, output } = rows[i]!;
      if (output === undefined || seen.has(`${block}\n${output}`)) continue;
      seen.add(`${block}\n${output}`);
      if (this.run?.live) this.canvas.flash(block, output);
    }
    this.canvas.refresh();
    this.list.setRows(this.shown, this.model);
    if (this.selected) {
      this.relate(this.selected);
      const id = this.selected.id ?? this.selected.cause;
      if (rows.some(({ kind, cause }) => kind === 'failed' && cause === id)) void this.inspector.load();
    } else if (this.wanted !== undefined) {
      const index = this.model.indexOf(this.wanted);
      if (index >= 0) this.select(this.model.rows[index]!);
    }
    if (this.waiting.length > 0) this.invalidate();
    else post({ type: 'got', seq: rows.at(-1)!.seq });
  }

  private drawGone(): void {
    const known = new Set(this.drawn?.blocks.map(({ name }) => name));
    if ([...this.model.blocks.keys()].some((name) => !known.has(name))) this.drawFlow(true);
  }

  private passes(): (row: Row) => boolean {
    const matches = matcher(this.filter, (id) => this.model.hasFailed(id), this.hits);
    return (row) => row.seq > this.cleared && matches(row);
  }

  private refilter(): void {
    this.shown =
      isFiltering(this.filter) || this.cleared > 0
        ? this.model.rows.filter(this.passes())
        : [...this.model.rows];
    this.list.setRows(this.shown, this.model);
    this.keep({ filter: this.filter, cleared: this.cleared });
    this.invalidate();
  }

  private setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    if (change.text !== undefined) {
      clearTimeout(this.searchTimer);
      this.searchTimer = window.setTimeout(() => this.search(), SETTLE);
    }
    this.refilter();
  }

  /** Rows have the beginning of their data only: the extension looks through all of it. */
  private search(): void {
    const text = this.filter.text.trim();
    void request('search', { text }).then(
      ({ hits }) => {
        if (this.filter.text.trim() !== text) return;
        this.hits = new Set(hits);
        this.refilter();
      },
      () => undefined,
    );
  }

  private clear(): void {
    this.cleared = this.model.rows.at(-1)?.seq ?? 0;
    this.refilter();
    this.say('The view is cleared; nothing is deleted.');
  }

  private select(row: Row): void {
    this.selected = row;
    this.wanted = undefined;
    this.canvas.select(row.block, true);
    this.relate(row, true);
    this.inspect(row);
    this.reveal(row.block, false);
    this.keep({ selected: row.seq });
  }

  private inspect(row: Row | undefined): void {
    const outside = this.drawn?.blocks.filter(({ kind }) => kind === 'app' || kind === 'httpRequest') ?? [];
    const mockable = new Set(outside.map(({ name }) => name));
    this.inspector.show(row, this.model, this.run?.live ?? false, mockable);
  }

  /** Causes and effects of a row, in the list and on the canvas. */
  private relate(row: Row, reveal = false): void {
    const causes = this.model.causes(row);
    const effects = this.model.effects(row);
    const numbers = (rows: readonly Row[]) =>
      new Set(rows.map(({ seq }) => seq).filter((seq) => seq !== row.seq));
    this.canvas.setLineage(new Set([row, ...causes, ...effects].map(({ block }) => block)));
    this.list.select(row.seq, numbers(causes), numbers(effects), reveal);
  }

  /** On the canvas: its last entry is shown as well. */
  private selectBlock(block: string | undefined): void {
    const last =
      block === undefined
        ? undefined
        : this.model.rows.findLast(
            (row) => row.block === block && row.kind !== 'log' && row.kind !== 'activity',
          );
    if (last) {
      this.select(last);
      return;
    }
    this.selected = undefined;
    this.canvas.select(block, false);
    this.canvas.setLineage(new Set());
    this.list.select(undefined, new Set(), new Set(), false);
    this.inspect(undefined);
    if (block !== undefined) this.reveal(block, false);
  }

  private reveal(
    block: string,
    focus: boolean,
    place?: { readonly line: number; readonly column: number },
  ): void {
    if (block === '') return;
    void request('reveal', { block, focus, ...place }).catch((error: unknown) => {
      if (focus) this.say(error instanceof Error ? error.message : String(error), true);
    });
  }

  private openForm(): void {
    const { diagram } = this;
    if (diagram) this.form.openFor(diagram, this.run?.endpoints ?? [], this.canvas.selectedBlock);
    else this.say('Open a flow first.', true);
  }

  private pause(): void {
    this.isPaused = !this.isPaused;
    if (!this.isPaused) {
      this.list.follow();
    }
    this.invalidate();
  }

  private act(doing: Promise<unknown>, done?: string): void {
    void doing.then(
      () => done !== undefined && this.say(done),
      (error: unknown) => this.say(error instanceof Error ? error.message : String(error), true),
    );
  }

  private say(text: string, isError = false): void {
    this.message = { text, isError };
    clearTimeout(this.messageTimer);
    this.messageTimer = window.setTimeout(() => {
      this.message = undefined;
      this.invalidate();
    }, 6_000);
    this.invalidate();
  }

  private renderBar(): void {
    const { run, message } = this;
    const button: Button = (name, label, act, options = {}) =>
      html`<button
        type="button"
        class="tool${options.on ? ' on' : ''}"
        title=${label}
        aria-label=${label}
        aria-pressed=${options.on === undefined ? nothing : String(options.on)}
        @click=${act}
      >
        ${icon(name)}${options.wide ? html`<span>${label}</span>` : nothing}
      </button>`;
    const isLive = run?.live === true;
    render(
      html`<div class="run">
          ${
            run
              ? html`<span class="run-state ${run.state}">${icon(stateIcon(run))}${stateText(run)}</span>
                  <b>${run.flow}</b>
                  ${this.numbers(run)}`
              : html`<b>${this.diagram ? 'No run yet' : 'Flow Run'}</b>`
          }
          ${run?.endpoints
            .slice(0, 1)
            .map(
              ({ url, methods }) =>
                html`<button
                  type="button"
                  class="link address"
                  title="Copy the address that the flow listens on"
                  @click=${() => this.act(request('copyText', { text: url }), 'Address copied.')}
                >
                  ${methods.join(', ')} ${url}
                </button>`,
            )}
        </div>
        <div class="message ${message?.isError ? 'error' : ''}" role=${message?.isError ? 'alert' : 'status'}>
          ${message?.text ?? ''}
        </div>
        <div class="tools" role="toolbar" aria-label="Run">
          ${
            isLive && run.sleeping > 0
              ? button(
                  'skip',
                  `Skip ${count(run.sleeping, 'wait')}`,
                  () => this.act(request('skipSleep', {}), 'Skipped.'),
                  {
                    wide: true,
                  },
                )
              : nothing
          }
          ${this.diagram ? button('send', 'Send event', () => this.openForm(), { wide: true }) : nothing}
          ${
            isLive || this.isPaused
              ? button(
                  this.isPaused ? 'play' : 'pause',
                  this.isPaused ? 'Go on showing events' : 'Pause the view',
                  () => this.pause(),
                  {
                    on: this.isPaused,
                  },
                )
              : nothing
          }
          ${run ? button('test', 'Save the run as a test', () => this.act(request('saveAsTest', {}))) : nothing}
          ${this.inView ? nothing : this.titleActions(run, button)}
        </div>
        ${this.remarks(run)}`,
      this.element.bar,
    );
  }

  /** In the bottom panel these stand in the title. */
  private titleActions(run: ShownRun | undefined, button: Button): TemplateResult {
    return html`${
      run?.live
        ? button('stop', 'Stop the run', () => this.act(request('stop', {})))
        : button('play', run ? 'Run again' : 'Run flow', () => this.act(request('run', {})))
    }
    ${run ? button('export', 'Export the run, masked', () => this.command('export')) : nothing}
    ${button('history', 'Past runs', () => this.command('history'), { on: this.history.isOpen })}`;
  }

  private numbers(run: ShownRun): TemplateResult {
    const events = Math.max(run.events ?? 0, this.model.eventCount);
    const failures = Math.max(run.failures ?? 0, this.model.failures);
    return html`<span class="numbers"
      >${count(events, 'event')}${failures > 0 ? html` · <span class="bad">${count(failures, 'failure')}</span>` : nothing}${
        run.live ? nothing : html` · ${dayAndTime(run.startedAt, Date.now())}`
      }</span
    >`;
  }

  private remarks(run: ShownRun | undefined): TemplateResult | typeof nothing {
    if (!run) return nothing;
    const gone = this.drawn?.blocks.filter(({ gone: isGone }) => isGone).map(({ name }) => name) ?? [];
    const remarks = [
      ...run.remarks,
      ...(run.paused
        ? [`The run is paused at ${run.paused.block} (${run.paused.why}). Go on in the debugger.`]
        : []),
      ...(run.state === 'interrupted' ? ['This run was interrupted: its record ends in the middle.'] : []),
      ...(run.state === 'failed' ? ['The process of this run ended unexpectedly. See the log.'] : []),
      ...(run.skipped > 0
        ? [
            `${count(run.skipped, 'entry', 'entries')} came too fast to be shown here. The record has them: open it in Past runs when the run has ended.`,
          ]
        : []),
      ...(run.dropped > 0
        ? [`The oldest ${run.dropped.toLocaleString('en')} entries are no longer held here.`]
        : []),
      ...(gone.length > 0 && this.diagram ? [`No longer in the file: ${gone.join(', ')}.`] : []),
      ...(this.diagram || !run.live ? [] : ['The flow cannot be drawn.']),
    ];
    if (remarks.length === 0) return nothing;
    return html`<ul class="remarks">
      ${remarks.map((remark) => html`<li>${icon('warning')}<span>${remark}</span></li>`)}
    </ul>`;
  }

  private renderFilter(): void {
    const { filter } = this;
    const blocks = this.drawn?.blocks.map(({ name }) => name) ?? [];
    const names = filter.block === '' || blocks.includes(filter.block) ? blocks : [...blocks, filter.block];
    const value = (event: Event) => (event.target as HTMLInputElement).value;
    const total = this.model.rows.length;
    render(
      html`<input
          type="search"
          placeholder="Filter by text"
          aria-label="Filter by text"
          .value=${filter.text}
          @input=${(event: Event) => this.setFilter({ text: value(event) })}
        />
        <select
          aria-label="Filter by block"
          @change=${(event: Event) => this.setFilter({ block: value(event) })}
        >
          <option value="" ?selected=${filter.block === ''}>All blocks</option>
          ${names.map((name) => html`<option value=${name} ?selected=${filter.block === name}>${name}</option>`)}
        </select>
        <select
          aria-label="Filter by state"
          @change=${(event: Event) => this.setFilter({ state: value(event) as StateFilter })}
        >
          ${STATES.map(([state, label]) => html`<option value=${state} ?selected=${filter.state === state}>${label}</option>`)}
        </select>
        ${
          isFiltering(filter) || this.cleared > 0
            ? html`<button
                type="button"
                class="link"
                @click=${() => {
                  this.cleared = 0;
                  this.setFilter(NO_FILTER);
                }}
              >
                ${this.shown.length.toLocaleString('en')} of ${total.toLocaleString('en')}: show all
              </button>`
            : nothing
        }`,
      this.element.filter,
    );
  }

  /** What has come in while the view stands still. */
  private renderNewer(): void {
    const n = this.waiting.length;
    render(
      this.isPaused
        ? html`<button type="button" class="pill" @click=${() => this.pause()}>
            ${n === 0 ? 'The view is paused' : `${n.toLocaleString('en')} new`} · show
          </button>`
        : nothing,
      this.element.newer,
    );
  }

  private renderWelcome(): void {
    const { welcome } = this.element;
    welcome.hidden = this.run !== undefined && this.diagram !== undefined;
    if (welcome.hidden) return;
    render(
      this.run
        ? nothing
        : html`<div class="card${this.diagram ? ' small' : ''}">
            ${
              this.diagram
                ? html`<p>Run it to see its events.</p>`
                : html`<h2>See what a flow does</h2>
                    <p>Run one to watch its events, look into their data, and try again from any of them.</p>`
            }
            <p>
              <vscode-button @click=${() => this.act(request('run', {}))}>Run a flow</vscode-button>
              <vscode-button secondary @click=${() => this.command('history')}>Past runs</vscode-button>
            </p>
          </div>`,
      welcome,
    );
  }

  /** A summary for screen readers, not more often than one can listen to. */
  private announce(): void {
    const { run } = this;
    if (!run) return;
    const text = `${run.flow}: ${run.state}, ${count(this.model.rows.length, 'entry', 'entries')}, ${count(this.model.failures, 'failure')}`;
    const now = performance.now();
    if (text === this.said) return;
    if (now - this.saidAt < SAY_INTERVAL) {
      window.setTimeout(() => this.announce(), SAY_INTERVAL);
      return;
    }
    this.said = text;
    this.saidAt = now;
    this.element.live.textContent = text;
  }

  /** Three columns, or the canvas above the two others in a high and narrow place. */
  private arrange(outer: HTMLElement, inner: HTMLElement): void {
    const { clientWidth: width, clientHeight: height } = this.root;
    const stacked = height > TALL && width < height * 1.3;
    this.root.classList.toggle('stacked', stacked);
    const split = stacked ? 'horizontal' : 'vertical';
    if (outer.getAttribute('split') === split) return;
    outer.setAttribute('split', split);
    // The handles keep their pixels, which meant other parts before.
    requestAnimationFrame(() => {
      const positions = this.state.splits ?? SPLITS;
      outer.setAttribute('handle-position', `${positions.outer * 100}%`);
      inner.setAttribute('handle-position', `${positions.inner * 100}%`);
    });
  }

  private listenToSplits(outer: HTMLElement, inner: HTMLElement): void {
    const positions = { ...(this.state.splits ?? SPLITS) };
    const listen = (element: HTMLElement, name: 'outer' | 'inner') =>
      element.addEventListener('vsc-split-layout-change', (event) => {
        if (event.target !== element) return;
        positions[name] =
          (event as CustomEvent<{ positionInPercentage: number }>).detail.positionInPercentage / 100;
        this.keep({ splits: { ...positions } });
      });
    listen(outer, 'outer');
    listen(inner, 'inner');
  }

  private keep(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    clearTimeout(this.saveTimer);
    // The view moves with every frame; all else is kept at once: the page may be gone in a moment.
    if ('view' in change) this.saveTimer = window.setTimeout(() => saveState(this.state), SETTLE);
    else saveState(this.state);
  }
}

function stateIcon({ state, failures = 0 }: ShownRun): IconName {
  switch (state) {
    case 'running':
      return 'play';
    case 'paused':
      return 'pause';
    case 'failed':
    case 'interrupted':
      return 'warning';
    case 'ended':
      return failures > 0 ? 'error' : 'check';
  }
}

function stateText({ state, startedAt, live, pending }: ShownRun): string {
  if (!live) return state;
  if (state === 'paused') return 'paused';
  return `${pending > 0 ? 'working' : 'running'} · ${elapsed(Date.now() - startedAt)}`;
}
