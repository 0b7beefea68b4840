/** Rules across blocks: names, links, handlers, groups, installations, and what expressions may read where they stand. */
import { coreBlock, isEntry, shapeOf } from '../catalog.js';
import type { Code } from '../codes.js';
import type { PlacedBlock } from '../document.js';
import { rewired, type FlowGraph } from '../graph.js';
import { blockKey, nearest } from '../keys.js';
import type { AppInstallation, Block, ExpressionValue, Link } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';
import { refParts } from './signalRefs.js';

export interface Surroundings {
  readonly graph: FlowGraph;
  readonly installations: ReadonlyMap<string, AppInstallation>;
}

/** Problems of one block that depend on others. */
export function checkWiring(placed: PlacedBlock, { graph, installations }: Surroundings): Problem[] {
  const { block } = placed;
  const problems: Problem[] = [];
  const { name, type } = block;
  if (name.text !== '' && graph.named(name.text) !== placed) {
    problems.push({
      code: 'duplicate-block',
      message: `Another block is called "${name.text}" already. Names are unique in a flow: links could mean either.`,
      severity: 'error',
      span: name.span,
    });
  }
  for (const { links } of block.inputs.values()) {
    for (const link of links) {
      const problem = checkLink(link, graph);
      if (problem) problems.push(problem);
    }
  }
  if (block.errorHandler && !graph.named(block.errorHandler.text)) {
    problems.push(missing('error-handler', block.errorHandler.text, block.errorHandler.span, graph));
  }
  if (block.group && !graph.named(block.group.text)) {
    problems.push(missing('unknown-group', block.group.text, block.group.span, graph));
  }
  if (type?.kind === 'app' && !installations.has(type.installation.text)) {
    const near = nearest(type.installation.text, installations.keys());
    problems.push({
      code: 'unknown-installation',
      message: `\`appInstallations\` of this flow has no \`${type.installation.text}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
      severity: 'error',
      span: type.installation.span,
      data: near === undefined ? { name: type.installation.text } : { name: type.installation.text, near },
    });
  }
  if (isUnreachable(block, graph)) {
    problems.push({
      code: 'unreachable-block',
      message: `No event reaches "${name.text}": what is linked to it leads back to it only.`,
      severity: 'hint',
      span: name.span,
    });
  }
  for (const value of block.expressions) problems.push(...checkReads(value, block, graph, installations));
  return problems;
}

/** Codes of reports that name blocks of the whole flow. */
const OF_ALL_NAMES: ReadonlySet<Code> = new Set<Code>([
  'link-block',
  'error-handler',
  'unknown-group',
  'unknown-output',
  'unknown-signal',
]);

/**
 * After the wiring of some blocks has changed: whether a block with these reports, which has not been touched itself, may
 * have others now. What decides is who is linked to the block, who is upstream of it, and which names there are.
 */
export function wiringChange(
  before: FlowGraph,
  after: FlowGraph,
): (block: Block, reports: readonly { readonly problem: Problem }[]) => boolean {
  const changed = rewired(before, after);
  const near = new Set(changed);
  for (const name of changed) {
    for (const graph of [before, after]) {
      for (const receiver of graph.receivers(name)) near.add(receiver);
      // Those whose error handler it is.
      for (const sender of graph.senders(name)) near.add(sender);
    }
  }
  for (const { block } of after.blocks)
    if (block.group && changed.has(block.group.text)) near.add(block.name.text);
  const downstream = new Set(near);
  // Between blocks that have not changed, both graphs have the same links. A set goes on to what is added while it is walked.
  for (const name of downstream) for (const receiver of after.receivers(name)) downstream.add(receiver);
  return (block, reports) => {
    const name = block.name.text;
    if (near.has(name) || readsSignals(block)) return true;
    if (reports.some(({ problem: { code } }) => OF_ALL_NAMES.has(code))) return true;
    if (!downstream.has(name)) return false;
    // Further down a chain, most blocks are reached as before, and find upstream what they read.
    return isUnreachable(block, before) !== isUnreachable(block, after) || !readsUpstreamOnly(block, after);
  };
}

function readsSignals({ expressions }: Block): boolean {
  return expressions.some(
    ({ expression: { refs, accesses } }) =>
      refs.length > 0 || accesses.some(({ root }) => root === 'signals'),
  );
}

function readsUpstreamOnly(block: Block, graph: FlowGraph): boolean {
  return block.expressions.every(({ expression }) =>
    expression.accesses.every(({ root, key }) => root !== 'outputs' || graph.hasUpstream(block, key)),
  );
}

function checkLink({ block, output }: Link, graph: FlowGraph): Problem | undefined {
  const sender = graph.named(block.text)?.block;
  if (!sender) return missing('link-block', block.text, block.span, graph);
  const shape = shapeOf(sender);
  if (!shape || shape.open) return undefined;
  const known = [...shape.outputs.keys(), ...sender.dynamicOutputKeys, ...sender.outputs.keys()];
  if (known.includes(output.text)) return undefined;
  const near = nearest(output.text, known);
  // Blocks that are synchronised may make outputs at run time (app-anthropic's agent does).
  if (shape.openOutputs && near === undefined) return undefined;
  return {
    code: 'link-output',
    message: `"${block.text}" has no output \`${output.text}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'}`,
    severity: 'error',
    span: output.span,
    data: { name: output.text, ...(known.length > 0 && { near: near ?? known[0]! }) },
  };
}

function missing(
  code: 'link-block' | 'error-handler' | 'unknown-group',
  name: string,
  span: Problem['span'],
  graph: FlowGraph,
): Problem {
  const near = nearest(
    name,
    graph.blocks.map(({ block }) => block.name.text),
  );
  return {
    code,
    message: `There is no block "${name}" in this flow.${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    severity: 'error',
    span,
    data: near === undefined ? { name } : { name, near },
  };
}

/** It is fed by a loop alone. A block without links is none: it is started by hand, with a debug event. */
function isUnreachable(block: Block, graph: FlowGraph): boolean {
  if (reached(graph).has(block.name.text)) return false;
  return isUpstreamKnown(block, graph) && graph.incoming(block).length > 0;
}

const reachedIn = new WeakMap<FlowGraph, ReadonlySet<string>>();

/** Names of the blocks that start by themselves, and of all downstream of them. */
function reached(graph: FlowGraph): ReadonlySet<string> {
  return downstreamOf(graph, reachedIn, startsByItself);
}

const obscured = new WeakMap<FlowGraph, ReadonlySet<string>>();

/**
 * Whether the links tell all ancestors: not in a partial copy, and not where events pass a group or a core block that is
 * not known, because how those hand them on is not documented.
 */
function isUpstreamKnown(block: Block, graph: FlowGraph): boolean {
  const opaque = ({ type, group, name }: Block): boolean => {
    if (graph.isCut(name.text)) return true;
    if (type?.kind === 'core' && (type.name.text === 'group' || !coreBlock(type.name.text))) return true;
    const holder = group && graph.named(group.text)?.block;
    return holder !== undefined && (holder.inputs.size > 0 || holder.outputs.size > 0);
  };
  return !downstreamOf(graph, obscured, opaque).has(block.name.text);
}

/** Names of the blocks that hold, and of all downstream of them: one walk for all blocks, since chains may be long. */
function downstreamOf(
  graph: FlowGraph,
  known: WeakMap<FlowGraph, ReadonlySet<string>>,
  holds: (block: Block) => boolean,
): ReadonlySet<string> {
  let names = known.get(graph);
  if (!names) {
    const found = new Set<string>();
    for (const { block } of graph.blocks) if (holds(block)) found.add(block.name.text);
    // A set goes on to what is added while it is walked.
    for (const name of found) for (const receiver of graph.receivers(name)) found.add(receiver);
    known.set(graph, (names = found));
  }
  return names;
}

function startsByItself(block: Block): boolean {
  if (block.inputs.size === 0 || isEntry(block)) return true;
  for (const { links } of block.inputs.values()) if (links.length === 0) return true;
  return false;
}

/** Which names exist depends on the place: flows-platform §3.2. */
export function checkReads(
  value: ExpressionValue,
  block: Block,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Problem[] {
  const { expression, scalar, path } = value;
  if (expression.syntaxError && !expression.syntaxError.lenient) return [];
  const problems: Problem[] = [];
  const isStatic = path.startsWith('config.');
  for (const { root, span } of isStatic ? expression.roots : []) {
    if (root !== 'outputs' && root !== 'previous') continue;
    problems.push({
      code: 'unavailable-name',
      message: `\`${root}\` does not exist here: \`config\` is evaluated once, not per event. Read it in an input's \`config\`.`,
      severity: 'warning',
      span: scalar.spanToSource(span),
    });
  }
  for (const { root, key, span, form } of expression.accesses) {
    if (key === '' || form === 'in') continue;
    const place = scalar.spanToSource(span);
    if (root === 'outputs' && !isStatic) {
      const problem = checkOutput(key, block, graph, path);
      if (problem) problems.push({ ...problem, span: place });
    } else if (root === 'signals') {
      const problem = checkSignalOwner(key, graph, installations);
      if (problem) problems.push({ ...problem, span: place });
    }
  }
  for (const { text, span } of expression.refs) {
    const problem = checkRef(text, graph, installations);
    if (!problem) continue;
    // Escapes in the literal hide where its parts stand.
    const part = expression.text.slice(span.start, span.end) === text ? problem.part : undefined;
    const start = span.start + (part ? part.start : 0);
    const end = part ? span.start + part.end : span.end;
    // A near name replaces the part, not the whole literal.
    const { data, ...rest } = problem.problem;
    problems.push({ ...rest, span: scalar.spanToSource({ start, end }), ...(part && data && { data }) });
  }
  return problems;
}

