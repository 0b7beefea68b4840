/** The Terraform files of a project, open ones as they are typed and others as the index has read them. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isTerraformName } from '../../flow/files.js';
import { variablesIn } from '../../flow/hcl/variable.js';
import type { HclExpression, TerraformFile } from '../../flow/hcl/terraform.js';
import { contains, type Position, type Range, type Span } from '../../flow/text.js';
import type { OpenDocument, OpenText } from '../documents.js';
import { pathOf, type ProjectState } from '../projects.js';
import type { Features } from '../server.js';
import type { DeclaredKey, TerraformKeys } from './terraform.js';

export interface KnownTerraform extends TerraformKeys {
  readonly uri: string;
}

/** Every file that has to do with flows. */
export function* terraformFiles({
  documents,
  index,
  terraform,
}: Pick<Features, 'documents' | 'index' | 'terraform'>): Generator<KnownTerraform> {
  for (const document of documents.present()) {
    if (document.kind === 'terraform') yield { uri: document.uri, ...terraform.keysOfOpen(document) };
  }
  for (const { uri, keys, declares, definitions = [] } of index.files()) {
    // What is typed in the editor is newer than the disk.
    if (declares && !documents.get(uri)) yield { uri, keys, declares, definitions };
  }
}

export function* terraformOf(features: Features, { folder }: ProjectState): Generator<KnownTerraform> {
  for (const file of terraformFiles(features))
    if (features.projects.of(file.uri).folder === folder) yield file;
}

/** The resource that makes a key, in the first file that has one. */
export function terraformDeclaration(
  features: Features,
  project: ProjectState,
  key: string,
): (DeclaredKey & { readonly uri: string }) | undefined {
  for (const { uri, declares } of terraformOf(features, project)) {
    const declared = declares.keys.get(key);
    if (declared) return { uri, ...declared };
  }
  return undefined;
}

/** Where the Terraform files of a project read a key, and the resources that make it. */
export function terraformPlaces(
  features: Features,
  project: ProjectState,
  key: string,
  includeDeclaration: boolean,
): { uri: string; range: Range }[] {
  return [...terraformOf(features, project)].flatMap(({ uri, keys, declares }) => {
    const declared = includeDeclaration ? declares.keys.get(key) : undefined;
    return [...(declared ? [declared.range] : []), ...(keys.get(key) ?? [])].map((range) => ({ uri, range }));
  });
}

/** A file with its text, as open in the editor, else from disk. */
export function openTerraform(
  { documents, terraform }: Features,
  uri: string,
): { file: TerraformFile; text: TextDocument; version: number | null } | undefined {
  const open = documents.get(uri);
  if (open)
    return open.kind === 'terraform'
      ? { file: terraform.read(open), text: open.text, version: open.version }
      : undefined;
  const file = pathOf(uri);
  if (file === undefined) return undefined;
  try {
    const source = fs.readFileSync(file, 'utf8');
    const read = terraform.readText(source);
    return read && { file: read, text: TextDocument.create(uri, 'terraform', 0, source), version: null };
  } catch {
    return undefined;
  }
}

/** Names of the variables of the module that a file is part of: all files of its folder. */
export function moduleVariables({ documents }: Features, { uri, text }: OpenText): ReadonlySet<string> {
  const names = new Set(variablesIn(text.getText()));
  const file = pathOf(uri);
  if (file === undefined) return names;
  const folder = path.dirname(file);
  for (const name of namesIn(folder)) {
    const other = path.join(folder, name);
    const open = documents.get(pathToFileURL(other).href);
    const source = open?.kind === 'terraform' ? open.text.getText() : readText(other);
    for (const one of variablesIn(source)) names.add(one);
  }
  return names;
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).filter(isTerraformName);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function asTerraform(document: OpenDocument | undefined): OpenText | undefined {
  return document?.kind === 'terraform' ? document : undefined;
}

/** JavaScript under the cursor, with the cursor's place in its text. Inside an interpolation there is none. */
export function expressionAt(
  file: TerraformFile,
  text: TextDocument,
  position: Position,
): { value: HclExpression; offset: number } | undefined {
  const at = text.offsetAt(position);
  const value = file.expressions.find(({ span }) => span.start < at && at <= span.end);
  if (!value || value.scalar.isInHole(at)) return undefined;
  return { value, offset: value.scalar.toValue(at) };
}

/** The secret key under the cursor: read by an expression, or made by a resource. */
export function keyAt(
  file: TerraformFile,
  text: TextDocument,
  position: Position,
): { key: string; span: Span } | undefined {
  const at = text.offsetAt(position);
  for (const { expression, scalar, span } of file.expressions) {
    if (!contains(span, at)) continue;
    for (const access of expression.accesses) {
      const place = scalar.spanToSource(access.span);
      if (access.root === 'secrets' && access.key !== '' && contains(place, at))
        return { key: access.key, span: place };
    }
  }
  return file.secrets.find(({ span }) => contains(span, at));
}
