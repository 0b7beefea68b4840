/**
 * The debug adapter: one session is one run of one flow. Its thread is the run, its stack the chain of events that led to where
 * the run stands. Knows nothing of VS Code; what it shows has passed the runner's redactor.
 */
import {
  BreakpointEvent,
  ContinuedEvent,
  DebugSession,
  Event,
  ExitedEvent,
  InitializedEvent,
  OutputEvent,
  Response,
  StoppedEvent,
  TerminatedEvent,
} from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import path from 'node:path';
import { blockLines, stopLines, stopPlaceAt } from '../../../flow/breakpoints.js';
import { FlowDocument } from '../../../flow/document.js';
import { endLines, startLines } from '../../run/eventLines.js';
import type { RunnerHost } from '../../runner/host.js';
import type { FailureFilter, Inspection, Pause, RunInfo, RunOptions } from '../../runner/protocol.js';
import { Breakpoints } from './breakpoints.js';
import { complete } from './completions.js';
import { ConsoleLines } from './console.js';
import { describePause, framesOf, handledBy, type Frame } from './frames.js';
import { readLaunch, type Launch } from './launch.js';
import { parsePath, type Key } from './paths.js';
import { answer, parse, scopesOf } from './scopes.js';
import { References, tree, type Child, type Container, type Page } from './variables.js';

/** What a session needs of the program it runs in. */
export interface DebugHost {
  /** Text of the flow as it stands in the editor. @throws Error for people. */
  read(flow: string): Promise<string>;
  /**
   * Starts the flow with its secrets.
   * @returns undefined when it may not be run, or the person has cancelled: that has been said then. @throws Error for people.
   */
  start(launch: Launch, debug: DebugOptions): Promise<DebuggedRun | undefined>;
}

/** Options of a run that can be paused; none of a run without debugging. */
export type DebugOptions = Pick<RunOptions, 'debug' | 'stopOnEntry' | 'breakpoints' | 'failures'>;

export interface DebuggedRun {
  readonly host: RunnerHost;
  readonly info: RunInfo;
  /** The text that runs. */
  readonly text: string;
  stop(): Promise<void>;
}

/** Requests beyond the protocol, and their arguments and answers. */
export interface CustomRequests {
  /** The event that the run stands before is not handled by this block. */
  'flows.dropEvent': [undefined, Record<string, never>];
  /** What expressions of a block have seen, or see, on the way to the pause. One line each; undefined: nothing to show. */
  'flows.lookUp': [
    { readonly block: string; readonly expressions: readonly string[] },
    { readonly values: readonly (string | undefined)[] },
  ];
  /** The file has been changed in the editor. */
  'flows.changed': [undefined, Record<string, never>];
}

/** Event: the flow has been changed since the run's start; sent once per run. */
export const STALE_EVENT = 'flows.stale';

const THREAD = 1;
/** References of trees that live as long as the session begin here; those of a pause before. */
const LASTING = 2 ** 29 + 1;
const MAX_PAUSED = 1_000_000;
const MAX_LASTING = 10_000;
const MAX_LOOK_UPS = 200;

const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsDelayedStackTraceLoading: true,
  supportsEvaluateForHovers: true,
  supportsClipboardContext: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.'],
  supportsExceptionInfoRequest: true,
  supportsRestartFrame: true,
  supportsRestartRequest: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  exceptionBreakpointFilters: [
    {
      filter: 'all',
      label: 'All failures',
      description: 'Stops at every event that a block cannot handle.',
      default: false,
    },
    {
      filter: 'uncaught',
      label: 'Uncaught failures',
      description: 'Stops at failures of blocks without an errorHandler.',
      default: true,
    },
  ],
};

type Handler = (args: never) => unknown;

interface Paused {
  readonly pause: Pause;
  readonly frames: readonly Frame[];
  readonly inspections: Map<string, Promise<Inspection>>;
}

