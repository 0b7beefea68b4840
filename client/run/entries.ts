/** The latest entries of a run, bounded in number and size, for whoever looks at the run later or more slowly than it goes. */
import type { RunEvent } from '../runner/protocol.js';

/** Entries that are held. */
const MAX_COUNT = 200_000;
/** Characters of their data. */
const MAX_SIZE = 100_000_000;

export class RunEntries {
  private held: RunEvent[] = [];
  private size = 0;
  /** Position of each event by its id. */
  private readonly positions = new Map<string, number>();
  /** How many have been let go: the position of the first one that is held. */
  private gone = 0;
  private tooFast = 0;
  private readonly listeners = new Set<() => void>();

  /** @param maxCount entries, @param maxSize characters of their data; twice as much may be held for a moment */
  constructor(
    private readonly maxCount = MAX_COUNT,
    private readonly maxSize = MAX_SIZE,
  ) {}

  /** Oldest first. */
  get all(): readonly RunEvent[] {
    return this.held;
  }

  /** Entries that have been let go. */
  get dropped(): number {
    return this.gone;
  }

  /** Entries that were never sent. */
  get skipped(): number {
    return this.tooFast;
  }

  /** Number of the last entry; 0 when there is none. */
  get last(): number {
    return this.held.at(-1)?.seq ?? 0;
  }

  add(entries: readonly RunEvent[], skipped = 0): void {
    this.tooFast += skipped;
    for (const entry of entries) {
      if (entry.kind === 'event') {
        this.positions.set(entry.id, this.gone + this.held.length);
        this.size += entry.data.length;
      }
      this.held.push(entry);
    }
    if (this.held.length > this.maxCount || this.size > this.maxSize) this.drop();
    for (const listener of this.listeners) listener();
  }

  event(id: string): Extract<RunEvent, { kind: 'event' }> | undefined {
    const position = this.positions.get(id);
    const entry = position === undefined ? undefined : this.held[position - this.gone];
    return entry?.kind === 'event' ? entry : undefined;
  }

  /** Entries after number `seq`, oldest first. */
  after(seq: number, limit: number): readonly RunEvent[] {
    let [low, high] = [0, this.held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.held[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.held.slice(low, low + limit);
  }

  /** Called after each addition. */
  onDidAdd(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Lets a quarter go at once, and more while it is too much: one by one would cost a copy each time. */
  private drop(): void {
    let count = 0;
    let size = this.size;
    const [few, small] = [(this.maxCount * 3) / 4, (this.maxSize * 3) / 4];
    while (count < this.held.length - 1 && (this.held.length - count > few || size > small)) {
      const entry = this.held[count++]!;
      if (entry.kind !== 'event') continue;
      size -= entry.data.length;
      this.positions.delete(entry.id);
    }
    this.held = this.held.slice(count);
    this.gone += count;
    this.size = size;
  }
}
