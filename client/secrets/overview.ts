/** What is known of each key of a project: declared, with a value here, named where. Pure; views and commands show it. */
import type { SecretDeclaration } from '../../flow/project.js';
import type { KeyUsages } from '../../flow/protocol.js';

export type KeyState =
  /** Named in a flow, but neither declared nor set. */
  | 'undeclared'
  /** No value on this machine. */
  | 'missing'
  /** Has a value here and is not used. */
  | 'unused'
  | 'set';

export interface KeyOverview {
  readonly key: string;
  readonly state: KeyState;
  readonly declared: boolean;
  readonly description?: string;
  readonly sensitive: boolean;
  /** No file names it. Only where all files are known. */
  readonly unused: boolean;
  readonly places: KeyUsages['places'];
}

export interface ProjectKnowledge {
  readonly declared: ReadonlyMap<string, SecretDeclaration>;
  /** The declarations are all there are, so a key beyond them does not exist. */
  readonly complete: boolean;
  /** Keys with a value on this machine. */
  readonly set: readonly string[];
  readonly usages: readonly KeyUsages[];
  /** No file is unread. */
  readonly usagesComplete: boolean;
}

/** All keys by name. */
export function overview({
  declared,
  complete,
  set,
  usages,
  usagesComplete,
}: ProjectKnowledge): KeyOverview[] {
  const places = new Map(usages.map((usage) => [usage.key, usage.places]));
  const here = new Set(set);
  const keys = [...new Set([...declared.keys(), ...here, ...places.keys()])].sort();
  return keys.map((key) => {
    const declaration = declared.get(key);
    const used = places.get(key) ?? [];
    const unused = usagesComplete && used.length === 0;
    const state = (): KeyState => {
      if (!here.has(key)) return declaration || !complete ? 'missing' : 'undeclared';
      return unused ? 'unused' : 'set';
    };
    return {
      key,
      state: state(),
      declared: declaration !== undefined,
      ...(declaration?.description !== undefined && { description: declaration.description }),
      sensitive: declaration?.sensitive ?? true,
      unused,
      places: used,
    };
  });
}

/** Keys without a value on this machine. */
export function missing(keys: readonly KeyOverview[]): KeyOverview[] {
  return keys.filter(({ state }) => state === 'missing' || state === 'undeclared');
}

/** Those of them that a file names: what a run would lack. */
export function lacking(keys: readonly KeyOverview[]): KeyOverview[] {
  return missing(keys).filter(({ places }) => places.length > 0);
}
