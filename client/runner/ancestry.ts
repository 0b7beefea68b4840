/** The line of descent of an event that is kept, in the forms that others take it: expressions, the sandbox, a new event. */
import { EventJson } from './eventJson.js';
import { under, visible } from './lineage.js';
import type { EventFact, EventRecord } from './store.js';
import type { EventChain } from './wire.js';

/** What receivers of an event see: the nearest event of each block, the event itself first. */
export function factsOf(record: EventRecord): EventFact[] {
  return visible(record, toFact);
}

/** The ancestors that an event shows to others. */
export function ancestorsOf(record: EventRecord): { block: number; json: string }[] {
  const facts = record.up ? visible(record.up, toFact) : (record.above ?? []);
  return facts
    .filter(({ block }) => block !== record.block)
    .map(({ block, json }) => ({ block, json: json.text }));
}

/** A parent that is not kept any more, as far as its descendants know it: enough to emit in its name. */
export function parentOf({ up, above }: EventRecord): EventRecord | undefined {
  const fact = above?.[0];
  if (up || !fact) return up;
  return {
    ...fact,
    ...under(above.slice(1)),
    parent: 0,
    at: 0,
    depth: 0,
    targets: [],
    open: 0,
    done: undefined,
    mock: undefined,
    held: 0,
  };
}

/** The event as a sandbox gets it that does not know it. */
export function chainOf(record: EventRecord): EventChain {
  const { n, block, output, json, depth, targets } = record;
  return {
    n,
    block,
    output,
    json: json.text,
    depth,
    ancestors: ancestorsOf(record),
    ...(block < 0 && { targets }),
  };
}

export function toFact({ n, block, output, json }: EventRecord): EventFact {
  return { n, block, output, json };
}

export function fromAncestor({ block, json }: EventChain['ancestors'][number]): EventFact {
  return { n: 0, block, output: 0, json: EventJson.ofText(json) };
}
