/**
 * The line of descent of an event: for each block on its primary-parent chain the nearest event that it has emitted.
 * A linked list that shares its tail with the parent's, so an event costs one node, and a loop does not grow it.
 */
export interface Lineage<E> {
  /** Index of the block that has emitted `event`. */
  readonly block: number;
  readonly event: E;
  readonly next: Lineage<E> | undefined;
}

/** `event` of `block` in front of `lineage`; an older event of the same block is left out. */
export function descend<E>(lineage: Lineage<E> | undefined, block: number, event: E): Lineage<E> {
  for (let at = lineage; at; at = at.next) {
    if (at.block === block) return { block, event, next: without(lineage, block) };
  }
  return { block, event, next: lineage };
}

function without<E>(lineage: Lineage<E> | undefined, block: number): Lineage<E> | undefined {
  if (!lineage) return undefined;
  if (lineage.block === block) return lineage.next;
  return { block: lineage.block, event: lineage.event, next: without(lineage.next, block) };
}

/** The nearest event that `block` has emitted. */
export function emittedBy<E>(lineage: Lineage<E> | undefined, block: number): E | undefined {
  for (let at = lineage; at; at = at.next) if (at.block === block) return at.event;
  return undefined;
}
