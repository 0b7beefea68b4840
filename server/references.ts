/** textDocument/references: where a block, secret key or installation is named. */
import type { Location, ReferenceParams } from 'vscode-languageserver/node';
import { placeOf } from './mentions.js';
import type { Features } from './server.js';
import { declarationOf, flowsNaming, subjectAt } from './subject.js';
import { isDeclaration, occurrences, type Target } from './targets.js';
import { terraformPlaces } from './terraform/files.js';

export function references(features: Features, params: ReferenceParams): Location[] | null {
  const { uri } = params.textDocument;
  const subject = subjectAt(features, params);
  if (!subject) return null;
  const found = subject.targets.flatMap((target) =>
    referencesTo(features, uri, target, params.context.includeDeclaration),
  );
  // A name that can mean several blocks is one place all the same.
  return [...new Map(found.map((location) => [JSON.stringify(location), location])).values()];
}

function referencesTo(
  features: Features,
  uri: string,
  target: Target,
  includeDeclaration: boolean,
): Location[] {
  // Blocks and installations belong to their flow, a secret to all flows of its project.
  const open = features.documents.flow(uri);
  const flows =
    target.kind === 'secret'
      ? flowsNaming(features, features.projects.of(uri), target.key)
      : open
        ? [open]
        : [];
  const inFlows = flows.flatMap((document) =>
    occurrences(document.flow, target)
      .filter(({ mention }) => includeDeclaration || !isDeclaration(mention))
      .map(({ segment, mention }): Location => ({
        uri: document.uri,
        range: document.flow.range(segment, placeOf(segment, mention)),
      })),
  );
  if (target.kind !== 'secret') return inFlows;
  const project = features.projects.of(uri);
  const declared = includeDeclaration ? declarationOf(features, uri, target) : undefined;
  return [
    ...(declared ? [{ uri: declared.uri, range: declared.nameRange }] : []),
    ...inFlows,
    ...terraformPlaces(features, project, target.key, includeDeclaration),
  ];
}
