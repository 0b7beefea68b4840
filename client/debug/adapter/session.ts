/**
 * The debug adapter: one session is one run of one flow. Its thread is the run, its stack the chain of events that led to where
 * the run stands. Knows nothing of VS Code; what it shows has passed the runner's redactor.
 */
import {
  ContinuedEvent,
  DebugSession,
  Event,
  ExitedEvent,
  InitializedEvent,
  OutputEvent,
  Response,
  TerminatedEvent,
  ThreadEvent,
} from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import path from 'node:path';
import { FlowDocument } from '../../../flow/document.js';
import { endLines, remarkLine, startLines } from '../../run/eventLines.js';
import type { Pause } from '../../runner/protocol.js';
import { CAPABILITIES } from './capabilities.js';
import { categoryOf, ConsoleLines } from './console.js';
import { Current, type DebuggedRun, type DebugHost } from './current.js';
import { readLaunch, type Launch } from './launch.js';
import { BreakpointRequests } from './setting.js';
import { Standing, THREAD } from './standing.js';
import { Values, type LookUp } from './values.js';

export type { DebuggedRun, DebugHost, DebugOptions } from './current.js';

/** Requests beyond the protocol, and their arguments and answers. */
export interface CustomRequests {
  /** The event that the run stands before is not handled by this block. */
  'flows.dropEvent': [undefined, Record<string, never>];
  /** What expressions of a block have seen, or see, on the way to the pause. One line each; undefined: nothing to show. */
  'flows.lookUp': [LookUp['arguments'], LookUp['answer']];
  /** The file has been changed in the editor. */
  'flows.changed': [undefined, Record<string, never>];
}

/** Event: the flow has been changed since the run's start; sent once per run. */
export const STALE_EVENT = 'flows.stale';

type Handler = (args: never) => unknown;

export class FlowDebugSession extends DebugSession {
  private readonly current = new Current();
  private readonly values = new Values(this.current);
  private readonly setting: BreakpointRequests;
  private readonly standing: Standing;
  /** A frame has been started again: the run goes on to this event. */
  private restarted: string | undefined;
  /** Resumed on the client's request, which needs no event. */
  private resuming = false;
  private configured: () => void = () => undefined;
  private readonly configuration = new Promise<void>((resolve) => (this.configured = resolve));
  private ended = false;

  constructor(private readonly program: DebugHost) {
    super();
    this.setDebuggerLinesStartAt1(true);
    this.setting = new BreakpointRequests(this.current, program, (event) => this.sendEvent(event));
    this.standing = new Standing(this.current, this.setting.breakpoints);
  }

  private readonly handlers: Readonly<Record<string, Handler>> = {
    initialize: () => CAPABILITIES,
    launch: async (args: unknown) => this.launch(args),
    configurationDone: () => this.configured(),
    setBreakpoints: async (args: DebugProtocol.SetBreakpointsArguments) => this.setting.setOnLines(args),
    setFunctionBreakpoints: async (args: DebugProtocol.SetFunctionBreakpointsArguments) =>
      this.setting.setOnNames(args),
    dataBreakpointInfo: async (args: DebugProtocol.DataBreakpointInfoArguments) =>
      this.values.dataBreakpoint(args),
    setDataBreakpoints: async (args: DebugProtocol.SetDataBreakpointsArguments) =>
      this.setting.setOnSignals(args),
    setExceptionBreakpoints: async (args: DebugProtocol.SetExceptionBreakpointsArguments) =>
      this.setting.setFailures(args),
    breakpointLocations: (args: DebugProtocol.BreakpointLocationsArguments) => this.setting.locations(args),
    threads: () => ({ threads: [{ id: THREAD, name: this.threadName() }] }),
    stackTrace: (args: DebugProtocol.StackTraceArguments) => this.standing.stackTrace(args),
    scopes: ({ frameId }: DebugProtocol.ScopesArguments) => this.values.scopes(frameId),
    variables: async (args: DebugProtocol.VariablesArguments) => this.values.variables(args),
    setVariable: async (args: DebugProtocol.SetVariableArguments) => this.values.setVariable(args),
    setExpression: async (args: DebugProtocol.SetExpressionArguments) => this.values.setExpression(args),
    evaluate: async (args: DebugProtocol.EvaluateArguments) => this.values.evaluate(args),
    completions: async (args: DebugProtocol.CompletionsArguments) => this.values.completions(args),
    exceptionInfo: () => this.standing.failure(),
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
    'flows.lookUp': async (args: LookUp['arguments']) => this.values.lookUp(args),
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
    this.current.launched = launch;
    this.current.flow = new FlowDocument(await this.program.read(launch.flow));
    // The client sends its breakpoints now, for a flow that is known.
    this.sendEvent(new InitializedEvent());
    await this.configuration;
    await this.begin(launch);
  }

