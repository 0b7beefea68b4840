/** The flows that Terraform creates: where their definitions are, and which installations they list. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LocationLink } from 'vscode-languageserver/node';
import { FlowDocument } from '../../flow/document.js';
import type { KnownInstallations } from '../../flow/hcl/check.js';
import type { FlowDefinition } from '../../flow/hcl/terraform.js';
import type { AppInstallation } from '../../flow/model.js';
import { contains, type Position } from '../../flow/text.js';
import type { OpenText } from '../documents.js';
import { pathOf } from '../projects.js';
import type { Features } from '../server.js';
import { rangeIn, readFlow } from '../subject.js';

type Installations = ReadonlyMap<string, AppInstallation>;

/** The file of a definition, as a URI; undefined where none can be named. Terraform's own folders count as the file's. */
export function definitionUri(uri: string, definition: FlowDefinition): string | undefined {
  const file = definition.kind === 'inline' ? undefined : pathOf(uri);
  if (file === undefined || definition.kind === 'inline') return undefined;
  return pathToFileURL(path.resolve(path.dirname(file), definition.path)).href;
}

const inline = new WeakMap<FlowDefinition, Installations>();

export function installationsOf(
  features: Features,
  uri: string,
  definition: FlowDefinition,
): KnownInstallations | undefined {
  const found = read(features, uri, definition);
  if (!found) return undefined;
  // A template's placeholders may stand for installations, or for whole entries.
  const written = [...found.values()].filter(({ key }) => !key.text.includes('${'));
  return {
    keys: new Map(written.map(({ key, id }) => [key.text, id !== undefined && id !== ''])),
    complete: definition.kind !== 'template',
  };
}

function read(features: Features, uri: string, definition: FlowDefinition): Installations | undefined {
  if (definition.kind === 'inline') {
    let known = inline.get(definition);
    if (!known) inline.set(definition, (known = new FlowDocument(definition.text.value).installations));
    return known;
  }
  const target = definitionUri(uri, definition);
  if (target === undefined) return undefined;
  return features.documents.flow(target)?.flow.installations ?? onDisk(target);
}

/** By URI: as read from a file with this stamp. */
const files = new Map<
  string,
  { readonly stamp: string; readonly installations: Installations | undefined }
>();

function onDisk(uri: string): Installations | undefined {
  const file = pathOf(uri);
  const stat = file === undefined ? undefined : fs.statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  const stamp = `${stat.mtimeMs} ${stat.size}`;
  let known = files.get(uri);
  if (known?.stamp !== stamp) {
    known = { stamp, installations: readFlow(uri)?.installations };
    files.set(uri, known);
  }
  return known.installations;
}

/** From the path of a definition to its file. */
export function definitionLink(
  { terraform }: Features,
  document: OpenText,
  position: Position,
): LocationLink | undefined {
  const { uri, text } = document;
  const at = text.offsetAt(position);
  for (const { definition } of terraform.read(document).flows) {
    if (!definition || !contains(definition.span, at)) continue;
    const target = definitionUri(uri, definition);
    const file = target === undefined ? undefined : pathOf(target);
    if (target === undefined || file === undefined || !fs.existsSync(file)) continue;
    const start = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    return {
      originSelectionRange: rangeIn(text, definition.span),
      targetUri: target,
      targetRange: start,
      targetSelectionRange: start,
    };
  }
  return undefined;
}
