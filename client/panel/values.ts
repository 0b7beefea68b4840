/**
 * The values of an event for whoever inspects it: from the runner while it is there, else from what was recorded. The whole
 * values stay here; the page gets the part that it shows.
 */
import { blockKey } from '../../flow/keys.js';
import type { EmittedEvent, Inspection } from '../runner/protocol.js';
import { size } from './model/format.js';
import { findIn, nodeOf, textNode, type JsonNode } from './model/jsonTree.js';
import type { EventDetails, FailureDetails, FoundIn, Part, ValueRef } from './model/messages.js';
import type { RunSource } from './sources.js';

/** Events whose values are kept at hand. */
const KEPT = 4;
/** Characters from which on a value is not parsed only to be listed. */
const LARGE = 1_000_000;
/** Steps up the line of descent of a recorded event. */
const MAX_DEPTH = 10_000;
const GONE = 'This event is not kept any more.';

/** JSON text, and what it means once somebody asks. */
class Value {
  private parsed: { readonly value: unknown } | undefined;

  constructor(readonly json: string) {}

  /** The text itself when it is no JSON: a record that was cut. */
  get value(): unknown {
    return this.read().value;
  }

  get node(): JsonNode {
    if (this.json.length > LARGE && !this.parsed) return largeNode(this.json);
    const { value } = this.read();
    return this.isText ? textNode(this.json) : nodeOf(value);
  }

  private isText = false;

  private read(): { readonly value: unknown } {
    if (this.parsed) return this.parsed;
    try {
      this.parsed = { value: JSON.parse(this.json) as unknown };
    } catch {
      this.isText = true;
      this.parsed = { value: this.json };
    }
    return this.parsed;
  }
}

interface Inspected {
  readonly details: EventDetails;
  /** By nameOf(part), in the order of the details. */
  readonly parts: ReadonlyMap<string, { readonly part: Part; readonly value: Value }>;
}

export class EventValues {
  private readonly kept = new Map<string, Promise<Inspected | undefined>>();

  constructor(private readonly source: () => RunSource | undefined) {}

  clear(): void {
    this.kept.clear();
  }

  async details(event: string): Promise<EventDetails | undefined> {
    // What has happened since is looked up again.
    this.kept.delete(event);
    return (await this.inspected(event))?.details;
  }

  /** A value and its JSON text. @throws Error with a text for people. */
  async get({ event, part }: ValueRef): Promise<{ readonly value: unknown; readonly json: string }> {
    const found = (await this.inspected(event))?.parts.get(nameOf(part));
    if (!found) throw new Error(GONE);
    return found.value;
  }

  /** Where a text is in all parts that have it. @throws Error with a text for people. */
  async find(event: string, text: string): Promise<FoundIn[]> {
    const inspected = await this.inspected(event);
    if (!inspected) throw new Error(GONE);
    return [...inspected.parts.values()].flatMap(({ part, value }) => {
      const { paths, more } = findIn(value.value, text);
      return paths.length === 0 ? [] : [{ part, paths, more }];
    });
  }

  private async inspected(event: string): Promise<Inspected | undefined> {
    let inspected = this.kept.get(event);
    if (!inspected) {
      inspected = this.inspect(event);
      this.kept.set(event, inspected);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    }
    return inspected;
  }

  private async inspect(event: string): Promise<Inspected | undefined> {
    const source = this.source();
    if (!source) return undefined;
    const live = await source.host?.inspect(event).catch(() => undefined);
    return live ? describe(live, source) : fromRecord(event, source);
  }
}

function describe(inspection: Inspection, source: RunSource, remark?: string): Inspected {
  const { event, previous, outputs, signals, secrets, receivers } = inspection;
  const parts = new Map<string, { readonly part: Part; readonly value: Value }>();
  const part = (of: Part, json: string): JsonNode => {
    const value = new Value(json);
    parts.set(nameOf(of), { part: of, value });
    return value.node;
  };
  const details: EventDetails = {
    event: event.id,
    size: event.data.length,
    truncated: event.truncated === true,
    data: part({ kind: 'data' }, event.data),
    ...(previous !== undefined && { previous: part({ kind: 'previous' }, previous) }),
    outputs: Object.entries(outputs).map(([key, json]) => ({
      key,
      node: part({ kind: 'output', key }, json),
    })),
    signals: Object.entries(signals).map(([owner, json]) => ({
      owner,
      node: part({ kind: 'signals', owner }, json),
    })),
    secrets,
    receivers: receivers.map(({ block, input, config, error }, receiver) => ({
      block,
      input,
      ...(config !== undefined && { config: part({ kind: 'config', receiver }, config) }),
      ...(error && { error }),
    })),
    failures: failuresOf(event.id, source),
    ...(remark !== undefined && { remark }),
  };
  return { details, parts };
}

function fromRecord(id: string, source: RunSource): Inspected | undefined {
  const { entries } = source;
  const event = entries.event(id);
  if (!event) return undefined;
  const previous = event.parent === undefined ? undefined : entries.event(event.parent)?.data;
  const outputs: Record<string, string> = {};
  let ancestor: EmittedEvent | undefined = event;
  for (let depth = 0; ancestor && depth < MAX_DEPTH; depth++) {
    // The nearest one of a key is what expressions see.
    if (ancestor.output !== undefined) outputs[blockKey(ancestor.block)] ??= ancestor.data;
    ancestor = ancestor.parent === undefined ? undefined : entries.event(ancestor.parent);
  }
  const remark = source.host
    ? 'The runner does not hold this event any more: this is what was recorded.'
    : 'From the record of the run: configurations are evaluated only while it is under way.';
  return describe(
    {
      event,
      ...(previous !== undefined && { previous }),
      outputs,
      signals: {},
      secrets: [],
      receivers: [],
    },
    source,
    remark,
  );
}

function failuresOf(id: string, { entries }: RunSource): FailureDetails[] {
  return entries.all.flatMap((entry) =>
    entry.kind === 'failed' && entry.event === id
      ? [
          {
            seq: entry.seq,
            block: entry.block,
            error: entry.error,
            ...(entry.input !== undefined && { input: entry.input }),
            ...(entry.handler !== undefined && { handler: entry.handler }),
          },
        ]
      : [],
  );
}

/** By its beginning: what it holds is known when it is opened. */
function largeNode(json: string): JsonNode {
  const [kind, left, right] = json.startsWith('{')
    ? (['object', '{', '}'] as const)
    : json.startsWith('[')
      ? (['array', '[', ']'] as const)
      : (['text', '', ''] as const);
  if (kind === 'text') return textNode(json);
  return { kind, preview: `${left}… ${size(json.length)} …${right}`, size: 1 };
}

function nameOf(part: Part): string {
  return JSON.stringify(Object.values(part));
}
