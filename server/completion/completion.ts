/** textDocument/completion: secrets first, since they wait for nothing; then what else an expression or the YAML may hold. */
import type { CompletionItem, CompletionParams } from 'vscode-languageserver/node';
import { appFieldsOf, fieldsElsewhere } from '../appFields.js';
import type { Features } from '../server.js';
import { completeTerraform } from '../terraform/features.js';
import { completeMocks } from './mocks.js';
import { completeProject } from './project.js';
import { completeSecrets } from './secrets.js';
import { completeTest } from './test.js';
import { completeYaml, type Opener } from './yaml.js';

export function openerOf({ context }: CompletionParams): Opener | undefined {
  const typed = context?.triggerCharacter;
  return typed === ' ' || typed === '!' ? typed : undefined;
}

export function complete(features: Features, params: CompletionParams): CompletionItem[] {
  const { uri } = params.textDocument;
  const { position } = params;
  const opener = openerOf(params);
  const document = features.documents.get(uri);
  if (opener && document?.kind !== 'flow') return [];
  if (document?.kind === 'project') return completeProject(features, uri, document.text.getText(), position);
  if (document?.kind === 'test') return completeTest(features, document, position);
  if (document?.kind === 'terraform') return completeTerraform(features, document, position);
  if (document?.kind !== 'flow') return [];
  const { flow } = document;
  const place = flow.typingAt(position);
  if (place) return opener ? [] : (completeSecrets(features, document, place) ?? []);
  if (flow.dialect === 'mocks') return opener ? [] : completeMocks(features, document, position);
  const app = appFieldsOf(uri, flow);
  const known = { app, elsewhere: app ? NONE : fieldsElsewhere(features, uri, flow) };
  return completeYaml(flow, position, known, opener);
}

const NONE: ReadonlyMap<string, string> = new Map();