  private async begin(launch: Launch): Promise<void> {
    const { stopOnEntry, noDebug } = launch;
    const run = await this.program.start(
      launch,
      noDebug ? {} : { debug: true, stopOnEntry, ...this.setting.options() },
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
    this.current.run = run;
    this.current.stale = false;
    this.current.flow = new FlowDocument(run.text);
    // The client has asked before there was one. VS Code shows that it runs from here on.
    this.sendEvent(new ThreadEvent('started', THREAD));
    for (const line of startLines(path.basename(launch.flow), run.info)) this.print(categoryOf(line), [line]);
    await this.listen(run, launch);
    if (launch.event) await this.sendFirst(run, launch.event);
    else this.sayWaiting(run, launch);
  }

  /** Most flows do nothing until they are sent an event. */
  private sayWaiting(run: DebuggedRun, { flow }: Launch): void {
    if (this.current.run !== run || this.current.paused || this.current.lastEvent !== undefined) return;
    const how =
      run.info.endpoints.length > 0
        ? 'send a request to its address, or choose “Run from here” above a block'
        : 'choose “Run from here” above a block';
    this.print('stdout', remarkLine(path.basename(flow), Date.now(), `waits for an event; ${how}`));
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
    const current = (): boolean => this.current.run === run;
    const console = new ConsoleLines();
    const open = (id: string): number => this.values.open(host, id);
    const print = (events: Parameters<ConsoleLines['batch']>[0], skipped: number): void => {
      for (const event of events) if (event.kind === 'event') this.current.lastEvent = event.id;
      for (const body of console.batch(events, skipped, this.current.flow, this.current.source(), open))
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
    if (!launch.noDebug) await this.setting.send();
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
    this.current.run = undefined;
    this.forgetPause();
    if (this.ended) return;
    this.ended = true;
    this.sendEvent(new TerminatedEvent());
  }

  private async terminate(): Promise<void> {
    const { run } = this.current;
    this.current.run = undefined;
    await run?.stop();
    this.end();
  }

  private async disconnect({ terminateDebuggee }: DebugProtocol.DisconnectArguments): Promise<void> {
    const { run } = this.current;
    if (!run || terminateDebuggee !== false) return this.terminate();
    // The flow goes on as an ordinary run.
    this.current.run = undefined;
    const standing = this.current.paused !== undefined;
    await run.host.setBreakpoints([], 'none').catch(() => undefined);
    if (standing) await run.host.resume().catch(() => undefined);
    this.end();
  }

  private async restart({ arguments: args }: DebugProtocol.RestartArguments): Promise<void> {
    const launch = args === undefined ? this.current.launched : readLaunch(args);
    if (!launch) throw new Error('Nothing has been started yet.');
    this.current.launched = launch;
    const { run } = this.current;
    this.current.run = undefined;
    if (this.current.paused) this.sendEvent(new ContinuedEvent(THREAD, true));
    this.forgetPause();
    this.current.lastEvent = undefined;
    await run?.stop();
    // The breakpoints stay with their blocks, where those still are.
    await this.begin(launch);
  }

  /** The text in the editor has changed, or may have. */
  private async changed(): Promise<Record<string, never>> {
    const { run, launched } = this.current;
    if (!run || !launched) return {};
    const text = await this.program.read(launched.flow).catch(() => undefined);
    if (text === undefined || this.current.run !== run) return {};
    if (text === this.current.flow.text) return {};
    this.current.flow = new FlowDocument(text);
    const stale = text !== run.text;
    if (stale && !this.current.stale) {
      const name = path.basename(launched.flow);
      this.print('console', [
        `${name} was changed. This run still uses the text that it had at its start; restart to use the new one.`,
      ]);
      this.sendEvent(new Event(STALE_EVENT, { name }));
    }
    this.current.stale ||= stale;
    await this.setting.follow();
    return {};
  }

  // Where it stands

  private stopped(pause: Pause): void {
    const { restarted } = this;
    this.forgetPause();
    this.restarted = undefined;
    const again = restarted !== undefined && pause.chain[0]?.id === restarted;
    this.sendEvent(this.standing.stopped(pause, again));
  }

  private resumed(): void {
    if (!this.current.paused) return;
    this.forgetPause();
    if (!this.resuming) this.sendEvent(new ContinuedEvent(THREAD, true));
  }

  private forgetPause(): void {
    this.current.paused = undefined;
    this.values.forget();
  }

  private threadName(): string {
    const { run, launched } = this.current;
    const name = path.basename(launched?.flow ?? 'flow');
    return run?.info.port === undefined ? name : `${name} on port ${run.info.port}`;
  }

  // Going on

  private async resume(step?: 'next' | 'into' | 'out'): Promise<void> {
    const { host } = this.current.running();
    if (!this.current.paused) throw new Error('The run is not paused.');
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
    const { host } = this.current.running();
    if (this.current.launched?.noDebug)
      throw new Error('This run was started without the debugger, so it cannot be paused.');
    await host.pause();
    if (!this.current.paused) this.print('console', ['The run will stop before the next event.']);
  }

  private async drop(): Promise<Record<string, never>> {
    const { host } = this.current.running();
    if (this.current.paused?.pause.at !== 'input')
      throw new Error('An event can be dropped where a block is about to handle it.');
    await host.drop();
    return {};
  }

  /** Emits the frame's event again, as edited; what came of it so far is left, and the run goes on to its first receiver. */
  private async restartFrame(frameId: number): Promise<void> {
    const { event } = this.current.frame(frameId);
    const { host } = this.current.running();
    const at = this.current.paused!.pause.at;
    if (at === 'inside') throw new Error('The run stands inside an expression. Step out of it first.');
    if (event === undefined) throw new Error('No event led here, so there is none to be emitted again.');
    // While the run stands, an event that is emitted again goes before all that waits.
    const { id } = await host.reEmit(event, this.values.draft(event));
    this.restarted = id;
    await this.going(async () => (at === 'input' ? host.drop('next') : host.resume('next')));
  }

  // Odds and ends

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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
