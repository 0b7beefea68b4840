/** textDocument/documentSymbol and workspace/symbol: the blocks of a flow in the order of its wires, and what is in them. */
import type {
  DocumentSymbol,
  DocumentSymbolParams,
  SymbolInformation,
  WorkspaceSymbol,
  WorkspaceSymbolParams,
} from 'vscode-languageserver/node';
import { isEntry } from '../flow/catalog.js';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import { graphOf, type FlowGraph } from '../flow/graph.js';
import type { Block, ExpressionValue, MapEntry, Name, Value } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import type { Position, Range, Span } from '../flow/text.js';
import { entryOf, stringOf } from '../flow/yaml.js';
import { withoutTokens } from '../flow/tokens/mask.js';
import { SymbolKind } from './lsp.js';
import type { Features } from './server.js';
import { entrySpan, mapOf, trimmed, unquoted } from './tree.js';

export function documentSymbols(
  { documents, client }: Features,
  { textDocument: { uri } }: DocumentSymbolParams,
): DocumentSymbol[] | SymbolInformation[] | null {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return null;
  const ordered = inFlowOrder(flow);
  const symbols = [
    ...flow.segments.flatMap((segment) => rootSymbols(segment).map((symbol) => place(flow, segment, symbol))),
    ...ordered.map(({ segment, block }) => place(flow, segment, blockSymbol(segment, block))),
  ];
  return client.textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true
    ? symbols
    : flat(uri, symbols);
}

/** workspace/symbol: blocks and installations of all flows, open or not, whose name has the query's letters in order. */
export function workspaceSymbols(
  { documents, index }: Features,
  { query }: WorkspaceSymbolParams,
): WorkspaceSymbol[] {
  const letters = query.replace(/\s+/g, '').toLowerCase();
  const wanted = ({ name }: NamedPlace): boolean => holds(name.toLowerCase(), letters);
  const symbolsIn = (uri: string, names: readonly NamedPlace[]): WorkspaceSymbol[] =>
    names.filter(wanted).map(({ name, kind, range }) => ({ name, kind, location: { uri, range } }));
  const open = [...documents.present()].flatMap((document) =>
    document.kind === 'flow' ? symbolsIn(document.uri, namesIn(document.flow)) : [],
  );
  // What is typed in the editor is newer than the disk.
  const closed = [...index.files()].flatMap(({ uri, names }) =>
    documents.get(uri) || !names ? [] : symbolsIn(uri, names),
  );
  return [...open, ...closed];
}

export interface NamedPlace {
  readonly name: string;
  readonly kind: SymbolKind;
  readonly range: Range;
}

/** The blocks and installations of a flow. */
export function namesIn(flow: FlowDocument): NamedPlace[] {
  const at = (segment: Segment, { text, span }: Name, kind: SymbolKind): NamedPlace => ({
    name: text,
    kind,
    range: flow.range(segment, unquoted(segment.text, span)),
  });
  return flow.segments.flatMap((segment) => [
    ...[...segment.content.installations.values()].map(({ key }) => at(segment, key, SymbolKind.Package)),
    ...segment.content.blocks.map((block) => at(segment, block.name, kindOf(block))),
  ]);
}

function holds(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    const found = text.indexOf(letter, at);
    if (found < 0) return false;
    at = found + letter.length;
  }
  return true;
}

/** A symbol with places in its segment: it stays while the text above it changes. */
interface SegmentSymbol {
  readonly name: string;
  readonly detail?: string;
  readonly kind: SymbolKind;
  readonly span: Span;
  readonly nameSpan: Span;
  readonly children: readonly SegmentSymbol[];
}

const placed = new WeakMap<SegmentSymbol, { readonly line: number; readonly symbol: DocumentSymbol }>();

/** At its place in the document; the same object as long as no line above it comes or goes. */
function place(flow: FlowDocument, segment: Segment, symbol: SegmentSymbol): DocumentSymbol {
  const { line } = flow.range(segment, { start: 0, end: 0 }).start;
  const known = placed.get(symbol);
  if (known?.line === line) return known.symbol;
  const made = toDocumentSymbol(segment, line, symbol);
  placed.set(symbol, { line, symbol: made });
  return made;
}

