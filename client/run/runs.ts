/**
 * The flows that run from this window: one runner process per flow, its lines in the output channel "Flow Run", its state in the
 * status bar, its latest entries for whoever shows them. Values pass through `start` and are not kept here.
 */
import * as vscode from 'vscode';
import type { SafeLog } from '../log.js';
import { RunnerHost, type RunnerExit } from '../runner/host.js';
import type { Pause, RunEvent, RunInfo, StartRequest } from '../runner/protocol.js';
import { RunEntries } from './entries.js';
import { endLines, EventLines, OF_FLOW, remarkLine, startLines } from './eventLines.js';

export interface FlowRun {
  readonly uri: vscode.Uri;
  /** File name, for people. */
  readonly name: string;
  readonly host: RunnerHost;
  /** The flow's text as it runs. */
  readonly flowText: string;
  readonly entries: RunEntries;
  /** Its time goes on only when somebody moves it, or when all that is under way waits. */
  readonly isVirtual: boolean;
  /** Present once the flow runs. */
  info?: RunInfo;
  /** Where a debugged run stands, while it does. */
  pause?: Pause | undefined;
  /** Present when it has ended: by itself or because somebody has stopped it, or because its process was gone. */
  end?: 'stopped' | 'failed';
}

/** Entries per second that are taken from a runner: more than a person can use, less than would slow the window down. */
const ENTRIES_PER_SECOND = 20_000;
/** Lines per second in the output channel, which is the slower one. */
const LINES_PER_SECOND = 1_000;

/** The output channel of runs. */
export const OUTPUT = 'Flow Run';

const RUNNING = 'flows.running';
const RUNNING_IN_VIRTUAL_TIME = 'flows.runningInVirtualTime';
/** The run panel's view, as in package.json. */
export const RUN_VIEW = 'flows.runPanel';

export class Runs implements vscode.Disposable {
  private readonly runs = new Map<string, FlowRun>();
  private readonly output = vscode.window.createOutputChannel(OUTPUT, 'log');
  private readonly status = vscode.window.createStatusBarItem(
    'flows.run',
    vscode.StatusBarAlignment.Left,
    10,
  );
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly started = new vscode.EventEmitter<FlowRun>();
  /** A flow has begun to run. */
  readonly onDidStart = this.started.event;
  private readonly stood = new vscode.EventEmitter<FlowRun>();
  /** A debugged run has stopped somewhere, or goes on. */
  readonly onDidPause = this.stood.event;
  private readonly finished = new vscode.EventEmitter<FlowRun>();
  /** Its process is gone; told once for each that was started. */
  readonly onDidEnd = this.finished.event;

  constructor(
    private readonly runnerPath: string,
    private readonly log: SafeLog,
  ) {
    this.status.name = 'Flow Run';
    this.status.command = 'flows.stop';
  }

  get running(): readonly FlowRun[] {
    return [...this.runs.values()];
  }

  dispose(): void {
    for (const { host } of this.running) void host.stop();
    this.output.dispose();
    this.status.dispose();
    this.changed.dispose();
    this.started.dispose();
    this.stood.dispose();
    this.finished.dispose();
  }

  showOutput(): void {
    this.output.show(true);
  }

  /** Whether a run panel is in sight, so that none needs to be brought to the front. */
  isPanelVisible: () => boolean = () => false;

  /** Whether a run brings its panel to the front, which may be on its way still when the flow runs. */
  get revealsPanel(): boolean {
    return !['output', 'nothing'].includes(revealed());
  }

  /** Brings to the front what the setting names; the focus stays. */
  reveal(): void {
    switch (revealed()) {
      case 'output':
        this.showOutput();
        return;
      case 'nothing':
        return;
      default:
        if (!this.isPanelVisible())
          void vscode.commands.executeCommand(`${RUN_VIEW}.focus`, { preserveFocus: true });
    }
  }

