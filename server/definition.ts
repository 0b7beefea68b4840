/** textDocument/definition: from a name to what it names. */
import type { DefinitionParams, Location, LocationLink } from 'vscode-languageserver/node';
import type { FlowDocument } from '../flow/document.js';
import { graphOf } from '../flow/graph.js';
import type { Features } from './server.js';
import { declarationOf, homeOf, subjectAt, type Declaration, type Subject } from './subject.js';
import { blocksOfKey, type Target } from './targets.js';
import { definitionLink } from './terraform/definitions.js';
import { asTerraform } from './terraform/files.js';
import { unquoted } from './tree.js';

export function definition(features: Features, params: DefinitionParams): LocationLink[] | Location[] | null {
  const { uri } = params.textDocument;
  const document = asTerraform(features.documents.get(uri));
  const link = document && definitionLink(features, document, params.position);
  const linked = features.client.textDocument?.definition?.linkSupport === true;
  if (link) return linked ? [link] : [{ uri: link.targetUri, range: link.targetRange }];
  const subject = subjectAt(features, params);
  if (!subject) return null;
  const output = outputEntry(uri, subject);
  const found = output
    ? [output]
    : withNearMisses(subject).flatMap(
        (target) => declarationOf(features, uri, target, homeOf(features, uri, subject)) ?? [],
      );
  if (!linked) return found.map((one): Location => ({ uri: one.uri, range: one.nameRange }));
  return found.map((one): LocationLink => ({
    originSelectionRange: subject.range,
    targetUri: one.uri,
    targetRange: one.range,
    targetSelectionRange: one.nameRange,
  }));
}

/** `outputs.<key>` of a block that is not upstream is a mistake, but the way to that block still helps to mend it. */
function withNearMisses({ targets, at }: Subject): readonly Target[] {
  if (targets.length > 0 || at?.mention.kind !== 'read') return targets;
  return blocksOfKey(at.flow, at.mention.text).map((placed): Target => ({ kind: 'block', placed }));
}

/** The sender's own entry for the output that a link names, where it has one. */
function outputEntry(uri: string, { at }: Subject): Declaration | undefined {
  if (at?.mention.kind !== 'output') return undefined;
  return entryOf(uri, at.flow, at.mention.link.block.text, at.mention.text);
}

function entryOf(uri: string, flow: FlowDocument, sender: string, output: string): Declaration | undefined {
  const placed = graphOf(flow).named(sender);
  const entry = placed?.block.outputs.get(output);
  if (!placed || !entry) return undefined;
  const { segment } = placed;
  const nameRange = flow.range(segment, unquoted(segment.text, entry.key.span));
  const end = entry.customization?.span.end ?? entry.key.span.end;
  return { uri, nameRange, range: flow.range(segment, { start: entry.key.span.start, end }) };
}
