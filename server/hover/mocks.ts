/** Hover in a mocks file: what a key is for, the block that is mocked, its outputs. */
import { MOCK_KEYS, MOCKS_FILE_KEYS, RECORDED_KEYS } from '../../flow/mocksFile.js';
import { contains, type Position } from '../../flow/text.js';
import type { OpenFlow } from '../documents.js';
import { mockedBlock } from '../mocks.js';
import type { Features } from '../server.js';
import { pathAt } from '../tree.js';
import type { Card } from './card.js';
import { blockLines, outputLines } from './flow.js';
import { shapeOf } from '../../flow/catalog.js';

export function hoverMocks(
  features: Features,
  { uri, flow: mocks }: OpenFlow,
  position: Position,
): Card | undefined {
  const { segment, offset } = mocks.at(mocks.offsetAt(position));
  const entries = pathAt(segment, offset).flatMap(({ entry }) => (entry ? [entry] : []));
  const last = entries.at(-1);
  if (!last || !contains(last.keySpan, offset)) return undefined;
  const [root, name, key, below, ...inside] = entries.map((entry) => entry.key);
  const card = (lines: readonly string[]): Card => ({ segment, span: last.keySpan, lines });
  const known = (keys: Readonly<Record<string, string>>): Card | undefined =>
    Object.hasOwn(keys, last.key) ? card([`**${last.key}** — ${keys[last.key]!}`]) : undefined;
  if (name === undefined) return known(MOCKS_FILE_KEYS);
  const mocked = root === 'blocks' ? mockedBlock(features, uri, name) : undefined;
  if (root !== 'blocks') return undefined;
  if (key === undefined) return mocked && card(blockLines(mocked.home.flow, mocked.placed.block));
  if (below === undefined) return known(MOCK_KEYS);
  const output =
    key === 'outputs' ? below : key === 'recorded' && below === 'outputs' ? inside[0] : undefined;
  if (output === last.key && mocked) {
    const { block } = mocked.placed;
    return card(outputLines(block, output, shapeOf(block)?.outputs.get(output)));
  }
  return key === 'recorded' && inside.length === 0 ? known(RECORDED_KEYS) : undefined;
}
