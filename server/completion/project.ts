/** Completion in a project file: its keys, secrets that flows name and nobody has declared, rules and their severities. */
import type { CompletionItem } from 'vscode-languageserver/node';
import { CODES } from '../../flow/codes.js';
import { FlowDocument } from '../../flow/document.js';
import { placeAt, type Place } from '../../flow/place.js';
import { PROJECT_FIELDS, PROJECT_KEYS } from '../../flow/project.js';
import { RULE_SEVERITIES } from '../../flow/rules/settings.js';
import type { Position } from '../../flow/text.js';
import { CompletionItemKind } from '../lsp.js';
import type { Features } from '../server.js';
import { projectUsage } from '../usage.js';
import { written } from './written.js';

export function completeProject(
  features: Features,
  uri: string,
  text: string,
  position: Position,
): CompletionItem[] {
  const document = new FlowDocument(text, 'project');
  const place = placeAt(document, position);
  if (!place) return [];
  const range = document.range(place.segment, place.span);
  return offers(features, uri, place).map(({ newText, ...item }, i) => ({
    ...item,
    sortText: String(i).padStart(4, '0'),
    ...written(place, range, { label: item.label, newText }),
  }));
}

type Offer = Pick<CompletionItem, 'label' | 'kind' | 'detail'> & { readonly newText: string };

function offers(features: Features, uri: string, { path, side, siblings }: Place): Offer[] {
  const [root, key, field] = path;
  const keys = (names: Readonly<Record<string, string>>): Offer[] =>
    Object.entries(names)
      .filter(([label]) => !siblings.has(label))
      .map(([label, detail]) => ({
        label,
        kind: CompletionItemKind.Property,
        detail,
        newText: `${label}: `,
      }));
  if (root === undefined) return side === 'key' ? keys(PROJECT_KEYS) : [];
  if (root === 'secrets') {
    if (key === undefined) return side === 'key' ? undeclared(features, uri, siblings) : [];
    if (field === undefined) return side === 'key' ? keys(PROJECT_FIELDS) : [];
    return field === 'sensitive' && side === 'value' ? values(['true', 'false']) : [];
  }
  if (root !== 'rules') return [];
  if (key === undefined && side === 'key')
    return keys(Object.fromEntries(Object.entries(CODES).map(([code, { title }]) => [code, title])));
  return side === 'value' ? values(RULE_SEVERITIES) : [];
}

function values(labels: readonly string[]): Offer[] {
  return labels.map((label) => ({ label, kind: CompletionItemKind.EnumMember, newText: label }));
}

function undeclared(features: Features, uri: string, siblings: ReadonlySet<string>): Offer[] {
  return [...projectUsage(features, features.projects.of(uri))]
    .filter(([key]) => !siblings.has(key))
    .map(([key, uses]) => ({
      label: key,
      kind: CompletionItemKind.Constant,
      detail: `named ${uses === 1 ? 'once' : `${uses} times`}, not declared`,
      newText: `${key}:`,
    }));
}
