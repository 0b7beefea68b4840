/** textDocument/completion: secrets first, since they wait for nothing; then what else an expression or the YAML may hold. */
import type { CompletionItem, CompletionParams } from 'vscode-languageserver/node';
import type { Features } from '../server.js';
import { completeSecrets } from './secrets.js';
import { completeYaml } from './yaml.js';

export function complete(
  { documents, projects }: Features,
  { textDocument: { uri }, position }: CompletionParams,
): CompletionItem[] {
  const flow = documents.flow(uri)?.flow;
  if (!flow) return [];
  const place = flow.expressionAt(position);
  if (place) return completeSecrets(flow, place, projects.of(uri)) ?? [];
  return completeYaml(flow, position);
}
