/**
 * The wires of a flow as a graph: who sends to whom, what is upstream of a block. `outputs` of a block holds its ancestors
 * only (flows-platform §3.3), so keys resolve through this graph, not through the file. Cycles are normal.
 */
import type { FlowDocument, PlacedBlock } from './document.js';
import type { Block, Link } from './model.js';

export interface Wire {
  readonly from: PlacedBlock;
  readonly to: PlacedBlock;
  /** Input of the receiver; undefined for the way of a failure to its error handler. */
  readonly input?: string;
  readonly link?: Link;
}

export class FlowGraph {
  readonly #byName = new Map<string, PlacedBlock>();
  readonly #incoming = new Map<string, Wire[]>();
  readonly #outgoing = new Map<string, Wire[]>();
  /** Names of blocks that links ask for and the file does not have: a partial copy. */
  readonly #dangling = new Set<string>();

  constructor(readonly blocks: readonly PlacedBlock[]) {
    for (const placed of blocks)
      if (!this.#byName.has(placed.block.name.text)) this.#byName.set(placed.block.name.text, placed);
    for (const to of blocks) {
      for (const [input, { links }] of to.block.inputs) {
        for (const link of links) {
          const from = this.#byName.get(link.block.text);
          if (from) this.#add({ from, to, input, link });
          else this.#dangling.add(to.block.name.text);
        }
      }
      const handler = to.block.errorHandler && this.#byName.get(to.block.errorHandler.text);
      if (handler) this.#add({ from: to, to: handler });
    }
  }

  /** The block of that name; the first where several have it. */
  named(name: string): PlacedBlock | undefined {
    return this.#byName.get(name);
  }

  /** Wires into a block. */
  incoming(block: Block): readonly Wire[] {
    return this.#incoming.get(block.name.text) ?? [];
  }

  /** Wires out of a block. */
  outgoing(block: Block): readonly Wire[] {
    return this.#outgoing.get(block.name.text) ?? [];
  }

  /** Ancestors, nearest first; the block itself is one when it stands on a cycle. */
  *upstream(block: Block): Generator<PlacedBlock> {
    yield* this.#walk(block, (name) => (this.#incoming.get(name) ?? []).map(({ from }) => from));
  }

  /** Descendants, nearest first. */
  *downstream(block: Block): Generator<PlacedBlock> {
    yield* this.#walk(block, (name) => (this.#outgoing.get(name) ?? []).map(({ to }) => to));
  }

  /** What `outputs.<key>` means in a block: its ancestors of that key, nearest first. */
  resolve(block: Block, key: string): PlacedBlock[] {
    const found: PlacedBlock[] = [];
    for (const placed of this.upstream(block)) if (placed.block.key === key) found.push(placed);
    return found;
  }

  /** Whether an ancestor has the key; stops at the first. */
  hasUpstream(block: Block, key: string): boolean {
    for (const placed of this.upstream(block)) if (placed.block.key === key) return true;
    return false;
  }

  /** Not all ancestors are in this file, so what is upstream is not known. */
  isPartial(block: Block): boolean {
    if (this.#dangling.size === 0) return false;
    if (this.#dangling.has(block.name.text)) return true;
    for (const placed of this.upstream(block)) if (this.#dangling.has(placed.block.name.text)) return true;
    return false;
  }

  #add(wire: Wire): void {
    push(this.#incoming, wire.to.block.name.text, wire);
    push(this.#outgoing, wire.from.block.name.text, wire);
  }

  *#walk(block: Block, next: (name: string) => PlacedBlock[]): Generator<PlacedBlock> {
    const seen = new Set<string>();
    let front = next(block.name.text);
    while (front.length > 0) {
      const following: PlacedBlock[] = [];
      for (const placed of front) {
        const name = placed.block.name.text;
        if (seen.has(name)) continue;
        seen.add(name);
        yield placed;
        following.push(...next(name));
      }
      front = following;
    }
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The graph of a document; made anew only when a block has changed. */
const graphs = new WeakMap<FlowDocument, FlowGraph>();

export function graphOf(document: FlowDocument): FlowGraph {
  let graph = graphs.get(document);
  if (graph?.blocks !== document.blocks) graphs.set(document, (graph = new FlowGraph(document.blocks)));
  return graph;
}