function checkOutput(
  key: string,
  block: Block,
  graph: FlowGraph,
  path: string,
): Omit<Problem, 'span'> | undefined {
  if (graph.hasUpstream(block, key)) return undefined;
  // Whether a block sees its own output while customising it is not documented: not called a mistake.
  if (key === block.key && path.startsWith('outputs.')) return undefined;
  if (!isUpstreamKnown(block, graph)) return undefined;
  const upstream = new Set([...graph.upstream(block)].map(({ block: ancestor }) => ancestor.key));
  const elsewhere = graph.blocks.find(({ block: other }) => other.key === key);
  const near = nearest(key, upstream);
  return {
    code: 'unknown-output',
    message: elsewhere
      ? `"${elsewhere.block.name.text}" is not upstream of "${block.name.text}": \`outputs\` holds the blocks that an event has passed.`
      : `No block upstream is called \`${key}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : upstream.size > 0 ? `Upstream: ${[...upstream].slice(0, 8).join(', ')}${upstream.size > 8 ? ', …' : ''}.` : 'Nothing is linked to this block.'}`,
    severity: 'warning',
    data: near === undefined ? { name: key } : { name: key, near },
  };
}

interface Owners {
  readonly installations: ReadonlyMap<string, AppInstallation>;
  /** Names of the blocks of a key; none for a key that is an installation's only. */
  readonly blocks: ReadonlyMap<string, readonly string[]>;
  /** Keys that may mean an installation. */
  readonly installationKeys: ReadonlySet<string>;
}

