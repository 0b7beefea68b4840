/**
 * One page of the run panel, in the bottom panel or in an editor tab: what it shows, and the answers to what it asks. Rows go
 * out in lots, the next one when the page has taken the last, so that it may be slow, hidden or made anew and miss nothing.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RunStatus } from '../runner/protocol.js';
import { PanelActions, type PanelServices } from './actions.js';
import type { Diagram } from './model/diagram.js';
import { pageOf, valueAt } from './model/jsonTree.js';
import type { FromPage, PageCommand, PanelMethod, PanelMethods, ShownRun, ToPage } from './model/messages.js';
import { referenceTo } from './model/reference.js';
import { toRow } from './model/row.js';
import type { RunSource } from './sources.js';
import { EventValues } from './values.js';

/** Rows in one message. */
const LOT = 2_000;
/** Milliseconds between looks at how a run stands. */
const STATUS_INTERVAL = 1_000;
/** Milliseconds after an edit before the flow is drawn again. */
const EDIT_DELAY = 300;

type Handlers = {
  [M in PanelMethod]: (params: PanelMethods[M]['params']) => Promise<PanelMethods[M]['result']>;
};

export class PanelSession implements vscode.Disposable {
  private source: RunSource | undefined;
  /** The flow that is drawn while there is no run. */
  private flowUri: vscode.Uri | undefined;
  private drawn: Diagram | undefined;
  private readonly values = new EventValues(() => this.source);
  private readonly actions: PanelActions;
  private readonly subscriptions: { dispose(): unknown }[] = [];
  private stopListening: (() => void) | undefined;
  /** Number of the last row that has been sent. */
  private sent = 0;
  /** A lot is on its way. */
  private awaiting = false;
  private ready = false;
  /** Its page has been out of sight since it was ready: VS Code may make it anew. */
  private wasHidden = false;
  /** A person has opened the panel, and the page is not there yet. */
  private isAskedFor = false;
  /** The page has been told which run it shows. */
  private isShown = false;
  /** The last command, until the page has taken it: it may not be there yet, or be made anew. */
  private waiting: { readonly id: number; readonly command: PageCommand } | undefined;
  private lastCommand = 0;
  private isEventSelected = false;
  private searched = '';
  /** The status that the page has, as JSON. */
  private told = '';
  private edited = false;
  private redraw: NodeJS.Timeout | undefined;
  private readonly statusTimer: NodeJS.Timeout;
  private readonly shown = new vscode.EventEmitter<void>();
  /** Another run is shown, or it stands otherwise. */
  readonly onDidChange = this.shown.event;

  constructor(
    private readonly webview: vscode.Webview,
    private readonly services: PanelServices,
    /** A page that nobody sees is not there: VS Code makes it anew when it comes back. */
    private readonly isVisible: () => boolean,
    private readonly follows: 'every run' | 'runs of its flow',
  ) {
    this.actions = new PanelActions(
      services,
      this.values,
      () => this.source,
      () => ({ uri: this.flowUri, diagram: this.drawn }),
    );
    const { sources } = services;
    this.subscriptions.push(
      this.shown,
      webview.onDidReceiveMessage((message: FromPage) => void this.receive(message)),
      sources.onDidStart((source) => this.runStarted(source)),
      sources.onDidChange((source) => source === this.source && void this.sendStatus()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.cursorMoved(textEditor)),
      vscode.window.onDidChangeActiveTextEditor((editor) => editor && this.editorChanged(editor)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.textChanged(document)),
    );
    this.statusTimer = setInterval(() => {
      if (this.source?.host) void this.sendStatus();
    }, STATUS_INTERVAL);
  }

