/**
 * The flows that run from this window: one runner process per flow, its lines in the output channel "Flow Run", its state in the
 * status bar. Values pass through `start` and are not kept here.
 */
import * as vscode from 'vscode';
import type { SafeLog } from '../log.js';
import { RunnerHost, type RunnerExit } from '../runner/host.js';
import type { RunInfo, StartRequest } from '../runner/protocol.js';
import { endLines, EventLines, startLines } from './eventLines.js';

export interface FlowRun {
  readonly uri: vscode.Uri;
  /** File name, for people. */
  readonly name: string;
  readonly host: RunnerHost;
  /** Present once the flow runs. */
  info?: RunInfo;
}

const RUNNING = 'flows.running';

export class Runs implements vscode.Disposable {
  private readonly runs = new Map<string, FlowRun>();
  private readonly output = vscode.window.createOutputChannel('Flow Run', 'log');
  private readonly status = vscode.window.createStatusBarItem(
    'flows.run',
    vscode.StatusBarAlignment.Left,
    10,
  );
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

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
  }

  showOutput(): void {
    this.output.show(true);
  }

  /** Runs a flow; one that runs already is ended first. @throws Error with a text for people. */
  async start(uri: vscode.Uri, request: Omit<StartRequest, 'flowUri'>): Promise<FlowRun> {
    await this.stop(uri);
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const host = new RunnerHost({ runnerPath: this.runnerPath });
    const run: FlowRun = { uri, name, host };
    this.runs.set(uri.toString(), run);
    this.refresh();
    const lines = new EventLines();
    host.onEvents(({ events, skipped }) => {
      // The head of the run stands before its first event.
      const text = events.map((event) => lines.line(event));
      if (skipped > 0) text.unshift(`… ${skipped} events came too fast to be shown`);
      this.write(text);
    });
    host.onExit((exit) => this.ended(run, exit));
    this.showOutput();
    try {
      run.info = await host.start({ ...request, flowUri: uri.toString() });
    } catch (error) {
      await host.stop();
      throw error;
    }
    this.log.info(`${name} runs in process ${host.pid ?? '?'}; sandbox: ${JSON.stringify(run.info.sandbox)}`);
    this.write(startLines(name, run.info));
    this.refresh();
    return run;
  }

  /** Ends a flow's run, if there is one. */
  async stop(uri: vscode.Uri): Promise<void> {
    const run = this.runs.get(uri.toString());
    if (!run) return;
    const status = await run.host.stop();
    if (run.info) this.write(endLines(run.name, Date.now(), status, 'has been stopped'));
    this.forget(run);
  }

  private ended(run: FlowRun, { expected, code, signal, message }: RunnerExit): void {
    if (expected) return;
    if (!run.info) {
      // `start` fails and says so.
      this.log.error(
        `The runner of ${run.name} ended (${signal ?? `exit code ${code ?? '?'}`})${message && `: ${message}`}`,
      );
      this.forget(run);
      return;
    }
    const why = `ended unexpectedly (${signal ?? `exit code ${code ?? '?'}`})`;
    this.log.error(`${run.name} ${why}${message && `: ${message}`}`);
    this.write(endLines(run.name, Date.now(), undefined, why));
    this.forget(run);
    void vscode.window
      .showErrorMessage(`The run of ${run.name} ${why}.`, 'Show Log')
      .then((choice) => choice && this.log.show());
  }

  private forget(run: FlowRun): void {
    const key = run.uri.toString();
    if (this.runs.get(key) === run) this.runs.delete(key);
    this.refresh();
  }

  private write(lines: readonly string[]): void {
    if (lines.length > 0) this.output.append(`${lines.join('\n')}\n`);
  }

  private refresh(): void {
    const { running } = this;
    void vscode.commands.executeCommand('setContext', RUNNING, running.length > 0);
    if (running.length === 0) this.status.hide();
    else {
      this.status.text = `$(debug-stop) ${running.length === 1 ? running[0]!.name : `${running.length} flows`}`;
      this.status.tooltip = new vscode.MarkdownString(
        running
          .map(({ name, info }) => `**${name}** ${info ? (info.endpoints[0]?.url ?? 'runs') : 'starts…'}`)
          .join('  \n') + '\n\nClick to stop.',
      );
      this.status.show();
    }
    this.changed.fire();
  }
}
