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

/**
 * Holds names, so that it stays the same object while only the insides of blocks change: what has been found out about
 * a graph holds as long as the graph does.
 */
export class FlowGraph {
  #blocks: readonly PlacedBlock[];
  readonly #byName = new Map<string, PlacedBlock>();
  /** Receiver -> senders, and the other way round; each pair once. */
  readonly #senders = new Map<string, Names>();
  readonly #receivers = new Map<string, Names>();
  /** Names of blocks with a link to a block that the file does not have: a partial copy. */
  readonly #dangling = new Set<string>();

  constructor(blocks: readonly PlacedBlock[]) {
    this.#blocks = blocks;
    for (const placed of blocks) {
      if (!this.#byName.has(placed.block.name.text)) this.#byName.set(placed.block.name.text, placed);
    }
    for (const { block } of blocks) {
      const to = block.name.text;
      for (const { links } of block.inputs.values()) {
        for (const { block: sender } of links) {
          if (this.#byName.has(sender.text)) this.#connect(sender.text, to);
          else this.#dangling.add(to);
        }
      }
      if (block.errorHandler && this.#byName.has(block.errorHandler.text))
        this.#connect(to, block.errorHandler.text);
    }
  }

  get blocks(): readonly PlacedBlock[] {
    return this.#blocks;
  }

  /** Takes over `blocks` where they are wired as the ones before; false: another graph is needed. */
  rebind(blocks: readonly PlacedBlock[]): boolean {
    if (blocks.length !== this.#blocks.length) return false;
    const changed: (readonly [before: PlacedBlock, after: PlacedBlock])[] = [];
    for (let i = 0; i < blocks.length; i++) {
      const [before, after] = [this.#blocks[i]!, blocks[i]!];
      if (before === after) continue;
      if (wiring(before.block) !== wiring(after.block)) return false;
      changed.push([before, after]);
    }
    this.#blocks = blocks;
    for (const [before, after] of changed) {
      // The first of a name is the one that is found by it.
      const { text } = after.block.name;
      if (this.#byName.get(text) === before) this.#byName.set(text, after);
    }
    return true;
  }

  /** The block of that name; the first where several have it. */
  named(name: string): PlacedBlock | undefined {
    return this.#byName.get(name);
  }

  /** Wires into a block, in the order they are written. */
  incoming(block: Block): Wire[] {
    const to = this.#byName.get(block.name.text);
    if (!to) return [];
    const wires = [...to.block.inputs].flatMap(([input, { links }]) =>
      links.flatMap((link): Wire[] => {
        const from = this.#byName.get(link.block.text);
        return from ? [{ from, to, input, link }] : [];
      }),
    );
    for (const name of this.senders(block.name.text)) {
      const from = this.#byName.get(name)!;
      if (from.block.errorHandler?.text === block.name.text) wires.push({ from, to });
    }
    return wires;
  }

  /** Wires out of a block. */
  outgoing(block: Block): Wire[] {
    return this.receivers(block.name.text).flatMap((name) =>
      this.incoming(this.#byName.get(name)!.block).filter(
        ({ from }) => from.block.name.text === block.name.text,
      ),
    );
  }

  /** Names of the blocks that a block sends to. */
  receivers(name: string): readonly string[] {
    return this.#receivers.get(name)?.list ?? NOBODY;
  }

  /** Names of the blocks that send to a block. */
  senders(name: string): readonly string[] {
    return this.#senders.get(name)?.list ?? NOBODY;
  }

  /** Ancestors, nearest first; the block itself is one when it stands on a cycle. */
  upstream(block: Block): Generator<PlacedBlock> {
    return this.#walk(block, this.#senders);
  }

  /** Descendants, nearest first; the block itself is one when it stands on a cycle. */
  downstream(block: Block): Generator<PlacedBlock> {
    return this.#walk(block, this.#receivers);
  }

  /** What `outputs.<key>` means in a block: its ancestors of that key, nearest first. */
  resolve(block: Block, key: string): PlacedBlock[] {
    return [...this.upstream(block)].filter((placed) => placed.block.key === key);
  }

  /** Whether an ancestor has the key; stops at the first. */
  hasUpstream(block: Block, key: string): boolean {
    for (const placed of this.upstream(block)) if (placed.block.key === key) return true;
    return false;
  }

  /** A link of the block asks for a block that this file does not have. */
  isCut(name: string): boolean {
    return this.#dangling.has(name);
  }

  /** Not all ancestors are in this file, so what is upstream is not known. */
  isPartial(block: Block): boolean {
    if (this.#dangling.size === 0) return false;
    if (this.#dangling.has(block.name.text)) return true;
    for (const placed of this.upstream(block)) if (this.#dangling.has(placed.block.name.text)) return true;
    return false;
  }

  #connect(from: string, to: string): void {
    add(this.#receivers, from, to);
    add(this.#senders, to, from);
  }

  *#walk(block: Block, next: ReadonlyMap<string, Names>): Generator<PlacedBlock> {
    const seen = new Set<string>(next.get(block.name.text)?.list);
    for (const name of seen) {
      yield this.#byName.get(name)!;
      // A set goes on to what is added while it is walked: nearest first.
      for (const further of next.get(name)?.list ?? NOBODY) seen.add(further);
    }
  }
}

const NOBODY: readonly string[] = [];

/** Most blocks have a sender or two: sets, two for each block, would be half the cost of a graph. */
const MANY = 16;

/** Names in the order in which they came, each once. */
class Names {
  readonly list: string[];
  #set: Set<string> | undefined;

  constructor(name: string) {
    this.list = [name];
  }

  add(name: string): void {
    if (this.#set ? this.#set.has(name) : this.list.includes(name)) return;
    this.list.push(name);
    if (this.#set) this.#set.add(name);
    else if (this.list.length > MANY) this.#set = new Set(this.list);
  }
}

function add(map: Map<string, Names>, key: string, name: string): void {
  const names = map.get(key);
  if (names) names.add(name);
  else map.set(key, new Names(name));
}

const wirings = new WeakMap<Block, string>();

const schemaIds = new WeakMap<object, number>();
let lastSchemaId = 0;

/** A schema's text is parsed once, so the same object means the same text. */
function schemaId(schema: object): number {
  let id = schemaIds.get(schema);
  if (id === undefined) schemaIds.set(schema, (id = ++lastSchemaId));
  return id;
}

/** All of a block that decides the graph's shape and what is found through it: names, type, links, outputs. */
function wiring(block: Block): string {
  let text = wirings.get(block);
  if (text === undefined) {
    const { name, type, inputs, outputs, errorHandler, group, dynamicOutputKeys } = block;
    text = JSON.stringify([
      name.text,
      type?.kind === 'core'
        ? type.name.text
        : type && [type.block.text, type.installation.text, type.schema && schemaId(type.schema)],
      [...inputs].map(([key, { links }]) => [key, links.map((link) => [link.block.text, link.output.text])]),
      [...outputs.keys()],
      errorHandler?.text,
      group?.text,
      dynamicOutputKeys,
    ]);
    wirings.set(block, text);
  }
  return text;
}

/** Names of the blocks that are wired in another way in one graph than in the other, or are in one of them alone. */
export function rewired(before: FlowGraph, after: FlowGraph): ReadonlySet<string> {
  const [a, b] = [before.blocks, after.blocks];
  const same = (one: PlacedBlock, other: PlacedBlock): boolean =>
    one === other || wiring(one.block) === wiring(other.block);
  const [head, tail] = sharedEnds(a, b, same);
  const names = new Set<string>();
  for (const placed of a.slice(head, a.length - tail)) names.add(placed.block.name.text);
  for (const placed of b.slice(head, b.length - tail)) names.add(placed.block.name.text);
  return names;
}

/** How many items two lists share at their beginnings, and how many of the others at their ends. */
export function sharedEnds<T>(
  a: readonly T[],
  b: readonly T[],
  same: (one: T, other: T) => boolean = Object.is,
): readonly [head: number, tail: number] {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && same(a[head]!, b[head]!)) head++;
  let tail = 0;
  while (tail < shorter - head && same(a[a.length - 1 - tail]!, b[b.length - 1 - tail]!)) tail++;
  return [head, tail];
}

const graphs = new WeakMap<FlowDocument, FlowGraph>();

/** The graph of a document; another object only when the wiring has changed. */
export function graphOf(document: FlowDocument): FlowGraph {
  const known = graphs.get(document);
  if (known && (known.blocks === document.blocks || known.rebind(document.blocks))) return known;
  const graph = new FlowGraph(document.blocks);
  graphs.set(document, graph);
  return graph;
}