export class FlowDebugSession extends DebugSession {
  private readonly breakpoints = new Breakpoints();
  private readonly shown = new References(0, MAX_PAUSED);
  private readonly lasting = new References(LASTING, MAX_LASTING);
  /** By id of an event of the chain: data that a person has changed and not sent. */
  private readonly drafts = new Map<string, unknown>();
  private launched: Launch | undefined;
  private run: DebuggedRun | undefined;
  private paused: Paused | undefined;
  /** The file as it stands, and as it ran. */
  private flow = new FlowDocument('');
  private stale = false;
  private lastFrame = 0;
  private lastEvent: string | undefined;
  /** A frame has been started again: the run goes on to this event. */
  private restarted: string | undefined;
  /** Resumed on the client's request, which needs no event. */
  private resuming = false;
  private configured: () => void = () => undefined;
  private readonly configuration = new Promise<void>((resolve) => (this.configured = resolve));
  private ended = false;
  /** Breakpoints reach the run in the order in which they were set. */
  private sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly program: DebugHost) {
    super();
    this.setDebuggerLinesStartAt1(true);
  }

  private readonly handlers: Readonly<Record<string, Handler>> = {
    initialize: () => CAPABILITIES,
    launch: async (args: unknown) => this.launch(args),
    configurationDone: () => this.configured(),
    setBreakpoints: async (args: DebugProtocol.SetBreakpointsArguments) => this.setBreakpoints(args),
    setFunctionBreakpoints: async (args: DebugProtocol.SetFunctionBreakpointsArguments) =>
      this.setNamedBreakpoints(args),
    setExceptionBreakpoints: async (args: DebugProtocol.SetExceptionBreakpointsArguments) =>
      this.setFailures(args),
    breakpointLocations: (args: DebugProtocol.BreakpointLocationsArguments) => this.locations(args),
    threads: () => ({ threads: [{ id: THREAD, name: this.threadName() }] }),
    stackTrace: (args: DebugProtocol.StackTraceArguments) => this.stackTrace(args),
    scopes: ({ frameId }: DebugProtocol.ScopesArguments) => this.scopes(frameId),
    variables: async (args: DebugProtocol.VariablesArguments) => this.variables(args),
    setVariable: async (args: DebugProtocol.SetVariableArguments) => this.setVariable(args),
    setExpression: async (args: DebugProtocol.SetExpressionArguments) => this.setExpression(args),
    evaluate: async (args: DebugProtocol.EvaluateArguments) => this.evaluate(args),
    completions: async (args: DebugProtocol.CompletionsArguments) => this.completions(args),
    exceptionInfo: () => this.exceptionInfo(),
    continue: async () => {
      await this.resume();
      return { allThreadsContinued: true };
    },
    next: async () => this.resume('next'),
    stepIn: async () => this.resume('into'),
    stepOut: async () => this.resume('out'),
    pause: async () => this.pause(),
    restartFrame: async ({ frameId }: DebugProtocol.RestartFrameArguments) => this.restartFrame(frameId),
    'flows.dropEvent': async () => this.drop(),
    'flows.lookUp': async (args: CustomRequests['flows.lookUp'][0]) => this.lookUp(args),
    'flows.changed': async () => this.changed(),
    restart: async (args: DebugProtocol.RestartArguments) => this.restart(args),
    terminate: async () => this.terminate(),
    disconnect: async (args: DebugProtocol.DisconnectArguments) => this.disconnect(args),
  };

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.answer(request);
  }

  private async answer(request: DebugProtocol.Request): Promise<void> {
    const { command } = request;
    const response: DebugProtocol.Response = new Response(request);
    try {
      if (!Object.hasOwn(this.handlers, command)) throw new Error(`A flow's debugger has no "${command}".`);
      response.body = await this.handlers[command]!((request.arguments ?? {}) as never);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      response.success = false;
      response.message = text;
      response.body = { error: { id: 1, format: text, showUser: command === 'launch' } };
    }
    this.sendResponse(response);
  }

  // Start and end

  private async launch(args: unknown): Promise<void> {
    const launch = readLaunch(args);
    this.launched = launch;
    this.flow = new FlowDocument(await this.program.read(launch.flow));
    // The client sends its breakpoints now, for a flow that is known.
    this.sendEvent(new InitializedEvent());
    await this.configuration;
    await this.begin(launch);
  }

  private async begin(launch: Launch): Promise<void> {
    const { stopOnEntry, noDebug } = launch;
    const { failures } = this.breakpoints;
    const breakpoints = this.breakpoints.toRunner();
    const run = await this.program.start(
      launch,
      noDebug ? {} : { debug: true, stopOnEntry, breakpoints, failures },
    );
    if (!run) {
      this.end();
      return;
    }
    // Ended while it was starting.
    if (this.ended) {
      await run.stop();
      return;
    }
    this.run = run;
    this.stale = false;
    this.flow = new FlowDocument(run.text);
    this.print('console', startLines(path.basename(launch.flow), run.info));
    await this.listen(run, launch);
    if (launch.event) await this.sendFirst(run, launch.event);
  }

  private async sendFirst({ host }: DebuggedRun, event: NonNullable<Launch['event']>): Promise<void> {
    try {
      await host.debugEvent(event);
    } catch (error) {
      this.print('stderr', [`The event of the launch configuration was not sent: ${textOf(error)}`]);
    }
  }

  private async listen(run: DebuggedRun, launch: Launch): Promise<void> {
    const { host } = run;
    const current = (): boolean => this.run === run;
    const console = new ConsoleLines();
    const open = (id: string): number => this.lasting.add(this.eventData(host, id));
    const print = (events: Parameters<ConsoleLines['batch']>[0], skipped: number): void => {
      for (const event of events) if (event.kind === 'event') this.lastEvent = event.id;
      for (const body of console.batch(events, skipped, this.flow, this.source(launch), open))
        this.sendEvent(withBody(new OutputEvent(''), body));
    };
    let early: Parameters<typeof print>[] | undefined = [];
    let last = 0;
    host.onEvents(({ events, skipped }) => {
      if (!current()) return;
      if (early) early.push([events, skipped]);
      else print(events, skipped);
    });
    host.onExit(({ expected, code, signal, message }) => {
      if (!current()) return;
      if (!expected) {
        const why = `ended unexpectedly (${signal ?? `exit code ${code ?? '?'}`})${message && `: ${message}`}`;
        this.print('stderr', endLines(path.basename(launch.flow), Date.now(), undefined, why));
      }
      this.sendEvent(new ExitedEvent(expected ? 0 : (code ?? 1)));
      this.end();
    });
    if (!launch.noDebug) await this.send();
    host.onPaused((pause) => current() && this.stopped(pause));
    host.onResumed(() => current() && this.resumed());
    // What was said before anybody listened.
    const begun = await host.events().catch(() => []);
    for (const { seq } of begun) last = Math.max(last, seq);
    print(begun, 0);
    const waiting = early;
    early = undefined;
    for (const [events, skipped] of waiting)
      print(
        events.filter(({ seq }) => seq > last),
        skipped,
      );
  }

  private end(): void {
    this.run = undefined;
    this.forgetPause();
    if (this.ended) return;
    this.ended = true;
    this.sendEvent(new TerminatedEvent());
  }

  private async terminate(): Promise<void> {
    const { run } = this;
    this.run = undefined;
    await run?.stop();
    this.end();
  }

  private async disconnect({ terminateDebuggee }: DebugProtocol.DisconnectArguments): Promise<void> {
    const { run } = this;
    if (!run || terminateDebuggee !== false) return this.terminate();
    // The flow goes on as an ordinary run.
    this.run = undefined;
    const standing = this.paused !== undefined;
    await run.host.setBreakpoints([], 'none').catch(() => undefined);
    if (standing) await run.host.resume().catch(() => undefined);
    this.end();
  }

  private async restart({ arguments: args }: DebugProtocol.RestartArguments): Promise<void> {
    const launch = args === undefined ? this.launched : readLaunch(args);
    if (!launch) throw new Error('Nothing has been started yet.');
    this.launched = launch;
    const { run } = this;
    this.run = undefined;
    if (this.paused) this.sendEvent(new ContinuedEvent(THREAD, true));
    this.forgetPause();
    this.lastEvent = undefined;
    await run?.stop();
    // The breakpoints stay with their blocks, where those still are.
    await this.begin(launch);
  }

  /** The text in the editor has changed, or may have. */
  private async changed(): Promise<Record<string, never>> {
    const { run, launched } = this;
    if (!run || !launched) return {};
    const text = await this.program.read(launched.flow).catch(() => undefined);
    if (text === undefined || this.run !== run) return {};
    if (text === this.flow.text) return {};
    this.flow = new FlowDocument(text);
    const stale = text !== run.text;
    if (stale && !this.stale) {
      const name = path.basename(launched.flow);
      this.print('console', [
        `${name} was changed. This run still uses the text that it had at its start; restart to use the new one.`,
      ]);
      this.sendEvent(new Event(STALE_EVENT, { name }));
    }
    this.stale ||= stale;
    const moved = this.breakpoints.follow(this.flow);
    this.report(moved);
    if (moved.length > 0) await this.send();
    return {};
  }

  // Breakpoints

  private async setBreakpoints({
    source,
    breakpoints = [],
  }: DebugProtocol.SetBreakpointsArguments): Promise<DebugProtocol.SetBreakpointsResponse['body']> {
    const { launched } = this;
    if (!launched) throw new Error('Breakpoints are set once a flow is launched.');
    if (!isSameFile(source.path ?? '', launched.flow)) {
      const message = `This run is of ${path.basename(launched.flow)}.`;
      return { breakpoints: breakpoints.map(({ line }) => ({ verified: false, line, message })) };
    }
    const text = await this.program.read(launched.flow);
    if (text !== this.flow.text) this.flow = new FlowDocument(text);
    this.breakpoints.replace(this.flow, breakpoints);
    await this.send();
    return { breakpoints: this.breakpoints.onLines() };
  }

  private async setNamedBreakpoints({
    breakpoints,
  }: DebugProtocol.SetFunctionBreakpointsArguments): Promise<
    DebugProtocol.SetFunctionBreakpointsResponse['body']
  > {
    this.breakpoints.replaceNamed(this.flow, breakpoints);
    await this.send();
    return { breakpoints: this.breakpoints.onNames() };
  }

  private async setFailures({ filters }: DebugProtocol.SetExceptionBreakpointsArguments): Promise<void> {
    const failures: FailureFilter = filters.includes('all')
      ? 'all'
      : filters.includes('uncaught')
        ? 'uncaught'
        : 'none';
    this.breakpoints.failures = failures;
    await this.send();
  }

  private locations({
    source,
    line,
    endLine = line,
  }: DebugProtocol.BreakpointLocationsArguments): DebugProtocol.BreakpointLocationsResponse['body'] {
    const { launched } = this;
    if (!launched || !isSameFile(source.path ?? '', launched.flow)) return { breakpoints: [] };
    return { breakpoints: stopLines(this.flow, line - 1, endLine - 1).map((at) => ({ line: at + 1 })) };
  }

  /** Gives the run its breakpoints, and the client what the run says of them. */
  private async send(): Promise<void> {
    const { run, launched } = this;
    if (!run || launched?.noDebug) return;
    const sent = this.sending.then(async () => {
      const verdicts = await run.host.setBreakpoints(this.breakpoints.toRunner(), this.breakpoints.failures);
      this.report(this.breakpoints.take(verdicts, this.stale));
    });
    this.sending = sent.catch(() => undefined);
    await sent;
  }

  private report(changed: readonly DebugProtocol.Breakpoint[]): void {
    for (const breakpoint of changed) this.sendEvent(new BreakpointEvent('changed', breakpoint));
  }

  // Where it stands

  private stopped(pause: Pause): void {
    const { restarted } = this;
    this.forgetPause();
    this.restarted = undefined;
    const frames = framesOf(pause, this.lastFrame + 1);
    this.lastFrame += frames.length;
    this.paused = { pause, frames, inspections: new Map() };
    const reasons = {
      breakpoint: 'breakpoint',
      step: 'step',
      pause: 'pause',
      entry: 'entry',
      failure: 'exception',
    };
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(
      restarted !== undefined && pause.chain[0]?.id === restarted ? 'restart' : reasons[pause.reason],
      THREAD,
    );
    Object.assign(event.body, {
      description: describePause(pause),
      allThreadsStopped: true,
      ...(pause.error && { text: `${pause.error.name}: ${pause.error.message}` }),
      ...(pause.breakpoints.length > 0 && { hitBreakpointIds: this.breakpoints.idsOf(pause.breakpoints) }),
    });
    this.sendEvent(event);
  }

  private resumed(): void {
    if (!this.paused) return;
    this.forgetPause();
    if (!this.resuming) this.sendEvent(new ContinuedEvent(THREAD, true));
  }

  private forgetPause(): void {
    this.paused = undefined;
    this.shown.clear();
    this.drafts.clear();
  }

  private threadName(): string {
    const { run, launched } = this;
    const name = path.basename(launched?.flow ?? 'flow');
    return run?.info.port === undefined ? name : `${name} on port ${run.info.port}`;
  }

  private stackTrace({
    startFrame = 0,
    levels = 0,
  }: DebugProtocol.StackTraceArguments): DebugProtocol.StackTraceResponse['body'] {
    const { paused } = this;
    if (!paused) return { stackFrames: [], totalFrames: 0 };
    const { frames, pause } = paused;
    const end = levels > 0 ? startFrame + levels : frames.length;
    return {
      totalFrames: frames.length,
      stackFrames: frames
        .slice(startFrame, end)
        .map((frame) => this.stackFrame(frame, frame === frames[0] ? pause : undefined)),
    };
  }

  /** @param pause that of the topmost frame */
  private stackFrame(frame: Frame, pause: Pause | undefined): DebugProtocol.StackFrame {
    const line = this.lineOf(frame, pause);
    return {
      id: frame.id,
      name: frame.name,
      line: line === undefined ? 0 : line + 1,
      column: line === undefined ? 0 : 1,
      canRestart: frame.event !== undefined,
      ...(line !== undefined && { source: this.source(this.launched!) }),
      ...(frame.debug && { presentationHint: 'subtle' }),
    };
  }

  /** Zero-based; undefined when the block is no longer in the file. */
  private lineOf({ block, output, standing }: Frame, pause: Pause | undefined): number | undefined {
    const lines = blockLines(this.flow, block);
    if (!lines) return undefined;
    if (pause?.error?.place && !this.stale) return pause.error.place.line - 1;
    if (pause) {
      // Where it was set, if that is still a line of this block.
      const line = this.breakpoints.lineOf(pause.breakpoints);
      const place = line === undefined ? undefined : stopPlaceAt(this.flow, line);
      if (place && 'block' in place && place.block === block && place.line === line) return line;
    }
    return standing || output === undefined ? lines.name : (lines.outputs.get(output) ?? lines.name);
  }

  private source(launch: Launch): DebugProtocol.Source {
    return { name: path.basename(launch.flow), path: launch.flow };
  }

  private frame(id: number): Frame {
    const frame = this.paused?.frames.find((one) => one.id === id);
    if (!frame) throw new Error('The run has gone on: this frame is gone.');
    return frame;
  }

  private exceptionInfo(): DebugProtocol.ExceptionInfoResponse['body'] {
    const error = this.paused?.pause.error;
    if (!error) throw new Error('The run does not stand at a failure.');
    const { block } = this.paused!.pause;
    const where = [error.path, error.place && `line ${error.place.line}, column ${error.place.column}`]
      .filter(Boolean)
      .join(', ');
    return {
      exceptionId: error.name,
      description: `“${block}” has failed: ${error.message}${where && ` (${where})`}`,
      breakMode: this.breakpoints.failures === 'all' ? 'always' : 'unhandled',
      details: {
        message: error.message,
        typeName: error.name,
        ...(error.stack.length > 0 && { stackTrace: error.stack.join('\n') }),
      },
    };
  }

  // Going on

  private async resume(step?: 'next' | 'into' | 'out'): Promise<void> {
    const { host } = this.running();
    if (!this.paused) throw new Error('The run is not paused.');
    await this.going(() => host.resume(step));
  }

  /** The client knows that the run goes on. */
  private async going(act: () => Promise<void>): Promise<void> {
    this.resuming = true;
    try {
      await act();
    } finally {
      this.resuming = false;
    }
  }

  private async pause(): Promise<void> {
    const { host } = this.running();
    if (this.launched?.noDebug)
      throw new Error('This run was started without the debugger, so it cannot be paused.');
    await host.pause();
    if (!this.paused) this.print('console', ['The run will stop before the next event.']);
  }

  private async drop(): Promise<Record<string, never>> {
    const { host } = this.running();
    if (this.paused?.pause.at !== 'input')
      throw new Error('An event can be dropped where a block is about to handle it.');
    await host.drop();
    return {};
  }

  /** Emits the frame's event again, as edited; what came of it so far is left, and the run goes on to its first receiver. */
  private async restartFrame(frameId: number): Promise<void> {
    const { event } = this.frame(frameId);
    const { host } = this.running();
    const at = this.paused!.pause.at;
    if (event === undefined) throw new Error('No event led here, so there is none to be emitted again.');
    const edited = this.drafts.has(event) ? this.drafts.get(event) : undefined;
    // While the run stands, an event that is emitted again goes before all that waits.
    const { id } = await host.reEmit(event, edited);
    this.restarted = id;
    await this.going(async () => (at === 'input' ? host.drop('next') : host.resume('next')));
  }

  // What there is to see

  /** A client that asks while the run goes on is shown nothing. */
  private scopes(frameId: number): DebugProtocol.ScopesResponse['body'] {
    const { paused } = this;
    const frame = paused?.frames.find(({ id }) => id === frameId);
    if (!paused || frame?.event === undefined) return { scopes: [] };
    const { event } = frame;
    const scopes = scopesOf({
      frame,
      inspect: async () => this.inspection(paused, event),
      edited: () => (this.drafts.has(event) ? { data: this.drafts.get(event) } : undefined),
      change: async (keys, value) => this.change(paused, event, keys, value),
    });
    return {
      scopes: scopes.map(({ name, expensive, container }) => ({
        name,
        expensive,
        variablesReference: this.shown.add(container),
      })),
    };
  }

  /** Each event is looked at once per pause. */
  private async inspection(paused: Paused, event: string): Promise<Inspection> {
    const known = paused.inspections.get(event);
    if (known) return known;
    const { host } = this.running();
    const found = host.inspect(event).then((inspection) => {
      if (!inspection) throw new Error('This event is not kept any more.');
      return inspection;
    });
    paused.inspections.set(event, found);
    return found;
  }

  private async variables({
    variablesReference,
    filter,
    start = 0,
    count = 0,
  }: DebugProtocol.VariablesArguments): Promise<DebugProtocol.VariablesResponse['body']> {
    const references = this.references(variablesReference);
    if (references === this.shown && !references.get(variablesReference)) return { variables: [] };
    const page: Page = { start, count, ...(filter && { filter }) };
    const children = await this.container(variablesReference).children(page);
    return { variables: children.map((child) => references.variable(child)) };
  }

  private references(reference: number): References {
    return reference > LASTING ? this.lasting : this.shown;
  }

  private container(reference: number): Container {
    const container = this.references(reference).get(reference);
    if (!container) throw new Error('The run has gone on: this value is gone.');
    return container;
  }

  /** Data of an event that the console has shown. */
  private eventData(host: RunnerHost, id: string): Container {
    return {
      children: async () => {
        const event = await host.event(id);
        if (!event) throw new Error('This event is not kept any more.');
        return [tree('data', parse(event.data), undefined)];
      },
    };
  }

  // Changing

  private async setVariable({
    variablesReference,
    name,
    value,
  }: DebugProtocol.SetVariableArguments): Promise<DebugProtocol.SetVariableResponse['body']> {
    const container = this.container(variablesReference);
    if (!container.set) throw new Error('This cannot be changed: only the data of an event can.');
    const next = await container.set(name, await this.typedValue(value, undefined));
    return this.shownValue(tree(name, next, undefined));
  }

  private async setExpression({
    expression,
    value,
    frameId,
  }: DebugProtocol.SetExpressionArguments): Promise<DebugProtocol.SetExpressionResponse['body']> {
    const { paused } = this;
    const frame = frameId === undefined ? paused?.frames[0] : this.frame(frameId);
    if (!paused || frame?.event === undefined)
      throw new Error('Only the event that the run stands at can be changed.');
    const keys = dataPath(expression, frame);
    if (!keys)
      throw new Error(
        `“${expression}” cannot be changed: only the data of an event can, e.g. event.data.id.`,
      );
    const next = await this.typedValue(value, frame);
    await this.change(paused, frame.event, keys, next);
    return this.shownValue(tree('', next, undefined));
  }

  private shownValue(child: Child): DebugProtocol.SetVariableResponse['body'] {
    const { value, type, variablesReference, indexedVariables, namedVariables } = this.shown.variable(child);
    return {
      value,
      variablesReference,
      ...(type !== undefined && { type }),
      ...(indexedVariables !== undefined && { indexedVariables }),
      ...(namedVariables !== undefined && { namedVariables }),
    };
  }

  /** What a person has typed: JSON, or else an expression, in the scope of the frame. */
  private async typedValue(text: string, frame: Frame | undefined): Promise<unknown> {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      const event = (frame ?? this.paused?.frames[0])?.event;
      if (event === undefined) throw new Error('This is no JSON.');
      const { value } = await this.running().host.evaluate(event, text);
      return plain(JSON.parse(value) as unknown);
    }
  }

  /** The event that the run stands before is changed there; one that has passed keeps its changes until it is emitted again. */
  private async change(
    paused: Paused,
    event: string,
    keys: readonly Key[],
    value: unknown,
  ): Promise<unknown> {
    if (paused !== this.paused) throw new Error('The run has gone on: this event can no longer be changed.');
    const { pause } = paused;
    if (pause.at !== 'failure' && event === pause.chain[0]?.id) {
      const { host } = this.running();
      const data: unknown = JSON.parse(await host.setData(keys, value));
      paused.inspections.clear();
      return data;
    }
    const { event: passed } = await this.inspection(paused, event);
    const data = this.drafts.has(event) ? this.drafts.get(event) : parse(passed.data);
    const changed = withValue(structuredClone(data), keys, value);
    this.drafts.set(event, changed);
    return changed;
  }

  // Evaluating

  private async evaluate({
    expression,
    frameId,
    context,
    line,
  }: DebugProtocol.EvaluateArguments): Promise<DebugProtocol.EvaluateResponse['body']> {
    const { host } = this.running();
    if (expression.trim() === '') throw new Error('There is nothing to evaluate.');
    const event = this.viewOf(frameId, context === 'hover' ? line : undefined);
    const { value, type } = await host.evaluate(event, expression);
    if (context === 'clipboard') return { result: wholeText(parse(value)), variablesReference: 0 };
    const name = parsePath(expression) ? expression.trim() : `(${expression.trim()})`;
    const child = answer(value, type, name);
    const lasting = context === 'repl' || context === undefined;
    return {
      result: child.value,
      ...(child.type !== undefined && { type: child.type }),
      ...(lasting ? this.lasting : this.shown).opened(child.opens),
    };
  }

  /** Id of the event whose receivers' scope an expression is evaluated in. */
  private viewOf(frameId: number | undefined, line: number | undefined): string {
    const { paused } = this;
    if (line !== undefined && paused) {
      const block = blockAt(this.flow, line - 1);
      const handled = block === undefined ? undefined : handledBy(paused.pause, block);
      if (handled === undefined) throw new Error('The event has not come this way: there is no value here.');
      return handled;
    }
    const event =
      frameId === undefined ? (paused?.frames[0]?.event ?? this.lastEvent) : this.frame(frameId).event;
    if (event === undefined)
      throw new Error('No event has happened yet, so there is nothing that expressions could see.');
    return event;
  }

  private async lookUp({
    block,
    expressions,
  }: CustomRequests['flows.lookUp'][0]): Promise<CustomRequests['flows.lookUp'][1]> {
    const { paused } = this;
    const event = paused && handledBy(paused.pause, block);
    if (event === undefined) return { values: [] };
    const { host } = this.running();
    const values = expressions.slice(0, MAX_LOOK_UPS).map(async (expression) => {
      try {
        const { value, type } = await host.evaluate(event, expression);
        return answer(value, type, expression).value;
      } catch {
        return undefined;
      }
    });
    return { values: await Promise.all(values) };
  }

  private async completions({
    text,
    column,
    line = 1,
    frameId,
  }: DebugProtocol.CompletionsArguments): Promise<DebugProtocol.CompletionsResponse['body']> {
    const before = text.split('\n').slice(0, line);
    const typed = (before.at(-1) ?? '').slice(0, column - 1);
    const inspect = async (): Promise<Inspection | undefined> => {
      const { host } = this.running();
      const event = this.viewOf(frameId, undefined);
      return this.paused ? this.inspection(this.paused, event) : host.inspect(event);
    };
    const targets = await complete(typed, async () => inspect().catch(() => undefined));
    return { targets };
  }

  // Odds and ends

  private running(): DebuggedRun {
    if (!this.run) throw new Error('The run has ended.');
    return this.run;
  }

  private print(category: string, lines: readonly string[]): void {
    if (lines.length > 0) this.sendEvent(new OutputEvent(`${lines.join('\n')}\n`, category));
  }
}

