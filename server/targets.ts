/**
 * What a mention means, and where else the same is meant: blocks through the graph of the flow (`outputs.<key>` is an
 * ancestor of that key), secret keys by name, signals over the whole file (flows-platform §3.2, §3.3).
 */
import { shapeOf } from '../flow/catalog.js';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import { graphOf } from '../flow/graph.js';
import { blockKey } from '../flow/keys.js';
import type { AppInstallation, Block } from '../flow/model.js';
import { mentionsIn, type CodeMention, type Mention, type PlacedMention } from './mentions.js';

export type Target =
  | { readonly kind: 'block'; readonly placed: PlacedBlock }
  | { readonly kind: 'secret'; readonly key: string }
  | { readonly kind: 'installation'; readonly key: string };

/** Several where the flow does not say which one is meant; none for what does not exist. */
export function targetsOf(flow: FlowDocument, mention: Mention): Target[] {
  switch (mention.kind) {
    case 'block': {
      if (mention.role === 'name') {
        const own = flow.blocks.find(({ block }) => block === mention.block);
        return own ? [toTarget(own)] : [];
      }
      const placed = graphOf(flow).named(mention.text);
      return placed ? [toTarget(placed)] : [];
    }
    case 'output': {
      const placed = graphOf(flow).named(mention.link.block.text);
      return placed ? [toTarget(placed)] : [];
    }
    case 'installation':
      return [{ kind: 'installation', key: mention.text }];
    case 'secret':
      return [{ kind: 'secret', key: mention.text }];
    case 'read':
      return readTargets(flow, mention).map(toTarget);
    case 'signal':
      return signalTargets(flow, mention.text, mention.signal);
    case 'previous':
      return senders(flow, mention).map(toTarget);
  }
}

const toTarget = (placed: PlacedBlock): Target => ({ kind: 'block', placed });

/**
 * The blocks that `outputs.<key>` can mean, nearest first. Where no ancestor has the key, a customisation that reads its
 * own block's key means that block: whether the platform has it there is not known, and nothing else can be meant.
 */
export function readTargets(flow: FlowDocument, { block, text, value }: CodeMention): PlacedBlock[] {
  if (!block) return [];
  const ancestors = graphOf(flow).resolve(block, text);
  if (ancestors.length > 0 || block.key !== text || !value.path.startsWith('outputs.')) return ancestors;
  return flow.blocks.filter((placed) => placed.block === block);
}

/** The direct predecessors on the input that holds the expression; on all inputs in an output customisation. */
function senders(flow: FlowDocument, { block, value }: CodeMention): PlacedBlock[] {
  if (!block) return [];
  const wires = graphOf(flow)
    .incoming(block)
    .filter(({ input }) => !value.path.startsWith('inputs.') || value.path.startsWith(`inputs.${input}.`));
  return [...new Set(wires.map(({ from }) => from))];
}

const byKey = new WeakMap<FlowDocument['blocks'], ReadonlyMap<string, readonly PlacedBlock[]>>();

/** All blocks of a key, in file order. */
export function blocksOfKey(flow: FlowDocument, key: string): readonly PlacedBlock[] {
  let map = byKey.get(flow.blocks);
  if (!map) {
    const grouped = new Map<string, PlacedBlock[]>();
    for (const placed of flow.blocks) {
      const same = grouped.get(placed.block.key);
      if (same) same.push(placed);
      else grouped.set(placed.block.key, [placed]);
    }
    byKey.set(flow.blocks, (map = grouped));
  }
  return map.get(key) ?? [];
}

/** Owners that `signal.<owner>.<signal>` can mean: blocks of that key that can have the signal, and installations. */
export function signalTargets(flow: FlowDocument, owner: string, signal: string | undefined): Target[] {
  const named = blocksOfKey(flow, owner);
  const able = named.filter(({ block }) => canSignal(block, signal));
  const installations = installationsOf(flow, owner);
  return [
    ...(able.length > 0 || installations.length > 0 ? able : named).map(toTarget),
    ...installations.map((key): Target => ({ kind: 'installation', key })),
  ];
}

/** Whether the block can have the signal; `undefined`: any signal. */
export function canSignal(block: Block, signal: string | undefined): boolean {
  if (block.type?.kind === 'core') return false;
  const shape = shapeOf(block);
  if (!shape || shape.openSignals) return true;
  return signal === undefined ? shape.signals.size > 0 : shape.signals.has(signal.split('.', 1)[0]!);
}

/** Keys of the installations whose signals go by `owner`. */
function installationsOf(flow: FlowDocument, owner: string): string[] {
  return [...flow.installations.values()]
    .filter((installation) => ownersOf(installation).has(owner))
    .map(({ key }) => key.text);
}

/** An installation's signals go by its camel-cased name, which the app's stands for here, or by its key. */
function ownersOf({ key, appName }: AppInstallation): ReadonlySet<string> {
  return new Set(appName === undefined ? [key.text] : [key.text, blockKey(appName)]);
}

/** Every place in the flow that can mean the target, in file order; the declaration is one of them. */
export function occurrences(flow: FlowDocument, target: Target): PlacedMention[] {
  const means = meaning(flow, target);
  return flow.segments.flatMap((segment) =>
    mentionsIn(segment)
      .filter(means)
      .map((mention): PlacedMention => ({ segment, mention })),
  );
}

/** Whether a mention in a block of the flow can mean the target. */
export function meaning(flow: FlowDocument, target: Target): (mention: Mention) => boolean {
  switch (target.kind) {
    case 'secret':
      return ({ kind, text }) => kind === 'secret' && text === target.key;
    case 'installation': {
      const installation = flow.installations.get(target.key);
      const owners = installation && ownersOf(installation);
      return ({ kind, text }) =>
        kind === 'installation' ? text === target.key : kind === 'signal' && owners?.has(text) === true;
    }
    case 'block': {
      const { block } = target.placed;
      const graph = graphOf(flow);
      const linked = graph.named(block.name.text)?.block === block;
      // One walk down instead of one walk up per reader.
      const readers = new Set(linked ? [...graph.downstream(block)].map((placed) => placed.block) : []);
      const meant = new Map<string | undefined, boolean>();
      const isMeantBy = (signal: string | undefined): boolean => {
        let is = meant.get(signal);
        if (is === undefined) {
          is = signalTargets(flow, block.key, signal).some(
            (one) => one.kind === 'block' && one.placed.block === block,
          );
          meant.set(signal, is);
        }
        return is;
      };
      return (mention) => {
        switch (mention.kind) {
          case 'block':
            return mention.role === 'name'
              ? mention.block === block
              : linked && mention.text === block.name.text;
          case 'read':
            return (
              mention.text === block.key &&
              mention.block !== undefined &&
              (readers.has(mention.block) ||
                (mention.block === block && readTargets(flow, mention).some((one) => one.block === block)))
            );
          case 'signal':
            return mention.text === block.key && isMeantBy(mention.signal);
          case 'output':
          case 'installation':
          case 'secret':
          case 'previous':
            return false;
        }
      };
    }
  }
}

/** Whether a mention is where the target is declared. */
export function isDeclaration(mention: Mention): boolean {
  return 'role' in mention && (mention.role === 'name' || mention.role === 'entry');
}
