/** Answers flows/literalAt: how a literal becomes a reference to a secret. Its text is in no answer. */
import type { Connection } from 'vscode-languageserver/node';
import { secretKeyProblem } from '../flow/keys.js';
import { LiteralAtRequest, type LiteralAtParams, type LiteralAtResult } from '../flow/protocol.js';
import { moveToVariable } from '../flow/hcl/variable.js';
import { valuesInProject } from '../flow/projectValues.js';
import { contains, type Position, type Range, type Span } from '../flow/text.js';
import {
  literalIn,
  literalInTerraform,
  tokensIn,
  tokensInTerraform,
  type TokenLiteral,
} from '../flow/tokens/literals.js';
import { moveToSecret, type Move } from '../flow/tokens/move.js';
import type { OpenDocument, OpenText } from './documents.js';
import type { ProjectState } from './projects.js';
import type { Features } from './server.js';
import { rangeIn } from './subject.js';
import { moduleVariables } from './terraform/files.js';

/** A literal, and the text that its spans are offsets of. */
interface Placed {
  readonly found: TokenLiteral;
  readonly source: string;
  readonly toRange: (span: Span) => Range;
}

export function literalAt(features: Features, params: LiteralAtParams): LiteralAtResult | null {
  const document = features.documents.get(params.uri);
  if (document?.kind === 'project') return declaredValue(features, document, params);
  const exposed = document?.kind === 'terraform' ? exposedValue(features, document, params) : undefined;
  if (exposed !== undefined) return exposed;
  const placed = document && placedLiteral(features, document, params.position);
  return placed ? answer(features.projects.of(params.uri), params, document.version, placed) : null;
}

function placedLiteral(
  { terraform }: Features,
  document: OpenDocument,
  position: Position,
): Placed | undefined {
  if (document.kind === 'flow') {
    const { flow } = document;
    const { segment, offset } = flow.at(flow.offsetAt(position));
    const found = tokensIn(segment).find(({ span }) => contains(span, offset)) ?? literalIn(segment, offset);
    return found && { found, source: segment.text, toRange: (span) => flow.range(segment, span) };
  }
  if (document.kind !== 'terraform') return undefined;
  const { text } = document;
  const offset = text.offsetAt(position);
  const file = terraform.read(document);
  const found =
    tokensInTerraform(file).find(({ span }) => contains(span, offset)) ?? literalInTerraform(file, offset);
  return found && { found, source: text.getText(), toRange: (span) => rangeIn(text, span) };
}

function answer(
  project: ProjectState,
  { key: wanted }: LiteralAtParams,
  version: number,
  { found, source, toRange }: Placed,
): LiteralAtResult | null {
  const { declared, set } = project.knowledge;
  // One that is declared and has no value here may well be meant.
  const taken = (key: string): boolean => set?.has(key) ?? declared.has(key);
  const key = wanted ?? freeKey(found.token.key, taken);
  if (secretKeyProblem(key) !== undefined) return null;
  const move: Move | undefined = moveToSecret(found, source, key);
  if (!move) return null;
  return {
    ...placeOf(project, version, key),
    name: found.token.name,
    literal: toRange(move.literal),
    layers: move.layers,
    edit: { range: toRange(move.span), newText: move.text },
  };
}

/** A value that stands in the project file: nothing takes its place. */
function declaredValue(
  { projects }: Features,
  { text, version }: OpenText,
  { uri, position, key: wanted }: LiteralAtParams,
): LiteralAtResult | null {
  const offset = text.offsetAt(position);
  const found = valuesInProject(text.getText()).find(({ span }) => contains(span, offset));
  if (!found || secretKeyProblem(found.key) !== undefined || (wanted ?? found.key) !== found.key) return null;
  return {
    ...placeOf(projects.of(uri), version, found.key),
    isDeclaration: true,
    name: `value of \`${found.key}\``,
    literal: rangeIn(text, found.span),
    layers: ['yaml'],
    edit: { range: rangeIn(text, found.removal.span), newText: found.removal.text },
  };
}

/** The value of a `flows_secret`: a variable takes its place. Undefined where none stands; null where it has no key. */
function exposedValue(
  features: Features,
  document: OpenText,
  { uri, position, key: wanted }: LiteralAtParams,
): LiteralAtResult | null | undefined {
  const { text, version } = document;
  const offset = text.offsetAt(position);
  const found = features.terraform.read(document).exposed.find(({ span }) => contains(span, offset));
  if (!found) return undefined;
  const { of } = found;
  if (!of || secretKeyProblem(of.key) !== undefined || (wanted ?? of.key) !== of.key) return null;
  const move = moveToVariable(found, of, text.getText(), moduleVariables(features, document));
  return {
    ...placeOf(features.projects.of(uri), version, of.key),
    isDeclaration: true,
    variable: move.variable,
    name: `value of \`${of.key}\``,
    literal: rangeIn(text, move.literal),
    layers: move.layers,
    edit: { range: rangeIn(text, move.span), newText: move.text },
    also: { range: rangeIn(text, move.declaration.span), newText: move.declaration.text },
  };
}

function placeOf(
  { id, folder, file, knowledge }: ProjectState,
  version: number,
  key: string,
): Pick<LiteralAtResult, 'project' | 'version' | 'key' | 'declared'> {
  return {
    project: { id, folder, ...(file !== undefined && { file }) },
    version,
    key,
    declared: knowledge.declared.has(key),
  };
}

/** The key, with a number where it is another secret's already. */
function freeKey(key: string, taken: (key: string) => boolean): string {
  let free = key;
  for (let i = 2; taken(free); i++) free = `${key}_${i}`;
  return free;
}

export function serveLiteralAt(connection: Connection, features: () => Features): void {
  connection.onRequest(LiteralAtRequest, (params: LiteralAtParams) => literalAt(features(), params));
}
