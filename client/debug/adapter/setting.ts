/** Requests about breakpoints: what a client sets, what the run makes of it, and what becomes of them when the file changes. */
import { BreakpointEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import path from 'node:path';
import { stopLines } from '../../../flow/breakpoints.js';
import { FlowDocument } from '../../../flow/document.js';
import type { FailureFilter } from '../../runner/protocol.js';
import { Breakpoints } from './breakpoints.js';
import type { Current, DebugHost, DebugOptions, Say } from './current.js';

export class BreakpointRequests {
  readonly breakpoints = new Breakpoints();
  /** Breakpoints reach the run in the order in which they were set. */
  private sending: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly current: Current,
    private readonly program: DebugHost,
    private readonly say: Say,
  ) {}

  /** For the start of a run. */
  options(): Pick<DebugOptions, 'breakpoints' | 'failures'> {
    return { breakpoints: this.breakpoints.toRunner(), failures: this.breakpoints.failures };
  }

  async setOnLines({
    source,
    breakpoints = [],
  }: DebugProtocol.SetBreakpointsArguments): Promise<DebugProtocol.SetBreakpointsResponse['body']> {
    const { current } = this;
    const { launched } = current;
    if (!launched) throw new Error('Breakpoints are set once a flow is launched.');
    if (!isSameFile(source.path ?? '', launched.flow)) {
      const message = `This run is of ${path.basename(launched.flow)}.`;
      return { breakpoints: breakpoints.map(({ line }) => ({ verified: false, line, message })) };
    }
    const text = await this.program.read(launched.flow);
    if (text !== current.flow.text) current.flow = new FlowDocument(text);
    this.breakpoints.replace(current.flow, breakpoints);
    await this.send();
    return { breakpoints: this.breakpoints.onLines() };
  }

  async setOnNames({
    breakpoints,
  }: DebugProtocol.SetFunctionBreakpointsArguments): Promise<
    DebugProtocol.SetFunctionBreakpointsResponse['body']
  > {
    this.breakpoints.replaceNamed(this.current.flow, breakpoints);
    await this.send();
    return { breakpoints: this.breakpoints.onNames() };
  }

  async setOnSignals({
    breakpoints,
  }: DebugProtocol.SetDataBreakpointsArguments): Promise<DebugProtocol.SetDataBreakpointsResponse['body']> {
    this.breakpoints.replaceSignals(breakpoints);
    await this.send();
    return { breakpoints: this.breakpoints.onSignals() };
  }

  async setFailures({ filters }: DebugProtocol.SetExceptionBreakpointsArguments): Promise<void> {
    const failures: FailureFilter = filters.includes('all')
      ? 'all'
      : filters.includes('uncaught')
        ? 'uncaught'
        : 'none';
    this.breakpoints.failures = failures;
    await this.send();
  }

  locations({
    source,
    line,
    endLine = line,
  }: DebugProtocol.BreakpointLocationsArguments): DebugProtocol.BreakpointLocationsResponse['body'] {
    const { launched, flow } = this.current;
    if (!launched || !isSameFile(source.path ?? '', launched.flow)) return { breakpoints: [] };
    return { breakpoints: stopLines(flow, line - 1, endLine - 1).map((at) => ({ line: at + 1 })) };
  }

  /** The flow has another text. */
  async follow(): Promise<void> {
    const moved = this.breakpoints.follow(this.current.flow);
    this.report(moved);
    if (moved.length > 0) await this.send();
  }

  /** Gives the run its breakpoints, and the client what the run says of them. */
  async send(): Promise<void> {
    const { run, launched } = this.current;
    if (!run || launched?.noDebug) return;
    const sent = this.sending.then(async () => {
      const verdicts = await run.host.setBreakpoints(this.breakpoints.toRunner(), this.breakpoints.failures);
      this.report(this.breakpoints.take(verdicts, this.current.stale));
    });
    this.sending = sent.catch(() => undefined);
    await sent;
  }

  private report(changed: readonly DebugProtocol.Breakpoint[]): void {
    for (const breakpoint of changed) this.say(new BreakpointEvent('changed', breakpoint));
  }
}

/** Paths as clients write them: on Windows drive letters and slashes differ. */
function isSameFile(a: string, b: string): boolean {
  const plain = (file: string): string => {
    const normal = /^[a-z][a-z\d+.-]+:/i.test(file) ? file : path.normalize(file);
    return process.platform === 'win32' ? normal.toLowerCase() : normal;
  };
  return plain(a) === plain(b);
}
