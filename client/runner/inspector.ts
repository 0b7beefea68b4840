/** What people see of the events of a run: their data, what receivers made of them, what an expression gives. All redacted. */
import { factsOf, parentOf } from './ancestry.js';
import type { FlowDefinition, Target } from './definition.js';
import { unmask, valueAt } from './edit.js';
import type { Engine } from './engine.js';
import { failureOf } from './failures.js';
import { eventId, eventNumber } from './ids.js';
import { jsonOf } from './json.js';
import type { Outlet, RawHead } from './outlet.js';
import type { EmittedEvent, Evaluation, Inspection, RunEvent, RunnerMethods } from './protocol.js';
import { readQuestion } from './question.js';
import type { Reporter } from './reporter.js';
import type { EventRecord } from './store.js';
import type { LoadMessage } from './wire.js';

export interface InspectorOptions {
  readonly runId: string;
  readonly flow: FlowDefinition;
  readonly engine: Engine;
  readonly outlet: Outlet<EventRecord>;
  readonly reporter: Reporter;
  /** Events that are kept. */
  readonly keepEvents: number;
  /** As they are now. */
  readonly signals: () => LoadMessage['signals'];
}

/** Characters of JSON that people are shown at once: of more, they can ask for a part. */
const SHOWN = 32_000_000;
/** Receivers of an event whose configuration is shown. */
const RECEIVERS = 100;

export class Inspector {
  constructor(private readonly options: InspectorOptions) {}

  events({ after = 0, limit = 1_000 }: RunnerMethods['events']['params']): readonly RunEvent[] {
    return this.options.outlet.since(after, limit);
  }

  /** The kept event with this id. */
  record(id: string): EventRecord | undefined {
    const n = eventNumber(this.options.runId, id);
    return n === undefined ? undefined : this.options.engine.store.get(n);
  }

  /** The event with all its data; undefined when it is no longer kept. */
  event(id: string): EmittedEvent | undefined {
    const record = this.record(id);
    if (!record) return undefined;
    return { ...this.#head(record), data: this.options.outlet.json(record.json.text) };
  }

  #head(record: EventRecord): Omit<EmittedEvent, 'data'> {
    const { outlet, reporter } = this.options;
    return { kind: 'event', seq: 0, ...this.named(outlet.value(reporter.head(record))) };
  }

  /** JSON text, redacted; in place of what is too long for a view of it, how long it is. */
  #shown(json: string): string {
    if (json.length <= SHOWN) return this.options.outlet.json(json);
    return JSON.stringify(
      `${Math.round(json.length / 1_000_000)} MB of JSON: evaluate a part of it, e.g. event.data.items[0]`,
    );
  }

  /** Numbers of events to ids. */
  named({ n, parent, ...head }: RawHead): Omit<EmittedEvent, 'kind' | 'seq' | 'data'> {
    const { runId } = this.options;
    const from = parent === undefined ? {} : { parent: eventId(runId, parent) };
    return { id: eventId(runId, n), ...head, ...from };
  }

  /** The event from all sides; undefined when it is no longer kept. */
  async inspect(id: string): Promise<Inspection | undefined> {
    const { flow, engine, outlet, signals } = this.options;
    const record = this.record(id);
    if (!record) return undefined;
    const event: EmittedEvent = { ...this.#head(record), data: this.#shown(record.json.text) };
    const previous = engine.store.get(record.parent) ?? parentOf(record);
    const outputs: Record<string, string> = {};
    for (const { block, json } of factsOf(record)) {
      const { key } = flow.blocks[block]!;
      // Of blocks that share a key, expressions see the nearest.
      outputs[key] ??= this.#shown(json.text);
    }
    const look = async (): Promise<Inspection['receivers'][number][]> =>
      Promise.all(record.targets.slice(0, RECEIVERS).map(async (target) => this.#receiver(record, target)));
    const receivers = await (engine.standing ? look() : engine.values.during(record, look));
    return {
      event,
      ...(previous && { previous: this.#shown(previous.json.text) }),
      outputs,
      signals: Object.fromEntries(
        Object.entries(signals()).map(([owner, values]) => [outlet.text(owner), outlet.json(jsonOf(values))]),
      ),
      secrets: flow.secretKeys,
      receivers,
    };
  }

  async #receiver(record: EventRecord, [index, at]: Target): Promise<Inspection['receivers'][number]> {
    const { flow, engine, outlet, reporter } = this.options;
    const { name, inputs } = flow.blocks[index]!;
    const { key, config } = inputs[at]!;
    const receiver = outlet.value({ block: name, input: key });
    if (engine.standing) {
      const message = 'Evaluated once the run goes on: it stands inside an expression.';
      return { ...receiver, error: { name: 'Error', message, stack: [] } };
    }
    try {
      const value = await engine.values.look(config, record);
      return { ...receiver, config: this.#shown(jsonOf(value)) };
    } catch (failure) {
      return { ...receiver, error: outlet.value(reporter.worded(failureOf(failure))) };
    }
  }

  /** What a person's expression gives with `outputs`, `previous` and `event` as receivers of the event see them. */
  async evaluate({ id, expression }: RunnerMethods['evaluate']['params']): Promise<Evaluation> {
    const { engine, outlet, reporter, keepEvents } = this.options;
    const question = readQuestion(expression);
    const record = this.record(id);
    if (!record) {
      throw new Error(
        `This event is not kept any more (of a run, ${keepEvents} events are), so nothing can be evaluated for it.`,
      );
    }
    try {
      const { value, type } = await engine.values.ask(question, record, reporter.about(record));
      return { value: outlet.answer(value), type: outlet.text(type) };
    } catch (failure) {
      throw new Error(reporter.sentence(failureOf(failure)), { cause: failure });
    }
  }

  /** JSON of what a person makes of an event's data at a path; what was shown masked and is left so keeps its value. */
  unmasked(edited: unknown, record: EventRecord, path: readonly (string | number)[]): string {
    const original = valueAt(JSON.parse(record.json.text), path);
    const shown = JSON.parse(this.options.outlet.json(jsonOf(original))) as unknown;
    return jsonOf(unmask(edited, original, shown));
  }
}
