/**
 * The line of descent of an event: what the blocks on its primary-parent chain have emitted, nearest first. A linked list
 * that shares its tail with the parent's, so an event costs one node. It holds facts, not events: those would hold their
 * own lines, and with them everything that ever happened.
 */
export interface Fact {
  /** Index of the block that has emitted it. */
  readonly block: number;
}

export interface Lineage<F extends Fact> {
  readonly fact: F;
  readonly next: Lineage<F> | undefined;
  readonly length: number;
  /** Length at which facts that newer ones of the same block hide are left out. */
  readonly limit: number;
}

const LIMIT = 32;

export function descend<F extends Fact>(lineage: Lineage<F> | undefined, fact: F): Lineage<F> {
  if (!lineage) return { fact, next: undefined, length: 1, limit: LIMIT };
  const { length, limit } = lineage;
  if (length < limit) return { fact, next: lineage, length: length + 1, limit };
  return lineageOf([fact, ...visible(lineage, fact.block)])!;
}

/** The nearest fact of each block, nearest first; without those of the block `hidden`. */
export function visible<F extends Fact>(lineage: Lineage<F> | undefined, hidden?: number): F[] {
  const seen = new Set<number | undefined>([hidden]);
  const facts: F[] = [];
  for (let at = lineage; at; at = at.next) {
    if (seen.has(at.fact.block)) continue;
    seen.add(at.fact.block);
    facts.push(at.fact);
  }
  return facts;
}

/** A line of the given facts, nearest first; undefined for none. */
export function lineageOf<F extends Fact>(facts: readonly F[]): Lineage<F> | undefined {
  const limit = Math.max(LIMIT, facts.length * 2);
  let lineage: Lineage<F> | undefined;
  for (let i = facts.length - 1; i >= 0; i--) {
    lineage = { fact: facts[i]!, next: lineage, length: (lineage?.length ?? 0) + 1, limit };
  }
  return lineage;
}

/** The nearest fact of `block`. */
export function emittedBy<F extends Fact>(lineage: Lineage<F> | undefined, block: number): F | undefined {
  for (let at = lineage; at; at = at.next) if (at.fact.block === block) return at.fact;
  return undefined;
}
