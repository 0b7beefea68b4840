/**
 * A mocks file `*.mocks.yaml`: what stands in for blocks that reach out of a flow (client/runner/mocks.ts does what it says).
 * Reading never throws; what cannot be read is left out (rules/mocks.ts names it).
 */
import { flowFileOf, isTestName } from './files.js';
import type { ExpressionValue, MapValue, Name, Value } from './model.js';
import type { Segment } from './segment.js';
import { parseTestFile } from './testing/read.js';
import { entryOf } from './yaml.js';

/** Keys with what they are for: for messages, hover and completion. */
export const MOCKS_FILE_KEYS = {
  blocks: 'what blocks answer, by their names',
  signals: 'signals by owner and name',
} as const;
export const MOCK_KEYS = {
  data: 'the event on the default output',
  outputs: 'events by output; a list of such maps where an output emits more than once',
  error: 'a message with which the block fails',
  delay: 'seconds until it answers',
  recorded: 'answers of a real run; the first one whose `when` fits is taken',
} as const;
export const RECORDED_KEYS = {
  when: 'data of the event that this answers, in part; default: any',
  outputs: 'events by output',
  error: 'a message with which the block failed',
} as const;

/** Names of files in a folder, and their texts; undefined for what is not there. Paths are relative to the mocks file. */
export interface Beside {
  readonly names: () => readonly string[];
  readonly read: (name: string) => string | undefined;
  readonly exists: (path: string) => boolean;
}

/**
 * Paths of the flows that a mocks file of this name is for, relative to its folder: the flow of its name, else those of
 * the tests beside it that name it, else the flow whose name it begins with (`a.down.mocks.yaml` for `a.flow.yaml`).
 */
export function flowsOfMocks(name: string, { names, read, exists }: Beside): readonly string[] {
  const [, stem, ending] = /^(.*)\.mocks\.(ya?ml)$/i.exec(name) ?? [];
  if (stem === undefined || ending === undefined) return [];
  const named = (one: string): string | undefined =>
    [`${one}.flow.${ending}`, `${one}.${ending}`].find(exists);
  const own = named(stem);
  if (own !== undefined) return [own];
  const tests = names().filter(isTestName);
  const tested = tests.flatMap((test): string[] => {
    const text = read(test);
    if (text?.includes(name) !== true) return [];
    const file = parseTestFile(text);
    const uses = [file.setup, ...file.tests.map(({ setup }) => setup)].some(
      ({ mocks }) => mocks && mocks.text.replace(/^\.\//, '') === name,
    );
    const flow = file.flow?.text ?? flowFileOf(test);
    return uses && exists(flow) ? [flow] : [];
  });
  if (tested.length > 0) return [...new Set(tested)];
  for (let at = stem.lastIndexOf('.'); at > 0; at = stem.lastIndexOf('.', at - 1)) {
    const found = named(stem.slice(0, at));
    if (found !== undefined) return [found];
  }
  return [];
}

/** Blocks that evaluate expressions and nothing else, and those that begin a lineage or only pass on. */
const ALWAYS_RUN: Readonly<Record<string, string>> = {
  transform: 'a transform does nothing but evaluate its expressions',
  condition: 'a condition does nothing but evaluate its expressions',
  httpEndpoint: 'a httpEndpoint always runs itself',
  schedule: 'a schedule always runs itself',
  mcpTool: 'a mcpTool always runs itself',
  handleError: 'a handleError always runs itself',
};

/** Why nothing can stand in for a core block of this type; undefined where something can. */
export function alwaysRuns(coreBlock: string): string | undefined {
  return Object.hasOwn(ALWAYS_RUN, coreBlock) ? ALWAYS_RUN[coreBlock] : undefined;
}

/** What stands in for one block. */
export interface MockEntry {
  /** The block's name, as the key. */
  readonly name: Name;
  readonly value: Value;
  /** Every `!expr` in it. */
  readonly expressions: readonly ExpressionValue[];
}

const ofSegment = new WeakMap<Segment, readonly MockEntry[]>();

/** The mocks of a segment, in file order. Cached. */
export function mocksIn(segment: Segment): readonly MockEntry[] {
  let mocks = ofSegment.get(segment);
  if (!mocks) {
    const { root } = segment.tree;
    const blocks = root?.kind === 'map' ? entryOf(root, 'blocks')?.value : undefined;
    mocks = (blocks?.kind === 'map' ? blocks.entries : []).map(({ key, keySpan, value }) => ({
      name: { text: key, span: keySpan },
      value,
      expressions: segment.expressions.filter(
        ({ span }) => value.span.start <= span.start && span.end <= value.span.end,
      ),
    }));
    ofSegment.set(segment, mocks);
  }
  return mocks;
}

/** Keys of outputs that a mock emits on, by hand or recorded. */
export function outputsIn(mock: Value): Name[] {
  if (mock.kind !== 'map') return [];
  const recorded = entryOf(mock, 'recorded')?.value;
  const answers = [mock, ...(recorded?.kind === 'list' ? recorded.items : [])];
  return answers.flatMap((answer) =>
    answer.kind === 'map'
      ? outputMaps(answer).flatMap((map) =>
          map.kind === 'map' ? map.entries.map(({ key, keySpan }) => ({ text: key, span: keySpan })) : [],
        )
      : [],
  );
}

/** The maps that stand in `outputs`; whatever else does, too. */
export function outputMaps(answer: MapValue): readonly Value[] {
  const outputs = entryOf(answer, 'outputs')?.value;
  return outputs?.kind === 'list' ? outputs.items : outputs ? [outputs] : [];
}

/** Values that a run evaluates: in what is written by hand, not in recordings. */
export function evaluatedIn(mock: Value): readonly Value[] {
  if (mock.kind !== 'map') return [];
  const data = entryOf(mock, 'data')?.value;
  return [
    ...(data ? [data] : []),
    ...outputMaps(mock).flatMap((map) => (map.kind === 'map' ? map.entries.map(({ value }) => value) : [])),
  ];
}
