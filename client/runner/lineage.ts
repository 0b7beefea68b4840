/**
 * The line of descent of an event: what the blocks on its primary-parent chain have emitted. Events point up to their
 * parents, but not for ever: after some generations an event holds instead the facts that can still be seen above it, or
 * it would keep everything that ever happened, and a loop would grow without end.
 */
export interface Fact {
  /** Index of the block that has emitted it; -1: none (a debug event), which nobody sees by a key. */
  readonly block: number;
}

/** An event in its line. */
export interface Descent<E, F extends Fact> extends Fact {
  /** The parent, unless the line was cut here. */
  readonly up: E | undefined;
  /** Where it was cut, or began with ancestors of somebody's making: what stands above, nearest first, one per block. */
  readonly above: readonly F[] | undefined;
  /** Generations until the line is cut. */
  readonly hops: number;
}

/**
 * Least generations between two cuts: few, so that what is over is soon let go of. Where more can be seen above, a cut
 * makes a longer list, and comes the later.
 */
const LEAST = 8;

export type Place<E, F> = {
  readonly up: E | undefined;
  readonly above: readonly F[] | undefined;
  readonly hops: number;
};

/** The place below `parent`. `toFact` makes what stays of an event when the line is cut: nothing that points to events. */
export function below<E extends Descent<E, F>, F extends Fact>(
  parent: E | undefined,
  toFact: (event: E) => F,
): Place<E, F> {
  if (!parent) return { up: undefined, above: undefined, hops: LEAST };
  if (parent.hops > 0) return { up: parent, above: undefined, hops: parent.hops - 1 };
  return under(visible<E, F>(parent, toFact));
}

/** The place below what `above` tells, nearest first, one per block. */
export function under<F>(above: readonly F[]): { up: undefined; above: readonly F[]; hops: number } {
  return { up: undefined, above, hops: Math.max(LEAST, above.length) };
}

/** By block: the walk that has come by it last. One list for all walks: there are many, and they do not overlap. */
let walks = new Uint32Array(64);
let walk = 0;

/** The nearest fact of each block, from `event` itself upwards. */
export function visible<E extends Descent<E, F>, F extends Fact>(
  event: E | undefined,
  toFact: (event: E) => F,
): F[] {
  const facts: F[] = [];
  beginWalk();
  for (let at = event; at; at = at.up) {
    if (isNew(at.block)) facts.push(toFact(at));
    if (at.above) for (const fact of at.above) if (isNew(fact.block)) facts.push(fact);
  }
  return facts;
}

function beginWalk(): void {
  if (++walk > 0xffffffff) {
    walks.fill(0);
    walk = 1;
  }
}

/** Whether this walk has not come by the block yet. */
function isNew(block: number): boolean {
  if (block < 0) return false;
  if (block >= walks.length) {
    const larger = new Uint32Array(2 * block);
    larger.set(walks);
    walks = larger;
  }
  if (walks[block] === walk) return false;
  walks[block] = walk;
  return true;
}

/** The nearest event or fact that `accepts` takes, from `event` itself upwards. */
export function nearest<E extends Descent<E, F>, F extends Fact>(
  event: E | undefined,
  accepts: (block: number) => boolean,
): E | F | undefined {
  for (let at = event; at; at = at.up) {
    if (at.block >= 0 && accepts(at.block)) return at;
    const found = at.above?.find(({ block }) => accepts(block));
    if (found) return found;
  }
  return undefined;
}
