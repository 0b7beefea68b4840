/** Everything that one event causes, for as long as it is under way: what a step into it or out of it waits for. */

/** What an event, or one that is being made, tells of its origin. */
export interface Link {
  /** Number of the event that caused it; 0: none. */
  readonly parent: number;
  /** Index of the block that emits it. */
  readonly block: number;
}

/** Where it begins. */
export interface Origin {
  /** Number of the event. */
  readonly n: number;
  /** Deliveries of the event that are under way and belong to it: all of them, or the one named by `d`. */
  readonly open: number;
  /** It begins with what these blocks make of the event; without them, with the event itself. */
  readonly blocks?: readonly number[];
  readonly d?: number;
}

export class Offspring {
  /** Deliveries and emissions under way, by the number of their event. */
  readonly #open = new Map<number, number>();
  /** The same for what the origin's blocks are doing with it. */
  #own = 0;

  constructor(private readonly origin: Origin) {
    if (origin.blocks) this.#own = origin.open;
    else if (origin.open > 0) this.#open.set(origin.n, origin.open);
  }

  /** Nothing of it is under way any more. */
  get settled(): boolean {
    return this.#own === 0 && this.#open.size === 0;
  }

  /** Whether the event is part of it; known for as long as it is under way. */
  has(n: number): boolean {
    return this.#open.has(n);
  }

  added(n: number, link: Link, deliveries: number): void {
    if (deliveries > 0 && this.#takes(link)) this.#count(n, deliveries);
  }

  handled(n: number, d: number): void {
    if (this.#open.has(n)) this.#count(n, -1);
    else if (this.origin.n === n && this.origin.d === d) this.#own--;
  }

  /** An event is being made; `emitted` follows. */
  emitting(link: Link): void {
    if (this.#takes(link)) this.#emission(link, 1);
  }

  emitted(link: Link): void {
    if (this.#takes(link)) this.#emission(link, -1);
  }

  #takes({ parent, block }: Link): boolean {
    const { n, blocks } = this.origin;
    return parent === n && blocks ? blocks.includes(block) : this.#open.has(parent);
  }

  #emission({ parent }: Link, by: number): void {
    if (parent === this.origin.n && this.origin.blocks) this.#own += by;
    else this.#count(parent, by);
  }

  #count(n: number, by: number): void {
    const open = (this.#open.get(n) ?? 0) + by;
    if (open > 0) this.#open.set(n, open);
    else this.#open.delete(n);
  }
}
