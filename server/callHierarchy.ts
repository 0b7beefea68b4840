/** callHierarchy: the wires of a flow as calls. Incoming are the blocks that send to a block, outgoing those it sends to. */
import type {
  CallHierarchyIncomingCall,
  CallHierarchyIncomingCallsParams,
  CallHierarchyItem,
  CallHierarchyOutgoingCall,
  CallHierarchyOutgoingCallsParams,
  CallHierarchyPrepareParams,
} from 'vscode-languageserver/node';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import { graphOf, type Wire } from '../flow/graph.js';
import { contains, type Range } from '../flow/text.js';
import type { Features } from './server.js';
import { subjectAt } from './subject.js';
import { kindOf, typeText } from './symbols.js';
import { trimmed, unquoted } from './tree.js';

/** The blocks that the name under the cursor means, else the block that holds the cursor. */
export function prepareCallHierarchy(
  features: Features,
  params: CallHierarchyPrepareParams,
): CallHierarchyItem[] | null {
  const { uri } = params.textDocument;
  const flow = features.documents.flow(uri)?.flow;
  if (!flow) return null;
  const named = (subjectAt(features, params)?.targets ?? []).flatMap((target) =>
    target.kind === 'block' ? [target.placed] : [],
  );
  const placed = named.length > 0 ? named : blocksAt(flow, params);
  return placed.length === 0 ? null : placed.map((one) => toItem(uri, flow, one));
}

function blocksAt(flow: FlowDocument, { position }: CallHierarchyPrepareParams): PlacedBlock[] {
  const { segment, offset } = flow.at(flow.offsetAt(position));
  const block = segment.content.blocks.find(({ span }) => contains(span, offset));
  // Wires find blocks by name.
  return block && block.name.text !== '' ? [{ segment, block }] : [];
}

export function incomingCalls(
  { documents }: Features,
  { item }: CallHierarchyIncomingCallsParams,
): CallHierarchyIncomingCall[] | null {
  const flow = documents.flow(item.uri)?.flow;
  const placed = flow && graphOf(flow).named(item.name);
  if (!placed) return null;
  return grouped(graphOf(flow).incoming(placed.block), ({ from }) => from).map(([from, wires]) => ({
    from: toItem(item.uri, flow, from),
    fromRanges: wires.map((wire) => rangeOf(flow, wire)),
  }));
}

export function outgoingCalls(
  { documents }: Features,
  { item }: CallHierarchyOutgoingCallsParams,
): CallHierarchyOutgoingCall[] | null {
  const flow = documents.flow(item.uri)?.flow;
  const placed = flow && graphOf(flow).named(item.name);
  if (!placed) return null;
  return grouped(graphOf(flow).outgoing(placed.block), ({ to }) => to).map(([to, wires]) => ({
    to: toItem(item.uri, flow, to),
    fromRanges: wires.map((wire) => rangeOf(flow, wire)),
  }));
}

/** Wires by the block at their other end. */
function grouped(wires: readonly Wire[], end: (wire: Wire) => PlacedBlock): [PlacedBlock, Wire[]][] {
  const groups = new Map<PlacedBlock, Wire[]>();
  for (const wire of wires) {
    const group = groups.get(end(wire));
    if (group) group.push(wire);
    else groups.set(end(wire), [wire]);
  }
  return [...groups];
}

/** Where a wire is written: on the receiving side, or in the sender's `errorHandler`. */
function rangeOf(flow: FlowDocument, { from, to, link }: Wire): Range {
  const { segment } = link ? to : from;
  const span = link?.block.span ?? from.block.errorHandler?.span ?? from.block.name.span;
  return flow.range(segment, unquoted(segment.text, span));
}

function toItem(uri: string, flow: FlowDocument, { segment, block }: PlacedBlock): CallHierarchyItem {
  return {
    name: block.name.text,
    kind: kindOf(block),
    detail: typeText(block),
    uri,
    range: flow.range(segment, trimmed(segment.text, block.span)),
    selectionRange: flow.range(segment, unquoted(segment.text, block.name.span)),
  };
}
