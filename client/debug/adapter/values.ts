/** Values for the client: what frames show, what a person changes, what expressions give, and what can be typed. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { FlowDocument } from '../../../flow/document.js';
import type { RunnerHost } from '../../runner/host.js';
import type { Inspection, RunnerMethods } from '../../runner/protocol.js';
import { complete } from './completions.js';
import type { Current, Paused } from './current.js';
import { handledBy, signalPath, type Frame } from './frames.js';
import { insideScopes } from './insideScopes.js';
import { parsePath, type Key } from './paths.js';
import { answer, parse, scopesOf, signalScope, type FrameScope } from './scopes.js';
import { References, tree, type Child, type Container, type Page } from './variables.js';

/** References of trees that live as long as the session begin here; those of a pause before. */
const LASTING = 2 ** 29 + 1;
const MAX_PAUSED = 1_000_000;
const MAX_LASTING = 10_000;
const MAX_LOOK_UPS = 200;

/** What expressions of a block have seen, or see, on the way to the pause. One line each; undefined: nothing to show. */
export interface LookUp {
  readonly arguments: { readonly block: string; readonly expressions: readonly string[] };
  readonly answer: {
    readonly values: readonly (string | undefined)[];
    /** The run stands inside an expression of the block: it has variables. */
    readonly inside: boolean;
  };
}

export class Values {
  private readonly shown = new References(0, MAX_PAUSED);
  private readonly lasting = new References(LASTING, MAX_LASTING);
  /** By id of an event of the chain: data that a person has changed and not sent. */
  private readonly drafts = new Map<string, unknown>();

  constructor(private readonly current: Current) {}

  /** The run has gone on. */
  forget(): void {
    this.shown.clear();
    this.drafts.clear();
  }

  /** Data of an event as a person has changed it; undefined: not at all. */
  draft(event: string): unknown {
    return this.drafts.get(event);
  }

  /** A reference for the data of an event that the console has shown. */
  open(host: RunnerHost, id: string): number {
    return this.lasting.add(this.eventData(host, id));
  }

  /** A client that asks while the run goes on is shown nothing. */
  scopes(frameId: number): DebugProtocol.ScopesResponse['body'] {
    const { paused } = this.current;
    const frame = paused?.frames.find(({ id }) => id === frameId);
    if (!paused || !frame) return { scopes: [] };
    const scopes = [
      ...(frame.signal ? [signalScope(frame.signal)] : []),
      ...this.insideOf(paused, frame),
      ...this.eventScopes(paused, frame),
    ];
    return {
      scopes: scopes.map(({ name, expensive, container }) => ({
        name,
        expensive,
        variablesReference: this.shown.add(container),
      })),
    };
  }

  /** Variables of a call inside an expression. */
  private insideOf(paused: Paused, { inside }: Frame): FrameScope[] {
    if (!inside) return [];
    const { host } = this.current.running();
    return insideScopes({
      variables: async () => this.variablesOf(paused, inside.index),
      evaluate: async (expression) => {
        const answered = await host.evaluateInside(inside.index, expression);
        // It may have changed any of them.
        paused.variables.clear();
        return answered;
      },
    });
  }

  /** They are asked for once, as long as nothing changes them. */
  private async variablesOf(paused: Paused, call: number): Promise<RunnerMethods['variables']['result']> {
    const known = paused.variables.get(call) ?? this.current.running().host.variables(call);
    paused.variables.set(call, known);
    return known;
  }

  private eventScopes(paused: Paused, frame: Frame): FrameScope[] {
    const { event } = frame;
    if (event === undefined) return [];
    const ofEvent = scopesOf({
      frame,
      inspect: async () => this.inspection(paused, event),
      edited: () => (this.drafts.has(event) ? { data: this.drafts.get(event) } : undefined),
      change: async (keys, value) => this.change(paused, event, keys, value),
    });
    // The configuration is evaluated once the expression has been.
    if (!frame.inside) return ofEvent;
    // Its variables are what is looked at first, and what a name beside the code means.
    return ofEvent.flatMap((scope) => (scope.name === 'Inputs' ? [] : { ...scope, expensive: true }));
  }

  /** Each event is looked at once per pause. */
  private async inspection(paused: Paused, event: string): Promise<Inspection> {
    const known = paused.inspections.get(event);
    if (known) return known;
    const { host } = this.current.running();
    const found = host.inspect(event).then((inspection) => {
      if (!inspection) throw new Error('This event is not kept any more.');
      return inspection;
    });
    paused.inspections.set(event, found);
    return found;
  }