function withBody(
  event: DebugProtocol.OutputEvent,
  body: DebugProtocol.OutputEvent['body'],
): DebugProtocol.OutputEvent {
  event.body = body;
  return event;
}

function blockAt(flow: FlowDocument, line: number): string | undefined {
  const { segment } = flow.at(flow.offsetAt({ line, character: 0 }));
  const placed = flow.blocks.findLast(
    (one) => one.segment === segment && flow.range(one.segment, one.block.span).start.line <= line,
  );
  return placed?.block.name.text;
}

/** Keys below the data of the frame's event that an expression names. */
function dataPath(expression: string, { standing }: Frame): readonly Key[] | undefined {
  const path = parsePath(expression);
  if (path?.root === 'event' && path.keys[0] === 'data') return path.keys.slice(1);
  return path?.root === 'previous' && standing ? path.keys : undefined;
}

function withValue(data: unknown, keys: readonly Key[], value: unknown): unknown {
  const last = keys.at(-1);
  if (last === undefined) return value;
  let at = data;
  for (const key of keys.slice(0, -1)) at = (at as Record<Key, unknown> | null)?.[key];
  if (typeof at !== 'object' || at === null) throw new Error(`There is nothing at ${keys.join('.')}.`);
  (at as Record<Key, unknown>)[last] = value;
  return data;
}

/** Of an answer only what JSON holds can become data: no marker of a secret, no description of a function. */
function plain(value: unknown): unknown {
  const described = /‹[^›]*›/u.exec(JSON.stringify(value))?.[0];
  if (described !== undefined)
    throw new Error(
      `${described} stands for a value that is not told here, so it cannot be put into an event.`,
    );
  return value;
}

function wholeText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** Paths as clients write them: on Windows drive letters and slashes differ. */
function isSameFile(a: string, b: string): boolean {
  const plain = (file: string): string => {
    const normal = /^[a-z][a-z\d+.-]+:/i.test(file) ? file : path.normalize(file);
    return process.platform === 'win32' ? normal.toLowerCase() : normal;
  };
  return plain(a) === plain(b);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
