/** What `signals` is in a flow: the signals that its blocks declare. All of them are of unknown type. */
import { shapeOf } from '../catalog.js';
import type { PlacedBlock } from '../document.js';
import { blockKey } from '../keys.js';
import type { AppInstallation } from '../model.js';
import type { SignalShape } from '../shape.js';
import { docComment, propertyName } from './schema.js';

export interface SignalOwner {
  /** As expressions name it. */
  readonly key: string;
  /** Names of the blocks. */
  readonly blocks: readonly string[];
  readonly signals: ReadonlyMap<string, SignalShape>;
  /** It may have more signals than these: made at run time, or an installation's of the same key. */
  readonly open: boolean;
}

/**
 * Owners of signals in file order: any block, upstream or not. What app installations offer is not in the file, so an
 * owner that is not here is no mistake.
 */
export function signalOwners(
  blocks: readonly PlacedBlock[],
  installations: ReadonlyMap<string, AppInstallation>,
): ReadonlyMap<string, SignalOwner> {
  const open = new Set(
    [...installations.values()].flatMap(({ key, appName }) => [blockKey(key.text), blockKey(appName ?? '')]),
  );
  const owners = new Map<string, SignalOwner>();
  for (const { block } of blocks) {
    if (block.type?.kind !== 'app') continue;
    const shape = shapeOf(block);
    // Exported blocks that declare no signal are read for some nevertheless (flows-platform §1.6).
    if (!shape || shape.openSignals || shape.signals.size === 0) {
      open.add(block.key);
      continue;
    }
    const known = owners.get(block.key);
    owners.set(block.key, {
      key: block.key,
      blocks: [...(known?.blocks ?? []), block.name.text],
      signals: new Map([...(known?.signals ?? []), ...shape.signals]),
      open: false,
    });
  }
  return new Map([...owners].map(([key, owner]) => [key, { ...owner, open: open.has(key) }]));
}

/** A module that exports `signals`. An unknown signal of an owner whose signals are all known is a type error. */
export function signalsModule(owners: ReadonlyMap<string, SignalOwner>): string {
  const members = [...owners.values()].map(({ key, blocks, signals, open }) => {
    const names = [...signals.values()].map(
      ({ key: name, description }) => `${docComment(description)}readonly ${propertyName(name)}: any;`,
    );
    const more = open ? '\nreadonly [signal: string]: any;' : '';
    return `${docComment(ownerText(blocks))}readonly ${propertyName(key)}: {\n${names.join('\n')}${more} };`;
  });
  return `export declare const signals: {\n${members.join('\n')}\nreadonly [owner: string]: any; };\n`;
}

export function ownerText(blocks: readonly string[]): string {
  return `Signals of ${blocks.length === 1 ? 'block' : 'blocks'} ${blocks.map((name) => `“${name}”`).join(', ')}.`;
}
