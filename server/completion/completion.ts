/** textDocument/completion: secrets first, since they wait for nothing; then what else an expression or the YAML may hold. */
import type { CompletionItem, CompletionParams } from 'vscode-languageserver/node';
import { appFieldsOf, fieldsElsewhere } from '../appFields.js';
import type { Features } from '../server.js';
import { completeTerraform } from '../terraform/features.js';
import { completeMocks } from './mocks.js';
import { completeProject } from './project.js';
import { completeSecrets } from './secrets.js';
import { completeTest } from './test.js';
import { completeYaml } from './yaml.js';

export function complete(
  features: Features,
  { textDocument: { uri }, position }: CompletionParams,
): CompletionItem[] {
  const document = features.documents.get(uri);
  if (document?.kind === 'project') return completeProject(features, uri, document.text.getText(), position);
  if (document?.kind === 'test') return completeTest(features, document, position);
  if (document?.kind === 'terraform') return completeTerraform(features, document, position);
  if (document?.kind !== 'flow') return [];
  const { flow } = document;
  const place = flow.expressionAt(position);
  if (place) return completeSecrets(features, document, place) ?? [];
  if (flow.dialect === 'mocks') return completeMocks(features, document, position);
  const app = appFieldsOf(uri, flow);
  return completeYaml(flow, position, { app, elsewhere: app ? NONE : fieldsElsewhere(features, uri, flow) });
}

const NONE: ReadonlyMap<string, string> = new Map();
