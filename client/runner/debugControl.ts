/** What the debugger's users ask of a run and are told of it, in names and ids, redacted. What goes on is debugger.ts's. */
import type { Debugger } from './debugger.js';
import type { FlowDefinition } from './definition.js';
import { replaceAt } from './edit.js';
import type { Engine } from './engine.js';
import { EventJson } from './eventJson.js';
import { failureOf, type Failure } from './failures.js';
import type { Inspector } from './inspector.js';
import { jsonOf } from './json.js';
import type { Outlet } from './outlet.js';
import type { Evaluation, InsideFrame, Pause, RunnerMethods, Variable } from './protocol.js';
import { readQuestion } from './question.js';
import type { Reporter } from './reporter.js';
import type { Step } from './step.js';
import { steppedOf } from './stepped.js';
import type { SignalChange, Stop } from './stop.js';
import type { EventRecord } from './store.js';
import type { Answer, StandingFrame, StandingVariables } from './wire.js';

export interface DebugControlOptions {
  readonly flow: FlowDefinition;
  readonly engine: Engine;
  readonly outlet: Outlet<EventRecord>;
  readonly reporter: Reporter;
  readonly inspector: Inspector;
  /** Characters of an event's JSON. */
  readonly maxPayload: number;
  readonly paused: (pause: Pause) => void;
}

/** Events in the chain of a pause. */
const CHAIN = 1_000;

export class DebugControl {
  #pauses = 0;

  constructor(private readonly options: DebugControlOptions) {}

  setBreakpoints({
    breakpoints,
    failures,
  }: RunnerMethods['setBreakpoints']['params']): RunnerMethods['setBreakpoints']['result'] {
    const problems = this.#debugger.set(breakpoints, failures);
    return {
      breakpoints: breakpoints.map(({ id }, i) => {
        const problem = problems[i];
        return {
          id,
          verified: problem === undefined,
          ...(problem !== undefined && { message: this.options.outlet.text(problem) }),
        };
      }),
    };
  }

  pause(): void {
    this.#debugger.pause();
  }

  resume(step?: Step): void {
    this.#debugger.resume(step);
  }

  drop(step?: 'next'): void {
    if (!this.#debugger.stop) throw new Error('The run does not stand still.');
    const { record, d } = this.options.engine.drop(step);
    this.options.reporter.activity(
      record.targets[d]![0],
      'dropped in the debugger: the block has not handled this event',
      record,
    );
  }

  /** Changes the data of the event that the run stands before; gives all of it, redacted. */
  setData({ path, value }: RunnerMethods['setData']['params']): RunnerMethods['setData']['result'] {
    const { engine, outlet, reporter, inspector, maxPayload } = this.options;
    const { record, d } = this.#debugger.heldDelivery();
    const inner = JSON.parse(inspector.unmasked(value, record, path)) as unknown;
    const data = jsonOf(replaceAt(JSON.parse(record.json.text), path, inner));
    if (data.length > maxPayload)
      throw new Error(`The event would have ${data.length} characters as JSON; the limit is ${maxPayload}.`);
    engine.store.change(record, EventJson.ofText(data));
    reporter.activity(record.targets[d]![0], 'the data of this event was changed in the debugger', record);
    return { data: outlet.json(data) };
  }

  /** Tells where the run has come to stand. */
  paused(stop: Stop<Failure>): void {
    const { flow, outlet, reporter, paused } = this.options;
    const { at, reason, record, block: index, port, breakpoints, failure, inside, signal } = stop;
    const { name = '', inputs = [], outputs = [] } = flow.blocks[index] ?? {};
    const key = port === undefined ? undefined : (at === 'output' ? outputs : inputs)[port]?.key;
    const pause: Pause = {
      number: ++this.#pauses,
      reason,
      at,
      block: name,
      ...(key !== undefined && (at === 'output' ? { output: key } : { input: key })),
      ...(signal && { signal: this.#signal(signal) }),
      ...(inside && { inside: inside.frames.map((frame) => this.#frame(frame)) }),
      breakpoints,
      ...(failure && { error: reporter.worded(failure) }),
      chain: this.#chain(record),
    };
    // What led to it is told first.
    outlet.flush();
    paused(outlet.value(pause));
  }

  #signal({ owner, signal, before, after }: SignalChange): NonNullable<Pause['signal']> {
    const { outlet } = this.options;
    return {
      owner,
      signal,
      ...(before !== undefined && { before: outlet.json(before) }),
      after: outlet.json(after),
    };
  }

  #frame({ x, site: index }: StandingFrame): InsideFrame {
    const expression = this.options.flow.expressions[x]!;
    const { sites, functions } = steppedOf(expression)!;
    const site = sites[index]!;
    const { line, character } = expression.locate(site.offset);
    return {
      name: functions[site.inside]!,
      path: expression.path,
      place: { line: line + 1, column: character + 1 },
    };
  }

  /** What a person's expression gives in a call inside the expression that the run stands in. */
  async evaluateInside({
    frame,
    expression,
  }: RunnerMethods['evaluateInside']['params']): Promise<Evaluation> {
    const { engine, outlet, reporter } = this.options;
    const question = readQuestion(expression);
    try {
      return shown(await engine.values.askInside(frame, question), outlet);
    } catch (failure) {
      throw new Error(reporter.sentence(failureOf(failure)), { cause: failure });
    }
  }

  async variables({
    frame,
  }: RunnerMethods['variables']['params']): Promise<RunnerMethods['variables']['result']> {
    const { engine, outlet, reporter } = this.options;
    const told = (variables: StandingVariables['locals']): Variable[] =>
      variables.map(([name, answer]) => ({ name: outlet.text(name), ...shown(answer, outlet) }));
    try {
      const { locals, closure } = await engine.values.variables(frame);
      return { locals: told(locals), closure: told(closure) };
    } catch (failure) {
      throw new Error(reporter.sentence(failureOf(failure)), { cause: failure });
    }
  }

  /** The event and its causes, as far as they are kept. */
  #chain(record: EventRecord | undefined): Pause['chain'] {
    const { engine, reporter, inspector } = this.options;
    const chain: Pause['chain'][number][] = [];
    for (let at = record; at && chain.length < CHAIN; at = engine.store.get(at.parent) ?? at.up) {
      chain.push({ kind: 'event', seq: 0, ...inspector.named(reporter.head(at)) });
    }
    return chain;
  }

  get #debugger(): Debugger<Failure> {
    const { debugger: found } = this.options.engine;
    if (!found)
      throw new Error('This run was not started for debugging (option `debug`), so it cannot be paused.');
    return found;
  }
}

function shown({ value, type }: Answer, outlet: Outlet<EventRecord>): Evaluation {
  return { value: outlet.answer(value), type: outlet.text(type) };
}