  /** Runs a flow; one that runs already is ended first. @throws Error with a text for people. */
  async start(uri: vscode.Uri, request: Omit<StartRequest, 'flowUri'>): Promise<FlowRun> {
    await this.stop(uri);
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const host = new RunnerHost({ runnerPath: this.runnerPath });
    const run: FlowRun = {
      uri,
      name,
      host,
      flowText: request.flowText,
      entries: new RunEntries(),
      isVirtual: request.options?.virtualTime ?? false,
    };
    this.runs.set(uri.toString(), run);
    this.refresh();
    const lines = new LimitedLines(
      new EventLines(
        () => vscode.workspace.getConfiguration('flows.run', uri).get('outputData', false),
        () => (this.runs.size > 1 ? `${name}${OF_FLOW}` : ''),
      ),
      (text) => this.write(text),
    );
    host.onEvents(({ events, skipped }) => {
      lines.add(events, skipped);
      run.entries.add(events, skipped);
    });
    const pause = (at: Pause | undefined) => {
      run.pause = at;
      this.stood.fire(run);
    };
    host.onPaused(pause);
    host.onResumed(() => pause(undefined));
    host.onExit((exit) => this.ended(run, exit));
    // Of a debugged run the debug console comes to the front.
    if (!request.options?.debug) this.reveal();
    const options = { eventsPerSecond: ENTRIES_PER_SECOND, ...request.options };
    try {
      run.info = await host.start({ ...request, flowUri: uri.toString(), options });
    } catch (error) {
      await host.stop();
      throw error;
    }
    this.log.info(`${name} runs in process ${host.pid ?? '?'}; sandbox: ${JSON.stringify(run.info.sandbox)}`);
    this.write(startLines(name, run.info));
    this.refresh();
    this.started.fire(run);
    return run;
  }

  /** Says in the output, and for a moment in the status bar, what was done to a run. */
  say({ name }: FlowRun, text: string): void {
    this.write(remarkLine(name, Date.now(), text));
    vscode.window.setStatusBarMessage(`${name}: ${text}`, 5_000);
  }

  /** Ends a flow's run, if there is one. */
  async stop(uri: vscode.Uri): Promise<void> {
    const run = this.runs.get(uri.toString());
    if (!run) return;
    const status = await run.host.stop();
    if (run.info) this.write(endLines(run.name, Date.now(), status, 'has been stopped'));
    this.forget(run, 'stopped');
  }

  private ended(run: FlowRun, { expected, code, signal, message }: RunnerExit): void {
    if (expected) return;
    if (!run.info) {
      // `start` fails and says so.
      this.log.error(
        `The runner of ${run.name} ended (${signal ?? `exit code ${code ?? '?'}`})${message && `: ${message}`}`,
      );
      this.forget(run, 'failed');
      return;
    }
    const why = `ended unexpectedly (${signal ?? `exit code ${code ?? '?'}`})`;
    this.log.error(`${run.name} ${why}${message && `: ${message}`}`);
    this.write(endLines(run.name, Date.now(), undefined, why));
    this.forget(run, 'failed');
    void vscode.window
      .showErrorMessage(`The run of ${run.name} ${why}.`, 'Show Log')
      .then((choice) => choice && this.log.show());
  }

  private forget(run: FlowRun, end: NonNullable<FlowRun['end']>): void {
    const key = run.uri.toString();
    if (this.runs.get(key) === run) this.runs.delete(key);
    this.refresh();
    if (run.end) return;
    run.end = end;
    run.pause = undefined;
    if (run.info) this.finished.fire(run);
  }

  private write(lines: readonly string[]): void {
    if (lines.length > 0) this.output.append(`${lines.join('\n')}\n`);
  }

  private refresh(): void {
    const { running } = this;
    void vscode.commands.executeCommand('setContext', RUNNING, running.length > 0);
    const isVirtual = running.some((run) => run.isVirtual);
    void vscode.commands.executeCommand('setContext', RUNNING_IN_VIRTUAL_TIME, isVirtual);
    if (running.length === 0) this.status.hide();
    else {
      this.status.text = `$(debug-stop) ${running.length === 1 ? running[0]!.name : `${running.length} flows`}`;
      this.status.tooltip = new vscode.MarkdownString(
        running
          .map(({ name, info, isVirtual: virtual }) => {
            const what = info ? (info.endpoints[0]?.url ?? 'runs') : 'starts…';
            return `**${name}** ${what}${virtual ? ' in virtual time' : ''}`;
          })
          .join('  \n') + '\n\nClick to stop.',
      );
      this.status.show();
    }
    this.changed.fire();
  }
}

function revealed(): string {
  return vscode.workspace.getConfiguration('flows').get('run.reveal', 'panel');
}

/** Entries as lines, no more than LINES_PER_SECOND; failures always. */
class LimitedLines {
  private second = 0;
  private written = 0;

  constructor(
    private readonly lines: EventLines,
    private readonly write: (lines: readonly string[]) => void,
  ) {}

  add(entries: readonly RunEvent[], skipped: number): void {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== this.second) [this.second, this.written] = [now, 0];
    const passing = entries.filter(({ kind }) => kind === 'failed' || this.written++ < LINES_PER_SECOND);
    const left = skipped + entries.length - passing.length;
    const text = passing.map((entry) => this.lines.line(entry));
    if (left > 0) text.unshift(`… ${left} events came too fast to be shown here`);
    this.write(text);
  }
}