  dispose(): void {
    clearInterval(this.statusTimer);
    clearTimeout(this.redraw);
    this.stopListening?.();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  get run(): RunSource | undefined {
    return this.source;
  }

  /** An event is selected in the page. */
  get hasEvent(): boolean {
    return this.source !== undefined && this.isEventSelected;
  }

  command(command: PageCommand): void {
    this.waiting = { id: ++this.lastCommand, command };
    this.post({ type: 'command', ...this.waiting });
  }

  /** Shows a run, or none: then the flow of the active editor. */
  async show(source: RunSource | undefined): Promise<void> {
    this.stopListening?.();
    this.source = source;
    this.values.clear();
    this.sent = 0;
    this.awaiting = false;
    this.isShown = false;
    this.edited = false;
    this.searched = '';
    if (source) {
      this.flowUri = source.uri;
      this.stopListening = source.entries.onDidAdd(() => this.sendRows());
      const now = await this.services.files.text(source.uri);
      this.edited = source.flowText !== undefined && now !== undefined && now !== source.flowText;
    } else this.flowUri = activeFlow() ?? this.flowUri;
    if (source !== this.source) return;
    const [run, diagram] = [source && (await this.describe(source)), await this.diagram()];
    if (source !== this.source) return;
    this.drawn = diagram;
    this.told = '';
    this.post({ type: 'run', run, diagram });
    this.isShown = true;
    this.sendCursor();
    this.sendRows();
    this.shown.fire();
    if (this.waiting) this.post({ type: 'command', ...this.waiting });
  }

  /** Its page may be gone, and another one come later. */
  hidden(): void {
    this.wasHidden = true;
  }

  /** A person opens the panel beside a flow: the ended run of another one makes room for it. */
  async makeRoom(): Promise<void> {
    if (!this.ready || this.wasHidden) this.isAskedFor = true;
    if (this.ready && this.source && this.isPast(this.source)) await this.show(undefined);
  }

  /** It has ended, and the editor shows another flow. */
  private isPast({ host, uri }: RunSource): boolean {
    const flow = activeFlow();
    return flow !== undefined && !host && uri.toString() !== flow.toString();
  }

  private async receive(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready': {
        this.ready = true;
        this.wasHidden = false;
        this.isShown = false;
        const { sources } = this.services;
        const wanted = message.runId === undefined ? undefined : sources.open(message.runId);
        const source = this.source ?? wanted ?? sources.latest;
        await this.show(source && this.isAskedFor && this.isPast(source) ? undefined : source);
        this.isAskedFor = false;
        return;
      }
      case 'selected':
        this.isEventSelected = message.hasEvent;
        this.shown.fire();
        return;
      case 'took':
        if (message.id === this.waiting?.id) this.waiting = undefined;
        return;
      case 'got':
        if (message.seq < this.sent) return;
        this.awaiting = false;
        this.sendRows();
        return;
      case 'request': {
        const { id, method, params } = message;
        try {
          const handle = this.handlers[method] as (params: unknown) => Promise<unknown>;
          this.post({ type: 'result', id, result: await handle(params) });
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.post({ type: 'error', id, message: this.services.log.mask(reason) });
        }
      }
    }
  }

  private readonly handlers: Handlers = {
    open: async ({ runId }) => {
      const source = this.services.sources.open(runId);
      if (!source) throw new Error('There is no record of this run any more.');
      await this.show(source);
      return null;
    },
    history: () => Promise.resolve({ runs: this.services.sources.list() }),
    deleteRun: async ({ runId }) => {
      this.services.sources.delete(runId);
      if (this.source?.runId === runId && !this.source.host) await this.show(undefined);
      return null;
    },
    run: async () => {
      await vscode.commands.executeCommand('flows.runFlow', this.flowUri);
      return null;
    },
    stop: async () => {
      if (this.source?.host) await this.services.runs.stop(this.source.uri);
      return null;
    },
    inspect: async ({ event }) => ({ details: await this.values.details(event) }),
    expand: async ({ ref, path, offset }) => {
      const found = valueAt((await this.values.get(ref)).value, path);
      if (!found) throw new Error('There is no such value in the event.');
      return pageOf(found.value, offset);
    },
    find: async ({ event, text }) => ({ found: await this.values.find(event, text) }),
    copy: async ({ ref, path, what }) => {
      const found = valueAt((await this.values.get(ref)).value, path);
      if (!found) throw new Error('There is no such value in the event.');
      const { value } = found;
      await vscode.env.clipboard.writeText(
        what === 'path'
          ? referenceTo(ref.part, path)
          : typeof value === 'string'
            ? value
            : JSON.stringify(value, undefined, 2),
      );
      return null;
    },
    copyText: async ({ text }) => {
      await vscode.env.clipboard.writeText(text);
      return null;
    },
    search: async ({ text }) => {
      const wanted = (this.searched = text.toLowerCase());
      const entries = wanted === '' ? [] : (this.source?.entries.all ?? []);
      const hits: number[] = [];
      // In parts: the data of a long run is much to look through, and others wait in this process.
      for (let from = 0; from < entries.length && this.searched === wanted; from += LOT) {
        for (const entry of entries.slice(from, from + LOT)) if (this.holds(entry)) hits.push(entry.seq);
        await immediate();
      }
      return { hits };
    },
    draft: (params) => this.actions.draft(params),
    send: ({ target, json }) => this.actions.send(target, json),
    reEmit: ({ event, json }) => this.actions.reEmit(event, json),
    runFrom: ({ event }) => this.actions.runFrom(event),
    skipSleep: ({ event }) => this.actions.skipSleep(event),
    saveAsMock: ({ block }) => this.actions.saveAsMock(block),
    saveAsTest: () => this.actions.saveAsTest(),
    exportRun: () => this.actions.exportRun(),
    compare: ({ event }) => this.actions.compare(event),
    openData: ({ ref }) => this.actions.openData(ref),
    reveal: async (place) => {
      if (this.flowUri) await this.actions.reveal(this.flowUri, place);
      return null;
    },
  };

  private runStarted(source: RunSource): void {
    const isSame = this.flowUri?.toString() === source.uri.toString();
    if (this.follows === 'every run' || isSame || !this.source) void this.show(source);
  }

  private sendRows(): void {
    const { source } = this;
    if (!source || this.awaiting || !this.isShown || !this.isVisible()) return;
    const entries = source.entries.after(this.sent, LOT);
    if (entries.length === 0) return;
    this.awaiting = true;
    this.sent = entries.at(-1)!.seq;
    this.post({
      type: 'rows',
      runId: source.runId,
      rows: entries.map(toRow),
      hits: this.searched === '' ? [] : entries.filter((entry) => this.holds(entry)).map(({ seq }) => seq),
      first: source.entries.all[0]!.seq,
    });
  }

  private holds(entry: { readonly kind: string; readonly data?: string }): boolean {
    return entry.data?.toLowerCase().includes(this.searched) === true;
  }

  private async sendStatus(): Promise<void> {
    const { source } = this;
    if (!source || !this.isShown || !this.isVisible()) return;
    const run = await this.describe(source);
    const text = JSON.stringify(run);
    if (source !== this.source || text === this.told) return;
    this.told = text;
    this.post({ type: 'status', run });
    this.shown.fire();
  }

  private async describe(source: RunSource): Promise<ShownRun> {
    const { runId, flow, uri, startedAt, entries, endpoints, pause } = source;
    const status: RunStatus | undefined =
      (await source.host?.status().catch(() => undefined)) ?? source.status;
    return {
      runId,
      flow,
      flowUri: uri.toString(),
      startedAt,
      state: source.state,
      live: source.host !== undefined,
      endpoints,
      remarks: [
        ...source.remarks,
        ...(this.edited
          ? ['The flow has been edited since this run began. Run it again to see the change.']
          : []),
      ],
      sleeping: source.host ? (status?.sleeping ?? 0) : 0,
      pending: source.host ? (status?.pending ?? 0) : 0,
      skipped: entries.skipped,
      dropped: entries.dropped,
      ...(source.isReading && { reading: true as const }),
      ...(status && { events: status.events, failures: status.failures }),
      ...(pause && {
        paused: {
          // A signal may belong to no block.
          block: pause.signal ? `${pause.signal.owner}.${pause.signal.signal}` : pause.block,
          why: pause.reason,
          ...(pause.chain[0] && { event: pause.chain[0].id }),
        },
      }),
    };
  }

  /** Of the flow as it runs; of a recorded run as the file is now. */
  private async diagram(): Promise<Diagram | undefined> {
    const uri = this.source?.uri ?? this.flowUri;
    if (!uri) return undefined;
    const text = this.source?.flowText ?? (await this.services.files.text(uri));
    return text === undefined ? undefined : this.services.files.diagram(uri, text);
  }

  private editorChanged(editor: vscode.TextEditor): void {
    if (this.source || !isFlow(editor.document)) return;
    if (editor.document.uri.toString() === this.flowUri?.toString()) return;
    void this.show(undefined);
  }

  private textChanged(document: vscode.TextDocument): void {
    if (document.uri.toString() !== this.flowUri?.toString()) return;
    clearTimeout(this.redraw);
    this.redraw = setTimeout(() => {
      const running = this.source?.flowText;
      if (running === undefined) {
        this.drawn = this.services.files.diagram(document.uri, document.getText());
        this.post({ type: 'diagram', diagram: this.drawn });
        return;
      }
      this.edited = document.getText() !== running;
      void this.sendStatus();
    }, EDIT_DELAY);
  }

  private cursorMoved(editor: vscode.TextEditor): void {
    if (editor.document.uri.toString() === this.flowUri?.toString()) this.sendCursor(editor);
  }

  private sendCursor(editor = vscode.window.activeTextEditor): void {
    if (!editor || editor.document.uri.toString() !== this.flowUri?.toString()) return;
    const block = this.services.files.blockAt(editor.document, editor.selection.active.line);
    this.post({ type: 'cursor', block });
  }

  private post(message: ToPage): void {
    if (this.ready) void this.webview.postMessage(message);
  }
}

function activeFlow(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && isFlow(document) ? document.uri : undefined;
}

function isFlow({ languageId }: vscode.TextDocument): boolean {
  return languageId === 'flow';
}
