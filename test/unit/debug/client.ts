/** A debug client of the real adapter over a real run: asks, waits for events, and keeps all that was said. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { FlowDebugSession, type DebugHost } from '../../../client/debug/adapter/session.js';
import { RunnerHost } from '../../../client/runner/host.js';
import type { StartRequest } from '../../../client/runner/protocol.js';
import { runnerPath } from '../runner/harness.js';

export const FLOW = '/flows/test.flow.yaml';

export interface Settings {
  readonly secrets?: StartRequest['secrets'];
  readonly insensitive?: readonly string[];
  /** Beyond what launch configurations have. */
  readonly options?: StartRequest['options'];
}

type Body = Readonly<Record<string, unknown>>;

export class DebugClient {
  /** All messages in both directions, in their order. */
  readonly said: DebugProtocol.ProtocolMessage[] = [];
  private readonly session: FlowDebugSession;
  private readonly waiting = new Set<() => void>();
  private seq = 0;
  private seen = 0;
  host: RunnerHost | undefined;

  constructor(
    public text: string,
    settings: Settings = {},
  ) {
    const program: DebugHost = {
      read: (flow) =>
        flow === FLOW ? Promise.resolve(this.text) : Promise.reject(new Error(`${flow} cannot be read.`)),
      start: async (launch, debug) => {
        const flowText = this.text;
        const host = new RunnerHost({ runnerPath: await runnerPath() });
        this.host = host;
        const { secrets = {}, insensitive, options } = settings;
        const info = await host.start({
          flowUri: `file://${FLOW}`,
          flowText,
          secrets,
          ...(insensitive && { insensitive }),
          ...(launch.signals && { signals: launch.signals }),
          options: {
            seed: 1,
            virtualTime: launch.virtualTime,
            ...(launch.port !== undefined && { port: launch.port }),
            ...(launch.deadline !== undefined && { deadlineMs: launch.deadline * 1_000 }),
            ...debug,
            ...options,
          },
        });
        return {
          host,
          info,
          text: flowText,
          stop: async () => {
            await host.stop();
          },
        };
      },
    };
    this.session = new FlowDebugSession(program);
    clients.add(this);
    this.session.onDidSendMessage((message) => {
      this.said.push(structuredClone(message) as DebugProtocol.ProtocolMessage);
      for (const check of [...this.waiting]) check();
    });
  }

  /** The whole response. */
  async response(command: string, args?: unknown): Promise<DebugProtocol.Response> {
    const seq = ++this.seq;
    const request = { seq, type: 'request', command, ...(args !== undefined && { arguments: args }) };
    this.said.push(request);
    this.session.handleMessage(structuredClone(request));
    return this.until(`the response to ${command}`, () =>
      this.said.find(
        (message): message is DebugProtocol.Response =>
          message.type === 'response' && (message as DebugProtocol.Response).request_seq === seq,
      ),
    );
  }

  /** The body of a response that is expected to succeed. */
  async ask<T = Body>(command: string, args?: unknown): Promise<T> {
    const response = await this.response(command, args);
    const { success, message } = response;
    assert.ok(success, `${command} failed: ${message}`);
    return response.body as T;
  }

  /** What a request that is expected to fail says. */
  async refused(command: string, args?: unknown): Promise<string> {
    const { success, message } = await this.response(command, args);
    assert.ok(!success, `${command} succeeded`);
    return message ?? '';
  }

  /** The next event of a kind that has not been waited for. */
  async event<T = Body>(name: string, accepts: (body: T) => boolean = () => true): Promise<T> {
    return this.until(`the event ${name}`, () => {
      for (let i = this.seen; i < this.said.length; i++) {
        const message = this.said[i] as DebugProtocol.Event;
        if (message.type !== 'event' || message.event !== name || !accepts(message.body as T)) continue;
        this.seen = i + 1;
        return (message.body ?? {}) as T;
      }
      return undefined;
    });
  }

  /** Text of the console, or of one category of it. */
  output(category?: string): string {
    return this.said
      .filter(
        (message): message is DebugProtocol.OutputEvent =>
          (message as DebugProtocol.Event).event === 'output',
      )
      .filter(({ body }) => category === undefined || body.category === category)
      .map(({ body }) => body.output)
      .join('');
  }

  /** From initialize to a run that goes on; `lines`: those of breakpoints, or all about them. */
  async launch(
    config: Body = {},
    breakpoints: readonly (number | DebugProtocol.SourceBreakpoint)[] = [],
    filters: readonly string[] = [],
  ): Promise<DebugProtocol.Breakpoint[]> {
    await this.ask('initialize', { adapterID: 'flow', linesStartAt1: true, columnsStartAt1: true });
    const launched = this.response('launch', { flow: FLOW, ...config });
    await this.event('initialized');
    const set = await this.setBreakpoints(breakpoints);
    await this.ask('setExceptionBreakpoints', { filters });
    await this.ask('configurationDone');
    const { success, message } = await launched;
    assert.ok(success, message);
    return set;
  }