const ownersOfGraph = new WeakMap<FlowGraph, Owners>();

/** Owners of signals: blocks by their key, installations by the key of their name (flows-platform §3.2). */
function signalOwners(graph: FlowGraph, installations: ReadonlyMap<string, AppInstallation>): Owners {
  const known = ownersOfGraph.get(graph);
  if (known?.installations === installations) return known;
  const blocks = new Map<string, string[]>();
  for (const { block } of graph.blocks) {
    const same = blocks.get(block.key);
    if (same) same.push(block.name.text);
    else blocks.set(block.key, [block.name.text]);
  }
  const installationKeys = new Set<string>();
  for (const [key, { appName }] of installations) {
    if (appName !== undefined) installationKeys.add(blockKey(appName));
    installationKeys.add(blockKey(key)).add(key);
  }
  const owners: Owners = { installations, blocks, installationKeys };
  ownersOfGraph.set(graph, owners);
  return owners;
}

function checkSignalOwner(
  key: string,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Omit<Problem, 'span'> | undefined {
  const { blocks, installationKeys } = signalOwners(graph, installations);
  if (blocks.has(key) || installationKeys.has(key)) return undefined;
  // An installation's own name is not in the file, so only what looks mistyped is reported.
  const near = nearest(key, [...blocks.keys(), ...installationKeys]);
  if (near === undefined || !isTypo(key, near)) return undefined;
  return {
    code: 'unknown-signal',
    message: `No block or installation of this flow is called \`${key}\`. Did you mean \`${near}\`?`,
    severity: 'warning',
    data: { name: key, near },
  };
}

/** Not `slackProd` for `slack` or `env2` for `env1`: those are names of further installations or copies. */
function isTypo(name: string, near: string): boolean {
  const [a, b] = [name.toLowerCase(), near.toLowerCase()];
  const bare = (text: string): string => text.replace(/\d+/g, '');
  return a === b || !(a.includes(b) || b.includes(a) || bare(a) === bare(b));
}

interface RefProblem {
  readonly problem: Omit<Problem, 'span'>;
  /** The part of the literal that is wrong; undefined: all of it. */
  readonly part?: Span;
}

function checkRef(
  text: string,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): RefProblem | undefined {
  const parts = refParts(text);
  if (!parts) return undefined;
  const { owner, signal } = parts;
  const start = 'signal.'.length;
  const unknown = checkSignalOwner(owner, graph, installations);
  if (unknown) return { problem: unknown, part: { start, end: start + owner.length } };
  const { blocks, installationKeys } = signalOwners(graph, installations);
  if (installationKeys.has(owner)) return undefined;
  const named = (blocks.get(owner) ?? []).flatMap((name) => graph.named(name)?.block ?? []);
  if (named.length === 0) return undefined;
  const shapes = named.map(shapeOf);
  // One block of the key that has the signal, or that may have it, is enough.
  if (shapes.some((shape) => !shape || shape.open || shape.openSignals || shape.signals.has(signal)))
    return undefined;
  const known = [...new Set(shapes.flatMap((shape) => [...(shape?.signals.keys() ?? [])]))];
  const near = nearest(signal, known);
  return {
    problem: {
      code: 'unknown-signal',
      message: `"${named[0]!.name.text}" has no signal \`${signal}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'}`,
      severity: 'warning',
      data: near === undefined ? { name: signal } : { name: signal, near },
    },
    part: { start: text.length - signal.length, end: text.length },
  };
}
