/** The runs that a panel can show, under way or recorded, in one form. */
import * as vscode from 'vscode';
import { deleteRun, HISTORY_FORMAT, listRuns, readRun, type RecordedRun } from '../runner/history.js';
import type { RunnerHost } from '../runner/host.js';
import type { Pause, RunStatus } from '../runner/protocol.js';
import { RunEntries } from '../run/entries.js';
import type { FlowRun, Runs } from '../run/runs.js';
import { count } from './model/format.js';
import type { Endpoint, RunState, RunSummary } from './model/messages.js';

export interface RunSource {
  readonly runId: string;
  readonly flow: string;
  readonly uri: vscode.Uri;
  readonly startedAt: number;
  readonly entries: RunEntries;
  /** Resolves when all of a record has been read; of a run of this window at once. */
  readonly whole: Promise<void>;
  /** Its record is being read: more entries come. */
  readonly isReading: boolean;
  readonly endpoints: readonly Endpoint[];
  /** What of the flow could not be taken over, secrets without a value. */
  readonly remarks: readonly string[];
  /** As it runs, or ran; not recorded. */
  readonly flowText?: string;
  /** While its process is there. */
  readonly host: RunnerHost | undefined;
  readonly state: RunState;
  readonly pause: Pause | undefined;
  /** The last that was told; of a recorded run its end. */
  readonly status: RunStatus | undefined;
}

class LiveSource implements RunSource {
  readonly runId: string;
  readonly whole = Promise.resolve();
  readonly isReading = false;
  status: RunStatus | undefined;

  constructor(private readonly run: FlowRun) {
    this.runId = run.info!.runId;
  }

  get flow(): string {
    return this.run.name;
  }

  get uri(): vscode.Uri {
    return this.run.uri;
  }

  get startedAt(): number {
    return this.run.info!.startedAt;
  }

  get entries(): RunEntries {
    return this.run.entries;
  }

  get endpoints(): readonly Endpoint[] {
    return this.host ? this.run.info!.endpoints : [];
  }

  get remarks(): readonly string[] {
    const { missingSecrets, problems } = this.run.info!;
    return missingSecrets.length > 0
      ? [...problems, `Without a value: ${missingSecrets.join(', ')}`]
      : problems;
  }

  get flowText(): string {
    return this.run.flowText;
  }

  get host(): RunnerHost | undefined {
    return this.run.end ? undefined : this.run.host;
  }

  get pause(): Pause | undefined {
    return this.run.pause;
  }

  get state(): RunState {
    if (this.run.end) return this.run.end === 'stopped' ? 'ended' : 'failed';
    return this.pause ? 'paused' : 'running';
  }
}

class RecordedSource implements RunSource {
  readonly entries = new RunEntries();
  readonly whole: Promise<void>;
  isReading = true;
  readonly endpoints = [];
  readonly host = undefined;
  readonly pause = undefined;
  private unreadable = 0;

  constructor(
    folder: string,
    private readonly recorded: RecordedRun,
  ) {
    this.whole = this.read(folder);
  }

  private async read(folder: string): Promise<void> {
    const { unreadable } = await readRun(folder, this.recorded.runId, (entries) => this.entries.add(entries));
    this.unreadable = unreadable;
    this.isReading = false;
  }

  get remarks(): readonly string[] {
    const { format } = this.recorded;
    return [
      ...(format === HISTORY_FORMAT
        ? []
        : [
            `Another version of Flow Secrets has written this record (format ${format}; this version knows ${HISTORY_FORMAT}). What is not known is left out.`,
          ]),
      ...(this.unreadable > 0
        ? [
            `${count(this.unreadable, 'line')} of the record cannot be read: another version has written ${this.unreadable === 1 ? 'it' : 'them'}, or the file is damaged.`,
          ]
        : []),
    ];
  }

  get runId(): string {
    return this.recorded.runId;
  }

  get flow(): string {
    return this.recorded.flow;
  }

  get uri(): vscode.Uri {
    return vscode.Uri.parse(this.recorded.flowUri);
  }

  get startedAt(): number {
    return this.recorded.startedAt;
  }

  get state(): RunState {
    return this.recorded.state;
  }

  get status(): RunStatus | undefined {
    return this.recorded.status;
  }
}

export class RunSources implements vscode.Disposable {
  /** Runs of this window by id: those under way, and the ones that ended last. */
  private readonly live = new Map<string, LiveSource>();
  private readonly subscriptions: { dispose(): unknown }[];
  private readonly started = new vscode.EventEmitter<RunSource>();
  readonly onDidStart = this.started.event;
  private readonly changed = new vscode.EventEmitter<RunSource>();
  /** Its state is another one. */
  readonly onDidChange = this.changed.event;

  constructor(
    runs: Runs,
    private readonly historyFolder: string,
  ) {
    for (const run of runs.running) if (run.info) this.add(run);
    this.subscriptions = [
      this.started,
      this.changed,
      runs.onDidStart((run) => this.started.fire(this.add(run))),
      runs.onDidPause((run) => this.stands(run)),
      runs.onDidEnd((run) => this.stands(run)),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** The one that has started last of those under way. */
  get latest(): RunSource | undefined {
    return [...this.live.values()].filter(({ host }) => host).at(-1);
  }

  /** Of this window, or from the record; undefined when there is neither. */
  open(runId: string): RunSource | undefined {
    const live = this.live.get(runId);
    // What came too fast is in the record only.
    if (live && (live.host || live.entries.skipped === 0)) return live;
    const recorded = listRuns(this.historyFolder).find((run) => run.runId === runId);
    if (!recorded) return live;
    const source = new RecordedSource(this.historyFolder, recorded);
    void source.whole.then(() => this.changed.fire(source));
    return source;
  }

  /** All, the latest first. */
  list(): RunSummary[] {
    const recorded = listRuns(this.historyFolder).map(({ status, format: _format, ...run }): RunSummary => {
      const live = this.live.get(run.runId);
      return {
        ...run,
        ...(live && { state: live.state }),
        ...(status && { events: status.events, failures: status.failures }),
      };
    });
    const known = new Set(recorded.map(({ runId }) => runId));
    const others = [...this.live.values()].filter(({ runId }) => !known.has(runId)).map(summary);
    return [...others, ...recorded].sort((a, b) => b.startedAt - a.startedAt);
  }

  /** Removes the record of a run that is not under way. */
  delete(runId: string): void {
    if (this.live.get(runId)?.host) return;
    this.live.delete(runId);
    deleteRun(this.historyFolder, runId);
  }

  private stands({ info }: FlowRun): void {
    const source = info && this.live.get(info.runId);
    if (source) this.changed.fire(source);
  }

  private add(run: FlowRun): LiveSource {
    const source = new LiveSource(run);
    // Ended runs of this window are read from their record, but for the latest one of each flow.
    for (const [id, other] of this.live)
      if (!other.host && other.uri.toString() === run.uri.toString()) this.live.delete(id);
    this.live.set(source.runId, source);
    return source;
  }
}

function summary({ runId, flow, uri, startedAt, state, status }: RunSource): RunSummary {
  return {
    runId,
    flow,
    flowUri: uri.toString(),
    startedAt,
    state,
    ...(status && { events: status.events, failures: status.failures }),
  };
}
