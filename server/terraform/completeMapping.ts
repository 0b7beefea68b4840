/** Completion of the keys of `app_installation_mapping`: the installations that the flow's definition lists. */
import type { CompletionItem } from 'vscode-languageserver/node';
import type { Position } from '../../flow/text.js';
import type { OpenText } from '../documents.js';
import { CompletionItemKind } from '../lsp.js';
import type { Features } from '../server.js';
import { rangeIn } from '../subject.js';
import { installationsOf } from './definitions.js';

/** From the mapping's brace to a key that is being typed. While it is, the file is no HCL, so the text itself is looked at. */
const TYPED_KEY = /\bapp_installation_mapping\s*=\s*\{(?:[^{}]*[{,\n])?[ \t]*("?[\w-]*)$/;
/** Longer mappings are nobody's. */
const MAX_MAPPING = 20_000;

export function completeMapping(
  features: Features,
  document: OpenText,
  position: Position,
): CompletionItem[] {
  const { text, uri } = document;
  const at = text.offsetAt(position);
  const before = text.getText().slice(Math.max(0, at - MAX_MAPPING), at);
  const typed = TYPED_KEY.exec(before)?.[1];
  if (typed === undefined) return [];
  const flow = features.terraform.read(document).flows.findLast(({ head }) => head.start < at);
  const known = flow?.definition && installationsOf(features, uri, flow.definition);
  if (!known) return [];
  const given = new Set(
    flow.mapping?.entries.filter(({ span }) => at < span.start || span.end < at).map(({ key }) => key),
  );
  const rest = /^[\w-]*"?/.exec(text.getText().slice(at))![0];
  const range = rangeIn(text, { start: at - typed.length, end: at + rest.length });
  return [...known.keys]
    .filter(([key]) => !given.has(key))
    .map(([key, hasId]) => ({
      label: key,
      kind: CompletionItemKind.Property,
      detail: hasId ? 'has an id in the definition' : 'installation without an id',
      // What must be given comes first.
      sortText: `${hasId ? 1 : 0}${key}`,
      textEdit: { range, newText: /^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key) },
      filterText: typed.startsWith('"') ? `"${key}"` : key,
    }));
}
