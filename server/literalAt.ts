/** Answers flows/literalAt: how a hard-coded token becomes a reference to a secret. Its value is in no answer. */
import type { Connection } from 'vscode-languageserver/node';
import { secretKeyProblem } from '../flow/keys.js';
import { LiteralAtRequest, type LiteralAtParams, type LiteralAtResult } from '../flow/protocol.js';
import { contains, type Range, type Span } from '../flow/text.js';
import { tokensIn, tokensInTerraform, type TokenLiteral } from '../flow/tokens/literals.js';
import { moveToSecret } from '../flow/tokens/move.js';
import type { Features } from './server.js';
import { rangeIn } from './subject.js';

export function literalAt(features: Features, params: LiteralAtParams): LiteralAtResult | null {
  const { documents, projects, terraform } = features;
  const document = documents.get(params.uri);
  if (document?.kind === 'flow') {
    const { flow } = document;
    const { segment, offset } = flow.at(flow.offsetAt(params.position));
    const found = segment && tokensIn(segment).find(({ span }) => contains(span, offset));
    return found
      ? answer(features, params, document.version, found, segment.text, (span) => flow.range(segment, span))
      : null;
  }
  if (document?.kind !== 'terraform') return null;
  const { text } = document;
  const offset = text.offsetAt(params.position);
  const found = tokensInTerraform(terraform.read(document)).find(({ span }) => contains(span, offset));
  return found
    ? answer({ projects }, params, document.version, found, text.getText(), (span) => rangeIn(text, span))
    : null;
}

function answer(
  { projects }: Pick<Features, 'projects'>,
  { uri, key: wanted }: LiteralAtParams,
  version: number,
  found: TokenLiteral,
  source: string,
  toRange: (span: Span) => Range,
): LiteralAtResult | null {
  const { id, folder, file, knowledge } = projects.of(uri);
  const taken = (key: string): boolean => knowledge.declared.has(key) || knowledge.set?.has(key) === true;
  const key = wanted ?? freeKey(found.token.key, taken);
  if (secretKeyProblem(key) !== undefined) return null;
  const move = moveToSecret(found, source, key);
  if (!move) return null;
  return {
    project: { id, folder, ...(file !== undefined && { file }) },
    version,
    key,
    name: found.token.name,
    literal: toRange(move.literal),
    layers: move.layers,
    edit: { range: toRange(move.span), newText: move.text },
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