function toDocumentSymbol(segment: Segment, line: number, symbol: SegmentSymbol): DocumentSymbol {
  const { name, detail, kind, span, children } = symbol;
  // A name through an alias stands elsewhere; clients insist on one inside.
  const isInside = span.start <= symbol.nameSpan.start && symbol.nameSpan.end <= span.end;
  const nameSpan = isInside ? symbol.nameSpan : { start: span.start, end: span.start };
  const position = (offset: number): Position => {
    const inSegment = segment.positionAt(offset);
    return { line: line + inSegment.line, character: inSegment.character };
  };
  return {
    // An empty name is an error for some clients.
    name: name.trim() === '' ? '(unnamed)' : name,
    kind,
    range: { start: position(span.start), end: position(span.end) },
    selectionRange: { start: position(nameSpan.start), end: position(nameSpan.end) },
    ...(detail !== undefined && detail !== '' && { detail }),
    ...(children.length > 0 && {
      children: children.map((child) => toDocumentSymbol(segment, line, child)),
    }),
  };
}

/** For clients without a tree: blocks and roots with what is directly in them. */
function flat(uri: string, symbols: readonly DocumentSymbol[], containerName?: string): SymbolInformation[] {
  return symbols.flatMap(({ name, kind, range, children }) => [
    { name, kind, location: { uri, range }, ...(containerName !== undefined && { containerName }) },
    ...flat(uri, children ?? [], name),
  ]);
}

const orders = new WeakMap<FlowGraph, readonly number[]>();

/**
 * Senders before receivers, chains together, else as in the file: the reverse of the order in which a walk down the
 * wires leaves the blocks. Cycles are entered where events come in from outside.
 */
export function inFlowOrder(flow: FlowDocument): PlacedBlock[] {
  const graph = graphOf(flow);
  let order = orders.get(graph);
  if (!order) orders.set(graph, (order = walk(flow, graph)));
  return order.map((i) => flow.blocks[i]!);
}

function walk({ blocks }: FlowDocument, graph: FlowGraph): number[] {
  const places = new Map(blocks.map(({ block }, i) => [block, i]));
  const receivers = (i: number): number[] =>
    graph
      .outgoing(blocks[i]!.block)
      .map(({ to }) => places.get(to.block)!)
      .sort((a, b) => a - b);
  const all = [...blocks.keys()];
  const entries = all.filter(
    (i) => graph.incoming(blocks[i]!.block).length === 0 || isEntry(blocks[i]!.block),
  );
  const reached = new Set<number>();
  leave(entries, receivers, reached);
  const others = all.filter((i) => !reached.has(i));
  // What is walked last comes out first: the entries, in the order of the file.
  const seen = new Set<number>();
  return [
    ...leave(others.reverse(), receivers, seen),
    ...leave(entries.reverse(), receivers, seen),
  ].reverse();
}

/** Blocks in the order in which a walk from `starts` leaves them for good. */
function leave(starts: readonly number[], receivers: (i: number) => number[], seen: Set<number>): number[] {
  const left: number[] = [];
  for (const start of starts) {
    if (seen.has(start)) continue;
    seen.add(start);
    const stack = [{ at: start, next: receivers(start) }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const next = top.next.pop();
      if (next === undefined) {
        left.push(top.at);
        stack.pop();
      } else if (!seen.has(next)) {
        seen.add(next);
        stack.push({ at: next, next: receivers(next) });
      }
    }
  }
  return left;
}

const blockSymbols = new WeakMap<Block, SegmentSymbol>();

function blockSymbol(segment: Segment, block: Block): SegmentSymbol {
  let symbol = blockSymbols.get(block);
  if (!symbol) {
    symbol = {
      name: block.name.text,
      detail: typeText(block),
      kind: kindOf(block),
      span: trimmed(segment.text, block.span),
      nameSpan: unquoted(segment.text, block.name.span),
      children: blockChildren(segment, block),
    };
    blockSymbols.set(block, symbol);
  }
  return symbol;
}

/** `transform`, or `slack.createChannel` for a block of an app. */
export function typeText({ type }: Block): string {
  if (!type) return '';
  return type.kind === 'core' ? type.name.text : `${type.installation.text}.${type.block.text}`;
}

export function kindOf(block: Block): SymbolKind {
  return block.type && isEntry(block) ? SymbolKind.Event : SymbolKind.Function;
}

function blockChildren(segment: Segment, block: Block): SegmentSymbol[] {
  const map = mapOf(segment, block);
  const entriesOf = (key: string): readonly MapEntry[] => {
    const value = entryOf(map, key)?.value;
    return value?.kind === 'map' ? value.entries : [];
  };
  const config = entryOf(map, 'config');
  return [
    ...(config ? [entrySymbol(segment, config, SymbolKind.Object, '')] : []),
    ...entriesOf('inputs').map((entry) => {
      const links = block.inputs.get(entry.key)?.links ?? [];
      const detail = links.map((link) => `← ${link.block.text}.${link.output.text}`).join(', ');
      return entrySymbol(segment, entry, SymbolKind.Interface, detail);
    }),
    ...entriesOf('outputs').map((entry) => entrySymbol(segment, entry, SymbolKind.Field, '')),
  ];
}

