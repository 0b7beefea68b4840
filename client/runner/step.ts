/** Steps of a debug run from one event to another. */
import type { Delivery } from './deliveryQueue.js';
import type { FlowDefinition } from './definition.js';
import { Offspring, type Link } from './offspring.js';
import type { EventRecord } from './store.js';
import type { Stop } from './stop.js';

export type Step = 'next' | 'into' | 'out';

/** Events and emissions under way, in the order of their numbers. */
export interface UnderWay {
  readonly records: Iterable<EventRecord>;
  readonly emissions: Iterable<Link>;
}

/** A step that has not ended yet. */
export class StepUnderWay {
  #within: string | undefined;

  /** @param within key of the work whose expression it began in. */
  constructor(
    private readonly kind: Step,
    readonly offspring?: Offspring,
    within?: string,
  ) {
    this.#within = within;
  }

  /** An expression's work is done: a step that began in it goes on to the next event. */
  over(work: string): void {
    if (this.#within === work) this.#within = undefined;
  }

  /** Whether it ends before a delivery of the event. */
  endsBefore({ n }: EventRecord): boolean {
    // It stops in the expression first, if there is anything left of it.
    if (this.#within !== undefined) return false;
    // Where there is nothing to step into or out of any more, the next delivery is as far as a step goes.
    const { offspring } = this;
    return !offspring || offspring.settled || (this.kind === 'into' && offspring.has(n));
  }
}

/** A step from where the run stands: before the delivery `held`, if so. */
export function stepFrom(
  kind: Step,
  { at, record, block }: Stop,
  held: Delivery | undefined,
  flow: FlowDefinition,
  underWay: () => UnderWay,
): StepUnderWay {
  // Where no event has led there, what comes next is all that there is to step to.
  if (kind === 'next' || !record) return new StepUnderWay(kind);
  const { errorHandler } = flow.blocks[block]!;
  const blocks = [block, ...(errorHandler === undefined ? [] : [errorHandler])];
  const { n } = record;
  const offspring = new Offspring(
    at === 'output'
      ? { n, open: record.open }
      : held
        ? { n, open: 1, blocks, d: held.d }
        : { n, open: 0, blocks },
  );
  const { records, emissions } = underWay();
  for (const { n: other, parent, block: by, open } of records)
    if (other !== n) offspring.added(other, { parent, block: by }, open);
  for (const link of emissions) offspring.emitting(link);
  return new StepUnderWay(kind, offspring);
}
