/** Completion in a test file: its keys, blocks, inputs and outputs of its flow, secrets that the flow names, matchers. */
import type { CompletionItem } from 'vscode-languageserver/node';
import { HTTP_METHODS } from '../../flow/catalog.js';
import { FlowDocument } from '../../flow/document.js';
import { secretKeys } from '../../flow/expression.js';
import type { Block } from '../../flow/model.js';
import { placeAt, type Place } from '../../flow/place.js';
import { scalarSource } from '../../flow/quoting.js';
import { outputsOf } from '../../flow/testing/check.js';
import { keysAt } from '../../flow/testing/keys.js';
import type { FlowTestFile } from '../../flow/testing/model.js';
import { parseTestFile } from '../../flow/testing/read.js';
import { contains, type Position } from '../../flow/text.js';
import type { OpenText } from '../documents.js';
import { CompletionItemKind } from '../lsp.js';
import type { Features } from '../server.js';
import { testedFlow } from '../tests.js';
import { written } from './written.js';

type Offer = Pick<CompletionItem, 'label' | 'kind' | 'detail'> & { readonly newText: string };

export function completeTest(
  features: Features,
  { uri, text }: OpenText,
  position: Position,
): CompletionItem[] {
  const content = text.getText();
  const document = new FlowDocument(content, 'project');
  const place = placeAt(document, position);
  if (!place) return [];
  const range = document.range(place.segment, place.span);
  const file = parseTestFile(content);
  const flow = testedFlow(features, uri, file) ?? undefined;
  return offers({ place, file, flow, offset: text.offsetAt(position) }).map(({ newText, ...item }, i) => ({
    ...item,
    sortText: String(i).padStart(4, '0'),
    ...written(place, range, { label: item.label, newText }),
  }));
}

interface Cursor {
  readonly place: Place;
  readonly file: FlowTestFile;
  readonly flow: FlowDocument | undefined;
  readonly offset: number;
}

function offers(cursor: Cursor): Offer[] {
  const { path } = cursor.place;
  const known = keysAt(path);
  if (known) return keys(known, cursor);
  const [root, item, ...inside] = path;
  if (root === 'secrets') return secretOffers(path.slice(1), cursor);
  if (root !== 'tests' || item !== '[]') return [];
  // A list of them and one alone are written alike.
  const [part, ...rest] = inside.filter((key, i) => !(key === '[]' && i === 1));
  switch (part) {
    case 'secrets':
      return secretOffers(rest, cursor);
    case 'send':
      return partOffers(rest, cursor);
    case 'request':
      return requestOffers(rest, cursor);
    case 'expect':
    case 'never':
      return [...partOffers(rest, cursor), ...matcherOffers(rest, cursor)];
    default:
      return [];
  }
}

function keys(names: Readonly<Record<string, string>>, { place }: Cursor): Offer[] {
  if (place.side !== 'key') return [];
  return Object.entries(names)
    .filter(([label]) => !place.siblings.has(label))
    .map(([label, detail]) => ({
      label,
      kind: CompletionItemKind.Property,
      detail,
      newText: `${label}: `,
    }));
}

function values(labels: readonly string[], { place }: Cursor, kind: CompletionItemKind): Offer[] {
  return labels.map((label) => ({ label, kind, newText: scalarSource(label, 'plain', place.flow) }));
}

/** Values of `block`, `input` and `output`. */
function partOffers([key, ...below]: readonly string[], cursor: Cursor): Offer[] {
  if (below.length > 0 || cursor.place.side !== 'value' || !cursor.flow) return [];
  const blocks = cursor.flow.blocks.map(({ block }) => block);
  if (key === 'block')
    return values(blocks.map(({ name }) => name.text).filter(Boolean), cursor, CompletionItemKind.Class);
  const block = blockAt(cursor, blocks);
  if (!block) return [];
  if (key === 'input') return values([...block.inputs.keys()], cursor, CompletionItemKind.Field);
  return key === 'output' ? values(outputsOf(block), cursor, CompletionItemKind.Field) : [];
}

/** The block that the step or expectation at the cursor is about. */
function blockAt({ file, offset }: Cursor, blocks: readonly Block[]): Block | undefined {
  const parts = file.tests.flatMap(({ steps, expect, never }) => [...steps, ...expect, ...never]);
  const part = parts.findLast(({ span }) => contains(span, offset));
  const name = part && 'block' in part ? part.block.text : undefined;
  return blocks.find((block) => block.name.text === name);
}

function requestOffers([key]: readonly string[], cursor: Cursor): Offer[] {
  if (cursor.place.side !== 'value') return [];
  if (key === 'method') return values([...HTTP_METHODS], cursor, CompletionItemKind.EnumMember);
  if (key !== 'path') return [];
  const paths = (cursor.flow?.blocks ?? []).flatMap(({ block: { type, config } }) => {
    if (type?.kind !== 'core' || type.name.text !== 'httpEndpoint') return [];
    const path = config?.entries.find((entry) => entry.key === 'path')?.value;
    return path?.kind === 'constant' && typeof path.value === 'string' ? [path.value] : [];
  });
  return values(paths, cursor, CompletionItemKind.Constant);
}

const MATCHERS: Readonly<Record<string, string>> = {
  '!any': 'whatever is there',
  '!absent': 'nothing is there',
  '!match /^$/': 'text that the regular expression fits',
  '!expr previous': 'JavaScript over the value, `previous`',
};

function matcherOffers([key]: readonly string[], { place }: Cursor): Offer[] {
  if (place.side !== 'value' || !['data', 'failed', 'response'].includes(key ?? '')) return [];
  return Object.entries(MATCHERS).map(([newText, detail]) => ({
    label: newText.split(' ')[0]!,
    kind: CompletionItemKind.Operator,
    detail,
    newText,
  }));
}

function secretOffers([key, ...below]: readonly string[], cursor: Cursor): Offer[] {
  const { place, flow } = cursor;
  if (key === undefined && place.side === 'key') {
    const named = (flow?.segments ?? []).flatMap(({ expressions }) =>
      expressions.flatMap(({ expression }) => secretKeys(expression)),
    );
    return [...new Set(named)]
      .filter((label) => !place.siblings.has(label))
      .sort()
      .map((label) => ({ label, kind: CompletionItemKind.Constant, newText: `${label}: ` }));
  }
  if (key === undefined || below.length > 0 || place.side !== 'value') return [];
  return [
    ...values(['generated', 'none', 'stored'], cursor, CompletionItemKind.EnumMember),
    { label: 'fake', kind: CompletionItemKind.EnumMember, newText: '{ fake: made-up }' },
  ];
}