/** An entry with the expressions in it as children; their names are the way to them. */
function entrySymbol(segment: Segment, entry: MapEntry, kind: SymbolKind, detail: string): SegmentSymbol {
  return {
    name: entry.key,
    detail,
    kind,
    span: trimmed(segment.text, entrySpan(entry)),
    nameSpan: unquoted(segment.text, entry.keySpan),
    children: [...expressionsIn(entry.value, '')].flatMap(({ path, value, at }) => {
      const span = trimmed(segment.text, at ? { start: at.keySpan.start, end: value.span.end } : value.span);
      // What comes through an alias stands elsewhere.
      if (span.start < entry.keySpan.start || span.end > entrySpan(entry).end) return [];
      return [
        {
          name: path,
          detail: short(withoutTokens(value.expression.text, segment)),
          kind: SymbolKind.Variable,
          span,
          nameSpan: at ? unquoted(segment.text, at.keySpan) : span,
          children: [],
        },
      ];
    }),
  };
}

function* expressionsIn(
  value: Value,
  path: string,
  at?: MapEntry,
): Generator<{ path: string; value: ExpressionValue; at?: MapEntry }> {
  if (value.kind === 'expression') {
    yield { path: path === '' ? '!expr' : path, value, ...(at && { at }) };
  } else if (value.kind === 'map') {
    for (const entry of value.entries) {
      // `config` and `outputCustomization` go without saying.
      const isPlain = path === '' && (entry.key === 'config' || entry.key === 'outputCustomization');
      const inner = isPlain ? '' : path === '' ? entry.key : `${path}.${entry.key}`;
      yield* expressionsIn(entry.value, inner, entry);
    }
  } else if (value.kind === 'list') {
    for (const [i, item] of value.items.entries()) yield* expressionsIn(item, `${path}[${i}]`);
  }
}

function short(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

const roots = new WeakMap<Segment, readonly SegmentSymbol[]>();

/** The installations and the notes of a flow; what an installation config says. */
function rootSymbols(segment: Segment): readonly SegmentSymbol[] {
  let symbols = roots.get(segment);
  if (!symbols) {
    symbols = segment.content.keys.flatMap((entry) => {
      if (segment.dialect === 'installation')
        return [entrySymbol(segment, entry, SymbolKind.Property, stringOf(entry.value) ?? '')];
      if (segment.dialect === 'mocks') return [mocksSymbol(segment, entry)];
      if (entry.key === 'appInstallations') return [installationsSymbol(segment, entry)];
      return entry.key === 'notes' ? [notesSymbol(segment, entry)] : [];
    });
    roots.set(segment, symbols);
  }
  return symbols;
}

function mocksSymbol(segment: Segment, entry: MapEntry): SegmentSymbol {
  const entries = entry.value.kind === 'map' ? entry.value.entries : [];
  const kind = entry.key === 'blocks' ? SymbolKind.Class : SymbolKind.Property;
  const children = entries.map((one): SegmentSymbol => ({
    ...entrySymbol(segment, one, kind, ''),
    children: [],
  }));
  return { ...entrySymbol(segment, entry, SymbolKind.Namespace, ''), children };
}

function installationsSymbol(segment: Segment, entry: MapEntry): SegmentSymbol {
  const entries = entry.value.kind === 'map' ? entry.value.entries : [];
  const children = entries.map((one): SegmentSymbol => {
    const { appName = '', appVersion = '' } = segment.content.installations.get(one.key) ?? {};
    const detail = `${appName} ${appVersion}`.trim();
    return { ...entrySymbol(segment, one, SymbolKind.Package, detail), children: [] };
  });
  return { ...entrySymbol(segment, entry, SymbolKind.Namespace, ''), children };
}

function notesSymbol(segment: Segment, entry: MapEntry): SegmentSymbol {
  const items = entry.value.kind === 'list' ? entry.value.items : [];
  const children = items.flatMap((item): SegmentSymbol[] => {
    if (item.kind !== 'map') return [];
    const text = stringOf(entryOf(item, 'body')?.value) ?? '';
    const span = trimmed(segment.text, item.span);
    const title = short(
      text
        .trim()
        .split('\n', 1)[0]!
        .replace(/^#+\s*/, ''),
    );
    return [{ name: title, kind: SymbolKind.String, span, nameSpan: span, children: [] }];
  });
  return { ...entrySymbol(segment, entry, SymbolKind.Namespace, ''), children };
}
