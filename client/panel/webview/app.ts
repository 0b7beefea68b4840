/** The page of the run panel: keeps canvas, event list and inspector about the same run and event. */
import { html, nothing, render, type TemplateResult } from 'lit';
import type { Diagram } from '../model/diagram.js';
import { withGone } from '../model/diagram.js';
import { isFiltering, NO_FILTER, type Filter } from '../model/filter.js';
import { count } from '../model/format.js';
import type { PageCommand, ShownRun, ToPage } from '../model/messages.js';
import { stateForRun, type PageState } from '../model/pageState.js';
import type { Row } from '../model/row.js';
import { Announcer } from './announcer.js';
import { onMessage, post, request, savedState, saveState } from './api.js';
import { Bar } from './bar.js';
import { CanvasView } from './canvas.js';
import { EventList } from './eventList.js';
import { FilterBar } from './filterBar.js';
import { Frame } from './frame.js';
import { History } from './history.js';
import { Inspector } from './inspector.js';
import { SendForm } from './sendForm.js';
import { ShownRows } from './shownRows.js';

/** Milliseconds before a search goes out and the view is kept. */
const SETTLE = 250;
/** Of the latest rows, those whose outputs shine. */
const SHINING = 500;

/** What single keys do. */
const KEYS: Readonly<Record<string, PageCommand>> = {
  '/': 'filter',
  f: 'fit',
  h: 'history',
  p: 'pause',
  s: 'send',
};
const EVENT_KEYS: Readonly<Record<string, PageCommand>> = { c: 'compare', e: 'edit', r: 'reEmit' };

export class App {
  private run: ShownRun | undefined;
  private diagram: Diagram | undefined;
  /** With the blocks that only rows name. */
  private drawn: Diagram | undefined;
  private selected: Row | undefined;
  /** Number of a row to select as soon as it is there. */
  private wanted: number | undefined;
  private isPaused = false;
  /** It has been told which run to show. */
  private isTold = false;
  private lastCommand = 0;
  private frame = 0;
  private searchTimer = 0;
  private saveTimer = 0;
  private state: PageState = savedState();
  private readonly rows: ShownRows;
  private readonly bar: Bar;
  private readonly filterBar: FilterBar;
  private readonly canvas: CanvasView;
  private readonly list: EventList;
  private readonly inspector: Inspector;
  private readonly history: History;
  private readonly form: SendForm;
  private readonly announcer: Announcer;
  /** What stands in the place of rows while there are none. */
  private readonly empty: HTMLElement;
  private readonly newer: HTMLElement;
  private readonly welcome: HTMLElement;

  constructor(root: HTMLElement) {
    this.rows = new ShownRows(this.state.filter, this.state.cleared);
    this.wanted = this.state.selected;
    const frame = new Frame(root, this.state.splits, (splits) => this.keep({ splits }));
    this.empty = frame.place('empty');
    this.newer = frame.place('newer');
    this.welcome = frame.place('welcome');
    this.announcer = new Announcer(frame.place('live'));
    this.bar = new Bar(frame.place('bar'), !root.classList.contains('in-view'), {
      send: () => this.openForm(),
      pause: () => this.pause(),
      export: () => this.command('export'),
      history: () => this.command('history'),
      changed: () => this.invalidate(),
    });
    this.filterBar = new FilterBar(frame.place('filter'), (change, cleared) =>
      this.setFilter(change, cleared),
    );
    this.canvas = new CanvasView(frame.place('canvas'), {
      select: (block) => this.selectBlock(block),
      open: (block) => this.reveal(block, true),
      moved: (view) => this.keep({ view }),
    });
    this.list = new EventList(frame.place('list'), {
      select: (row) => this.select(row),
      open: (row) => this.reveal(row.block, true, row.place),
    });
    const say = (text: string, isError = false) => this.bar.say(text, isError);
    this.inspector = new Inspector(frame.place('inspector'), {
      select: (row) => this.select(row),
      sent: () => this.list.follow(),
      edit: (row) => this.form.openForEvent(row),
      say,
    });
    this.history = new History(frame.place('history'), () => this.list.focus());
    this.form = new SendForm(root, say, () => this.list.follow());
    if (this.state.view) this.canvas.restore(this.state.view);
    root.addEventListener('keydown', (event) => this.key(event));
    window.addEventListener('focus', () => this.takeFocus());
    if (document.hasFocus()) this.takeFocus();
    onMessage((message) => this.receive(message));
    // How long a run goes on is told from one second to the next.
    window.setInterval(() => this.run?.live && !document.hidden && this.invalidate(), 1_000);
    post({ type: 'ready', ...(this.state.runId !== undefined && { runId: this.state.runId }) });
    this.update();
  }