  async setBreakpoints(
    breakpoints: readonly (number | DebugProtocol.SourceBreakpoint)[],
  ): Promise<DebugProtocol.Breakpoint[]> {
    const { breakpoints: set } = await this.ask<DebugProtocol.SetBreakpointsResponse['body']>(
      'setBreakpoints',
      {
        source: { path: FLOW },
        breakpoints: breakpoints.map((one) => (typeof one === 'number' ? { line: one } : one)),
      },
    );
    return set;
  }

  /** Line, from 1, of the only place where a piece of text stands. */
  line(piece: string): number {
    const at = this.text.indexOf(piece);
    assert.ok(at >= 0 && this.text.indexOf(piece, at + 1) < 0, `"${piece}" is not there once`);
    return this.text.slice(0, at).split('\n').length;
  }

  async stopped(): Promise<DebugProtocol.StoppedEvent['body']> {
    return this.event<DebugProtocol.StoppedEvent['body']>('stopped');
  }

  /** Goes on, or steps, to the next stop. */
  async go(command: 'continue' | 'next' | 'stepIn' | 'stepOut'): Promise<DebugProtocol.StoppedEvent['body']> {
    await this.ask(command, { threadId: 1 });
    return this.stopped();
  }

  async frames(): Promise<DebugProtocol.StackFrame[]> {
    const { stackFrames } = await this.ask<DebugProtocol.StackTraceResponse['body']>('stackTrace', {
      threadId: 1,
    });
    return stackFrames;
  }

  async top(): Promise<DebugProtocol.StackFrame> {
    return (await this.frames())[0]!;
  }

  async scope(name: string, frame = 0): Promise<number> {
    const frames = await this.frames();
    const { scopes } = await this.ask<DebugProtocol.ScopesResponse['body']>('scopes', {
      frameId: frames[frame]!.id,
    });
    const found = scopes.find((one) => one.name === name);
    assert.ok(found, `no scope ${name}: ${scopes.map((one) => one.name).join(', ')}`);
    return found.variablesReference;
  }

  async variables(reference: number, page: Body = {}): Promise<DebugProtocol.Variable[]> {
    const { variables } = await this.ask<DebugProtocol.VariablesResponse['body']>('variables', {
      variablesReference: reference,
      ...page,
    });
    return variables;
  }

  /** A path of names opened one after the other below a scope. */
  async variable(scope: string, names: readonly string[], frame = 0): Promise<DebugProtocol.Variable> {
    let reference = await this.scope(scope, frame);
    for (const [i, name] of names.entries()) {
      const children = await this.variables(reference);
      const found = children.find((one) => one.name === name);
      assert.ok(found, `no ${name} in ${children.map((one) => one.name).join(', ')}`);
      if (i === names.length - 1) return found;
      reference = found.variablesReference;
    }
    throw new Error('An empty path.');
  }

  /** `name = value` of a scope's children. */
  async shown(scope: string, frame = 0): Promise<string[]> {
    const children = await this.variables(await this.scope(scope, frame));
    return children.map(({ name, value }) => `${name} = ${value}`);
  }

  /** What the console answers. */
  async evaluate(expression: string, more: Body = {}): Promise<string> {
    const { result } = await this.ask<DebugProtocol.EvaluateResponse['body']>('evaluate', {
      expression,
      context: 'repl',
      ...more,
    });
    return result;
  }

  async until<T>(what: string, found: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const value = found();
        if (value === undefined) return;
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        const last = this.said.slice(-8).map((message) => JSON.stringify(message).slice(0, 300));
        reject(new Error(`Waited 20 s for ${what}. Last said:\n${last.join('\n')}`));
      }, 20_000);
      this.waiting.add(check);
      check();
    });
  }

  async close(): Promise<void> {
    clients.delete(this);
    await this.host?.stop();
  }
}

/** Breakpoints on the lines of pieces of a flow's text. */
type Pieces = readonly (string | readonly [string, Partial<DebugProtocol.SourceBreakpoint>])[];

/** Starts a session that goes on, of this flow unless another text is given. */
export async function startSession(
  flow: string,
  config: object,
  pieces: Pieces = [],
  { text = flow, filters = [], ...settings }: Settings & { text?: string; filters?: string[] } = {},
): Promise<DebugClient> {
  const client = new DebugClient(text, settings);
  const lines = pieces.map((piece) =>
    typeof piece === 'string' ? client.line(piece) : { line: client.line(piece[0]), ...piece[1] },
  );
  await client.launch({ ...config }, lines, filters);
  return client;
}

const clients = new Set<DebugClient>();

/** For afterEach: no test leaves a process behind. */
export async function closeAll(): Promise<void> {
  await Promise.all([...clients].map((client) => client.close()));
}
