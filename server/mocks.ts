/** Mocks files beside what they name: the blocks of their flows, as these stand in the editor, else on the disk. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { blockNamed, checkMockNames } from '../flow/checkMocks.js';
import type { PlacedProblem } from '../flow/check.js';
import type { FlowDocument, PlacedBlock } from '../flow/document.js';
import { flowsOfMocks, mocksIn } from '../flow/mocksFile.js';
import type { ExpressionValue } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import { contains, type Position } from '../flow/text.js';
import type { OpenFlow } from './documents.js';
import { inExpression, placeOf, type Mention, type PlacedMention } from './mentions.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';
import type { KnownFlow } from './subject.js';
import { flowAt } from './tests.js';

type Documents = Pick<Features, 'documents'>;

/** The flows that a mocks file is for; none when nobody can look. */
export function flowsBeside(features: Documents, uri: string): KnownFlow[] {
  const file = pathOf(uri);
  if (file === undefined) return [];
  const folder = path.dirname(file);
  const at = (relative: string): string => path.resolve(folder, relative);
  const found = flowsOfMocks(path.basename(file), {
    names: () => attempt(() => fs.readdirSync(folder)) ?? [],
    read: (name) => {
      const open = features.documents.get(pathToFileURL(at(name)).href);
      return open?.kind === 'test' ? open.text.getText() : attempt(() => fs.readFileSync(at(name), 'utf8'));
    },
    exists: (relative) =>
      features.documents.isPresent(pathToFileURL(at(relative)).href) || fs.existsSync(at(relative)),
  });
  return found.flatMap((relative) => {
    const flow = flowAt(features, at(relative));
    const home = pathToFileURL(at(relative)).href;
    return flow ? [{ uri: home, version: features.documents.get(home)?.version ?? null, flow }] : [];
  });
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function mockProblems(features: Documents, { uri, flow }: OpenFlow): PlacedProblem[] {
  return checkMockNames(
    flow,
    flowsBeside(features, uri).map((one) => one.flow),
  );
}

/** A block of a flow that a mock stands in for. */
export interface Mocked {
  readonly home: KnownFlow;
  readonly placed: PlacedBlock;
}

/** The block of a name, in the first flow that has one. */
export function mockedBlock(features: Documents, uri: string, name: string): Mocked | undefined {
  for (const home of flowsBeside(features, uri)) {
    const placed = blockNamed(home.flow, name);
    if (placed) return { home, placed };
  }
  return undefined;
}

/** The block whose mock an expression stands in. */
export function blockOfExpression(
  features: Documents,
  uri: string,
  segment: Segment,
  value: ExpressionValue,
): Mocked | undefined {
  const mock = mocksIn(segment).find(({ expressions }) => expressions.includes(value));
  return mock && mockedBlock(features, uri, mock.name.text);
}

/** Every place of a mocks file that names something of its flow, as if it stood in the block that is mocked. */
export function mentionsOfMocks(mocks: FlowDocument, flow: FlowDocument): PlacedMention[] {
  return mocks.segments.flatMap((segment) =>
    mocksIn(segment).flatMap(({ name, expressions }): PlacedMention[] => {
      const block = blockNamed(flow, name.text)?.block;
      if (!block) return [];
      const mentions: Mention[] = [
        { kind: 'block', role: 'link', block, ...name },
        ...expressions.flatMap((value) => [...inExpression(value, block)]),
      ];
      return mentions.map((mention) => ({ segment, mention }));
    }),
  );
}

/** What of its flow is named under the cursor; secrets are the project's. */
export function mentionInMocks(
  features: Documents,
  { uri, flow: mocks }: OpenFlow,
  position: Position,
): (PlacedMention & { readonly home: KnownFlow }) | undefined {
  const { segment, offset } = mocks.at(mocks.offsetAt(position));
  for (const home of flowsBeside(features, uri)) {
    const found = mentionsOfMocks(mocks, home.flow).find(
      (one) =>
        one.segment === segment &&
        one.mention.kind !== 'secret' &&
        one.mention.kind !== 'previous' &&
        contains(placeOf(segment, one.mention), offset),
    );
    if (found) return { ...found, home };
  }
  return undefined;
}