  private receive(message: Exclude<ToPage, { type: 'result' | 'error' }>): void {
    switch (message.type) {
      case 'run':
        this.isTold = true;
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
        this.rows.receive(message.rows, message.hits);
        // A paused view holds what comes in; a running one takes the next lot when this one is drawn.
        if (this.isPaused) post({ type: 'got', seq: message.rows.at(-1)!.seq });
        this.invalidate();
        return;
      }
      case 'cursor':
        this.canvas.setCursor(message.block);
        return;
      case 'command':
        // Before it has been told what to show, nothing can be done; the command comes again.
        if (!this.isTold) return;
        post({ type: 'took', id: message.id });
        if (message.id === this.lastCommand) return;
        this.lastCommand = message.id;
        this.command(message.command);
    }
  }

  private command(command: PageCommand): void {
    switch (command) {
      case 'clear':
        this.clear();
        return;
      case 'filter':
        this.filterBar.focus();
        return;
      case 'history':
        if (this.history.isOpen) this.history.close();
        else void this.history.open(this.run?.runId);
        return;
      case 'send':
        this.openForm();
        return;
      case 'export':
        this.bar.act(request('exportRun', {}));
        return;
      case 'pause':
        if (this.run?.live || this.isPaused) this.pause();
        return;
      case 'fit':
        this.canvas.fit();
        return;
      case 'skip':
        this.bar.act(request('skipSleep', {}), 'Skipped.');
        return;
      default:
        this.inspector.act(command);
    }
  }

  /** Keys of the whole page, but for where one writes; those of the selected event in list and canvas only. */
  /** A page that comes to the front by a command is used by keys at once: without it none of them would come here. */
  private takeFocus(): void {
    if (document.activeElement === document.body && !this.history.isOpen) this.list.focus();
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as Element;
    if (event.defaultPrevented || target.closest('dialog, .history') !== null) return;
    const isFind = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey);
    const command = isFind
      ? 'filter'
      : event.ctrlKey || event.metaKey || event.altKey || target.matches('input, select, textarea')
        ? undefined
        : (KEYS[event.key.toLowerCase()] ??
          (target.matches('.list, .canvas') ? EVENT_KEYS[event.key.toLowerCase()] : undefined));
    if (!command) return;
    event.preventDefault();
    this.command(command);
  }

  private showRun(run: ShownRun | undefined, diagram: Diagram | undefined): void {
    const restored = run !== undefined && run.runId === this.state.runId && this.run === undefined;
    const sameFlow = run !== undefined && run.flowUri === this.run?.flowUri;
    this.run = run;
    this.diagram = diagram;
    this.rows.reset(restored || sameFlow ? this.rows.filter : NO_FILTER, restored ? this.rows.clearedTo : 0);
    this.selected = undefined;
    this.isPaused = false;
    if (!restored) this.wanted = undefined;
    this.drawn = undefined;
    this.drawFlow(restored || sameFlow);
    this.canvas.setPaused(run?.paused?.block);
    this.canvas.setLineage(new Set());
    this.showRows();
    this.list.select(undefined, new Set(), new Set(), false);
    this.list.follow();
    this.inspect(undefined);
    if (this.rows.filter.text.trim() !== '') this.search();
    if (this.state.runId !== run?.runId) {
      this.state = stateForRun(this.state, run?.runId, sameFlow);
      this.keep({});
    }
    this.invalidate();
  }

  /** Blocks that only the rows name are drawn as well. */
  private drawFlow(keep: boolean): void {
    const diagram = this.diagram ?? (this.run && { blocks: [], links: [], groups: [], notes: [] });
    const full = diagram && withGone(diagram, this.rows.model.blocks.keys());
    const wasEmpty = (this.drawn?.blocks.length ?? 0) === 0;
    this.drawn = full;
    this.canvas.setDiagram(full, this.rows.model, keep && !(wasEmpty && !this.state.view));
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
    const { run, isPaused } = this;
    const { model } = this.rows;
    const blocks = this.drawn?.blocks ?? [];
    this.bar.render({
      run,
      hasFlow: this.diagram !== undefined,
      events: model.eventCount,
      failures: model.failures,
      gone: blocks.filter(({ gone }) => gone).map(({ name }) => name),
      isPaused,
      isHistoryOpen: this.history.isOpen,
    });
    this.filterBar.render(
      this.rows,
      blocks.map(({ name }) => name),
    );
    render(this.rows.rows.length === 0 ? this.whyEmpty() : nothing, this.empty);
    this.renderNewer();
    this.renderWelcome();
    if (run)
      this.announcer.say(
        `${run.flow}: ${run.state}, ${count(model.rows.length, 'entry', 'entries')}, ${count(model.failures, 'failure')}`,
      );
  }

  /** Why the list is empty, and the way on. */
  private whyEmpty(): TemplateResult | string | typeof nothing {
    const { run, rows } = this;
    if (!run)
      return this.diagram
        ? html`<p>No run yet. Run the flow to see its events.</p>
            ${this.beginnings('Run flow')}`
        : nothing;
    if (rows.isPart && rows.model.rows.length > 0)
      return rows.clearedTo > 0 && !isFiltering(rows.filter)
        ? 'The view is cleared. New events appear here.'
        : 'No entry passes the filter.';
    if (run.reading) return 'The record is being read …';
    if (!run.live) return 'This run has no events.';
    const begins =
      run.endpoints.length > 0
        ? 'Call the address above, or '
        : this.diagram?.blocks.some(({ kind }) => kind === 'schedule')
          ? 'Wait for the schedule, or '
          : '';
    const send = `${begins === '' ? 'Send' : 'send'} an event by hand`;
    return html`No events yet.
    ${begins}${this.diagram ? html`<button type="button" class="link" @click=${() => this.openForm()}>${send}</button>` : send}.`;
  }

  private beginnings(run: string): TemplateResult {
    return html`<p>
      <vscode-button @click=${() => this.bar.act(request('run', {}))}>${run}</vscode-button>
      <vscode-button secondary @click=${() => this.command('history')}>Past runs</vscode-button>
    </p>`;
  }

  private takeOver(): void {
    const known = this.rows.model.blocks.size;
    const rows = this.rows.takeOver();
    if (rows.length === 0) return;
    const { model } = this.rows;
    if (model.blocks.size !== known) this.drawGone();
    if (this.run?.live) this.shine(rows);
    this.canvas.refresh();
    this.showRows();
    if (this.selected) {
      this.relate(this.selected);
      const id = this.selected.id ?? this.selected.cause;
      if (rows.some(({ kind, cause }) => kind === 'failed' && cause === id)) void this.inspector.load();
    } else if (this.wanted !== undefined) {
      const index = model.indexOf(this.wanted);
      if (index >= 0) this.select(model.rows[index]!);
    }
    if (this.rows.waitingCount > 0) this.invalidate();
    else post({ type: 'got', seq: rows.at(-1)!.seq });
  }

  /** The latest of each output is enough: they shine once per frame. */
  private shine(rows: readonly Row[]): void {
    const seen = new Set<string>();
    for (const { block, output } of rows.slice(-SHINING).reverse()) {
      if (output === undefined || seen.has(`${block}\n${output}`)) continue;
      seen.add(`${block}\n${output}`);
      this.canvas.flash(block, output);
    }
  }

  private showRows(): void {
    this.list.setRows(this.rows.rows, this.rows.model);
  }

  private drawGone(): void {
    const known = new Set(this.drawn?.blocks.map(({ name }) => name));
    if ([...this.rows.model.blocks.keys()].some((name) => !known.has(name))) this.drawFlow(true);
  }

  private refiltered(): void {
    this.showRows();
    this.keep({ filter: this.rows.filter, cleared: this.rows.clearedTo });
    this.invalidate();
  }

  private setFilter(change: Partial<Filter>, cleared?: number): void {
    this.rows.setFilter({ ...this.rows.filter, ...change }, cleared);
    if (change.text !== undefined) {
      clearTimeout(this.searchTimer);
      this.searchTimer = window.setTimeout(() => this.search(), SETTLE);
    }
    this.refiltered();
  }

  /** Rows have the beginning of their data only: the extension looks through all of it. */
  private search(): void {
    const text = this.rows.filter.text.trim();
    void request('search', { text }).then(
      ({ hits }) => {
        if (this.rows.filter.text.trim() !== text) return;
        this.rows.setHits(hits);
        this.refiltered();
      },
      () => undefined,
    );
  }

  private clear(): void {
    this.rows.clear();
    this.refiltered();
    this.bar.say('The view is cleared; nothing is deleted.');
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
    this.inspector.show(row, this.rows.model, this.run?.live ?? false, mockable);
    post({ type: 'selected', hasEvent: row !== undefined && (row.id ?? row.cause) !== undefined });
  }

  /** Causes and effects of a row, in the list and on the canvas. */
  private relate(row: Row, reveal = false): void {
    const causes = this.rows.model.causes(row);
    const effects = this.rows.model.effects(row);
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
        : this.rows.model.rows.findLast(
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
      if (focus) this.bar.say(error instanceof Error ? error.message : String(error), true);
    });
  }

  private openForm(): void {
    const { diagram } = this;
    if (diagram) this.form.openFor(diagram, this.run?.endpoints ?? [], this.canvas.selectedBlock);
    else this.bar.say('Open a flow first.', true);
  }

  private pause(): void {
    this.isPaused = !this.isPaused;
    if (!this.isPaused) this.list.follow();
    this.invalidate();
  }

  /** What has come in while the view stands still. */
  private renderNewer(): void {
    const n = this.rows.waitingCount;
    render(
      this.isPaused
        ? html`<button type="button" class="pill" @click=${() => this.pause()}>
            ${n === 0 ? 'The view is paused' : `${n.toLocaleString('en')} new`} · show
          </button>`
        : nothing,
      this.newer,
    );
  }

  /** Where no flow is drawn; else the list says how to begin. */
  private renderWelcome(): void {
    const { welcome } = this;
    welcome.hidden = this.run !== undefined || this.diagram !== undefined;
    if (welcome.hidden) return;
    render(
      html`<div class="card">
        <h2>See what a flow does</h2>
        <p>Run one to watch its events, look into their data, and try again from any of them.</p>
        ${this.beginnings('Run a flow')}
      </div>`,
      welcome,
    );
  }

  private keep(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    clearTimeout(this.saveTimer);
    // The view moves with every frame; all else is kept at once: the page may be gone in a moment.
    if ('view' in change) this.saveTimer = window.setTimeout(() => saveState(this.state), SETTLE);
    else saveState(this.state);
  }
}
