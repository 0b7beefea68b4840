/** Rules across blocks: names, links, handlers, groups, installations, and what expressions may read where they stand. */
import { isEntry, shapeOf } from '../catalog.js';
import type { PlacedBlock } from '../document.js';
import type { FlowGraph } from '../graph.js';
import { blockKey, nearest } from '../keys.js';
import type { AppInstallation, Block, ExpressionValue, Link } from '../model.js';
import type { Problem } from '../problem.js';

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

function checkLink({ block, output }: Link, graph: FlowGraph): Problem | undefined {
  const sender = graph.named(block.text)?.block;
  if (!sender) return missing('link-block', block.text, block.span, graph);
  const shape = shapeOf(sender);
  if (!shape || shape.open) return undefined;
  const known = [...shape.outputs.keys(), ...sender.dynamicOutputKeys, ...sender.outputs.keys()];
  // Blocks that are synchronised may make outputs at run time (app-anthropic's agent does).
  if (known.includes(output.text) || shape.openSignals) return undefined;
  const near = nearest(output.text, known);
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
  if (startsByItself(block) || graph.isPartial(block)) return false;
  let fed = false;
  for (const { block: ancestor } of graph.upstream(block)) {
    fed = true;
    if (startsByItself(ancestor)) return false;
  }
  return fed;
}

function startsByItself(block: Block): boolean {
  return (
    isEntry(block) ||
    [...block.inputs.values()].some(({ links }) => links.length === 0) ||
    block.inputs.size === 0
  );
}

/** Which names exist depends on the place: flows-platform §3.2. */
function checkReads(
  value: ExpressionValue,
  block: Block,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Problem[] {
  const { expression, scalar, path } = value;
  if (expression.syntaxError && !expression.syntaxError.lenient) return [];
  const problems: Problem[] = [];
  const isStatic = path.startsWith('config.');
  for (const { root, key, span, form } of expression.accesses) {
    if (key === '' || form === 'in') continue;
    const place = scalar.spanToSource(span);
    if (isStatic && (root === 'outputs' || root === 'previous')) {
      problems.push({
        code: 'unavailable-name',
        message: `\`${root}\` does not exist here: \`config\` is evaluated once, not per event. Read it in an input's \`config\`.`,
        severity: 'warning',
        span: place,
      });
    } else if (root === 'outputs') {
      const problem = checkOutput(key, block, graph, path);
      if (problem) problems.push({ ...problem, span: place });
    } else if (root === 'signals') {
      const problem = checkSignalOwner(key, graph, installations);
      if (problem) problems.push({ ...problem, span: place });
    }
  }
  for (const { text, span } of expression.refs) {
    const problem = checkRef(text, graph, installations);
    if (problem) problems.push({ ...problem, span: scalar.spanToSource(span) });
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
  if (graph.isPartial(block)) return undefined;
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

/** Owners of signals: blocks by their key, installations by the key of their name (flows-platform §3.2). */
function signalOwners(
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Map<string, Block | undefined> {
  const owners = new Map<string, Block | undefined>();
  for (const { block } of graph.blocks) if (!owners.has(block.key)) owners.set(block.key, block);
  for (const [key, { appName }] of installations) {
    owners.set(key, undefined);
    owners.set(blockKey(key), undefined);
    if (appName !== undefined) owners.set(blockKey(appName), undefined);
  }
  return owners;
}

function checkSignalOwner(
  key: string,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Omit<Problem, 'span'> | undefined {
  const owners = signalOwners(graph, installations);
  if (owners.has(key)) return undefined;
  const near = nearest(key, owners.keys());
  // An installation's own name is not in the file: without a near miss the name may be one.
  if (near === undefined) return undefined;
  return {
    code: 'unknown-signal',
    message: `No block or installation of this flow is called \`${key}\`. Did you mean \`${near}\`?`,
    severity: 'warning',
    data: { name: key, near },
  };
}

function checkRef(
  text: string,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): Omit<Problem, 'span'> | undefined {
  const [kind, owner, signal, ...rest] = text.split('.');
  if (kind !== 'signal' || !owner || !signal || rest.length > 0) {
    return {
      code: 'unknown-signal',
      message: '`ref` reads a signal by a text of three parts: "signal.<block or installation>.<signal>".',
      severity: 'warning',
    };
  }
  const unknown = checkSignalOwner(owner, graph, installations);
  if (unknown) return { ...unknown, data: {} };
  const block = signalOwners(graph, installations).get(owner);
  const shape = block && shapeOf(block);
  if (!shape || shape.open || shape.openSignals || shape.signals.has(signal)) return undefined;
  const near = nearest(signal, shape.signals.keys());
  return {
    code: 'unknown-signal',
    message: `"${block.name.text}" has no signal \`${signal}\`. ${near !== undefined ? `Did you mean \`${near}\`?` : shape.signals.size > 0 ? `It has: ${[...shape.signals.keys()].join(', ')}.` : 'It has none.'}`,
    severity: 'warning',
  };
}
