/** textDocument/references: where a block, secret key or installation is named. */
import type { Location, ReferenceParams } from 'vscode-languageserver/node';
import type { TestMention } from '../flow/testing/mentions.js';
import { mocksOf, testsNaming, testsWith, type KnownTest } from './companions.js';
import { placeOf } from './mentions.js';
import type { Features } from './server.js';
import { declarationOf, flowsNaming, homeOf, rangeIn, subjectAt, type KnownFlow } from './subject.js';
import { isDeclaration, meaning, occurrences, type Target } from './targets.js';
import { terraformPlaces } from './terraform/files.js';
import { unquoted } from './tree.js';

export function references(features: Features, params: ReferenceParams): Location[] | null {
  const { uri } = params.textDocument;
  const subject = subjectAt(features, params);
  if (!subject) return null;
  const found = subject.targets.flatMap((target) =>
    referencesTo(features, uri, target, {
      includeDeclaration: params.context.includeDeclaration,
      home: homeOf(features, uri, subject),
    }),
  );
  // A name that can mean several blocks is one place all the same.
  return [...new Map(found.map((location) => [JSON.stringify(location), location])).values()];
}

function referencesTo(
  features: Features,
  uri: string,
  target: Target,
  { includeDeclaration, home }: { includeDeclaration: boolean; home: KnownFlow | undefined },
): Location[] {
  // Blocks and installations belong to their flow, a secret to all flows of its project.
  const flows =
    target.kind === 'secret'
      ? flowsNaming(features, features.projects.of(uri), target.key)
      : home
        ? [home]
        : [];
  const inFlows = flows.flatMap((document) =>
    occurrences(document.flow, target)
      .filter(({ mention }) => includeDeclaration || !isDeclaration(mention))
      .map(({ segment, mention }): Location => ({
        uri: document.uri,
        range: document.flow.range(segment, placeOf(segment, mention)),
      })),
  );
  if (target.kind === 'block' && home) return [...inFlows, ...besideFlow(features, home, target)];
  if (target.kind !== 'secret') return inFlows;
  const project = features.projects.of(uri);
  const declared = includeDeclaration ? declarationOf(features, uri, target) : undefined;
  return [
    ...(declared ? [{ uri: declared.uri, range: declared.nameRange }] : []),
    ...inFlows,
    ...[...testsWith(features, target.key)].flatMap((test) =>
      features.projects.of(test.uri).folder === project.folder
        ? placesIn(
            test,
            test.mentions.filter(({ kind, text }) => kind === 'secret' && text === target.key),
          )
        : [],
    ),
    ...terraformPlaces(features, project, target.key, includeDeclaration),
  ];
}

/** Where the tests and mocks of a flow name a block. */
function besideFlow(features: Features, home: KnownFlow, target: Target & { kind: 'block' }): Location[] {
  const means = meaning(home.flow, target);
  const mocks = [...mocksOf(features, home)].flatMap(({ uri, flow, mentions }) =>
    mentions
      .filter(({ mention }) => means(mention))
      .map(({ segment, mention }) => ({ uri, range: flow.range(segment, placeOf(segment, mention)) })),
  );
  const tests = [...testsNaming(features, home, target.placed.block.name.text)];
  return [...mocks, ...tests.flatMap((test) => placesIn(test, test.mentions))];
}

function placesIn({ uri, text }: KnownTest, mentions: readonly TestMention[]): Location[] {
  return mentions.map(({ span }) => ({ uri, range: rangeIn(text, unquoted(text.getText(), span)) }));
}