  async variables({
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

  /** What a data breakpoint on a variable, or on an expression, stands for. */
  async dataBreakpoint({
    variablesReference,
    name,
  }: DebugProtocol.DataBreakpointInfoArguments): Promise<DebugProtocol.DataBreakpointInfoResponse['body']> {
    const children =
      variablesReference === undefined
        ? undefined
        : await this.container(variablesReference).children({ start: 0, count: 0 });
    const expression = children ? children.find((child) => child.name === name)?.evaluateName : name;
    const { root, keys = [] } = parsePath(expression ?? '') ?? {};
    const [owner, signal] = keys;
    if (root !== 'signals' || owner === undefined || signal === undefined)
      return { dataId: null, description: 'Only a signal can stop a run by its change.' };
    const named = { owner: String(owner), signal: String(signal) };
    return {
      dataId: JSON.stringify(named),
      description: signalPath(named),
      accessTypes: ['write'],
      canPersist: true,
    };
  }

  async setVariable({
    variablesReference,
    name,
    value,
  }: DebugProtocol.SetVariableArguments): Promise<DebugProtocol.SetVariableResponse['body']> {
    const container = this.container(variablesReference);
    if (container.assign) return this.shownValue(await container.assign(name, value));
    if (!container.set) throw new Error('This cannot be changed: only the data of an event can.');
    const next = await container.set(name, await this.typedValue(value, undefined));
    return this.shownValue(tree(name, next, undefined));
  }

  async setExpression({
    expression,
    value,
    frameId,
  }: DebugProtocol.SetExpressionArguments): Promise<DebugProtocol.SetExpressionResponse['body']> {
    const { paused } = this.current;
    const frame = frameId === undefined ? paused?.frames[0] : this.current.frame(frameId);
    if (paused && frame?.inside) {
      const { host } = this.current.running();
      const changed = await host.evaluateInside(frame.inside.index, `${expression} = (${value}\n)`);
      paused.variables.clear();
      return this.shownValue(answer(changed.value, changed.type, expression));
    }
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
      const event = (frame ?? this.current.paused?.frames[0])?.event;
      if (event === undefined) throw new Error('This is no JSON.');
      const { value } = await this.current.running().host.evaluate(event, text);
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
    if (paused !== this.current.paused)
      throw new Error('The run has gone on: this event can no longer be changed.');
    const { pause } = paused;
    if (pause.at === 'inside')
      throw new Error('The block is handling this event already. Stop before it does to change the event.');
    if (pause.at !== 'failure' && event === pause.chain[0]?.id) {
      const { host } = this.current.running();
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

  async evaluate({
    expression,
    frameId,
    context,
    line,
  }: DebugProtocol.EvaluateArguments): Promise<DebugProtocol.EvaluateResponse['body']> {
    const { host } = this.current.running();
    if (expression.trim() === '') throw new Error('There is nothing to evaluate.');
    const at = context === 'hover' ? line : undefined;
    const call = this.callOf(frameId, at);
    const { value, type } =
      call === undefined
        ? await host.evaluate(this.viewOf(frameId, at), expression)
        : await host.evaluateInside(call, expression);
    // An assignment may be hidden in it.
    if (call !== undefined) this.current.paused?.variables.clear();
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

  /** The call inside an expression that something is evaluated in, by its index. @param line one of its block. */
  private callOf(frameId: number | undefined, line: number | undefined): number | undefined {
    const { paused, flow } = this.current;
    const frame = paused?.frames.find(({ id }) => id === (frameId ?? paused.frames[0]?.id));
    if (!frame?.inside || (line !== undefined && blockAt(flow, line - 1) !== frame.block)) return undefined;
    return frame.inside.index;
  }

  /** Id of the event whose receivers' scope an expression is evaluated in. */
  private viewOf(frameId: number | undefined, line: number | undefined): string {
    const { paused } = this.current;
    if (line !== undefined && paused) {
      const block = blockAt(this.current.flow, line - 1);
      const handled = block === undefined ? undefined : handledBy(paused.pause, block);
      if (handled === undefined) throw new Error('The event has not come this way: there is no value here.');
      return handled;
    }
    const event =
      frameId === undefined
        ? (paused?.frames[0]?.event ?? this.current.lastEvent)
        : this.current.frame(frameId).event;
    if (event === undefined)
      throw new Error('No event has happened yet, so there is nothing that expressions could see.');
    return event;
  }

  async lookUp({ block, expressions }: LookUp['arguments']): Promise<LookUp['answer']> {
    const { paused } = this.current;
    const event = paused && handledBy(paused.pause, block);
    const inside = paused?.pause.at === 'inside' && paused.pause.block === block;
    if (event === undefined) return { values: [], inside };
    const { host } = this.current.running();
    const values = expressions.slice(0, MAX_LOOK_UPS).map(async (expression) => {
      try {
        const { value, type } = await host.evaluate(event, expression);
        return answer(value, type, expression).value;
      } catch {
        return undefined;
      }
    });
    return { values: await Promise.all(values), inside };
  }

  async completions({
    text,
    column,
    line = 1,
    frameId,
  }: DebugProtocol.CompletionsArguments): Promise<DebugProtocol.CompletionsResponse['body']> {
    const before = text.split('\n').slice(0, line);
    const typed = (before.at(-1) ?? '').slice(0, column - 1);
    const inspect = async (): Promise<Inspection | undefined> => {
      const { host } = this.current.running();
      const event = this.viewOf(frameId, undefined);
      return this.current.paused ? this.inspection(this.current.paused, event) : host.inspect(event);
    };
    const call = this.callOf(frameId, undefined);
    const { paused } = this.current;
    const variables = paused && call !== undefined ? await this.variablesOf(paused, call) : undefined;
    const targets = await complete(typed, async () => inspect().catch(() => undefined), variables);
    return { targets };
  }
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
