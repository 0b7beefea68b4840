/** Keys and values of a flow's YAML: what may stand at a place, from the catalogue, schemas, blocks and installations. */
import type { CompletionItem } from 'vscode-languageserver/node';
import type { AppFields } from '../../flow/appSource.js';
import { CORE_BLOCKS, shapeOf } from '../../flow/catalog.js';
import type { FlowDocument } from '../../flow/document.js';
import type { Block, Json } from '../../flow/model.js';
import { placeAt, type Place } from '../../flow/place.js';
import { BLOCK_KEYS } from '../../flow/read.js';
import { scalarSource } from '../../flow/quoting.js';
import { INSTALLATION_KEYS, ROOT_KEYS } from '../../flow/segment.js';
import { object, typeAt, typeName, type BlockShape, type FieldShape } from '../../flow/shape.js';
import type { Position } from '../../flow/text.js';
import { entryOf } from '../../flow/yaml.js';
import { escapeMarkdown } from '../hover/card.js';
import {
  BLOCK_DETAILS,
  INPUT_DETAILS,
  INSTALLATION_DETAILS,
  OUTPUT_DETAILS,
  ROOT_DETAILS,
} from '../keyDetails.js';
import { CompletionItemKind, InsertTextFormat, MarkupKind } from '../lsp.js';
import { pathAt } from '../tree.js';
import { hasValue, written } from './written.js';

export interface Offer {
  readonly label: string;
  readonly kind: CompletionItemKind;
  readonly detail?: string;
  readonly documentation?: string;
  /** With the places of a snippet where `snippet` is set. */
  readonly insert?: string;
  readonly snippet?: boolean;
  /** Sorted before those with a higher rank. */
  readonly rank?: number;
  /** Opens the list again, for the value of a key just written. */
  readonly goOn?: boolean;
}

/** What is known of the app that an installation config is for. */
export interface KnownApp {
  readonly app: AppFields | undefined;
  /** Fields that other installations of it set, with the URI of a file that does. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

/** Characters that ask only where a value in the YAML begins with them, or behind them: expressions are full of both. */
export type Opener = ' ' | '!';

/** @param opener what was typed, if that made the editor ask */
export function completeYaml(
  flow: FlowDocument,
  position: Position,
  known: KnownApp,
  opener?: Opener,
): CompletionItem[] {
  const place = placeAt(flow, position);
  if (!place) return [];
  const { segment, span } = place;
  if (opener && (place.side === 'key' || segment.text.slice(span.start, span.end) !== opener.trim()))
    return [];
  const range = flow.range(segment, span);
  const offers = offersAt(flow, place, known);
  // Nobody asked: a list without anything of this very field would be in the way of who ends the line here.
  if (opener === ' ' && offers.every(({ kind }) => kind === EXPRESSION.kind)) return [];
  return offers.map(({ label, kind, detail, documentation, insert, snippet, rank, goOn }, i) => ({
    label,
    kind,
    sortText: `${rank ?? 5}${String(i).padStart(4, '0')}`,
    ...written(place, range, { label, newText: insert ?? label, ...(goOn && { goOn }) }),
    ...(snippet && { insertTextFormat: InsertTextFormat.Snippet }),
    ...(detail !== undefined && { detail }),
    ...(documentation !== undefined && {
      documentation: { kind: MarkupKind.Markdown, value: escapeMarkdown(documentation) },
    }),
  }));
}

function offersAt(flow: FlowDocument, place: Place, known: KnownApp): Offer[] {
  if (flow.dialect === 'installation') return installationOffers(place, known);
  const [root, item, ...inside] = place.path;
  if (root === undefined) return place.side === 'key' ? keys(ROOT_KEYS, place, ROOT_DETAILS) : [];
  if (root === 'appInstallations' && inside.length === 0 && item !== undefined && place.side === 'key') {
    return keys(['appName', 'appVersion', 'id'], place);
  }
  if (root !== 'blocks' || item !== '[]') return [];
  const block = blockAt(place);
  // Behind a dash there may be a map's first key as well as a value.
  const maybeValue = place.side === 'key' && place.afterDash;
  const offers = [
    ...(place.side === 'key' ? blockKeys(inside, block, place) : []),
    ...(place.side === 'value' || maybeValue ? blockValues(inside, block, flow, place) : []),
  ];
  return place.side === 'key' && inside.length === 0 && place.siblings.size === 0 && !hasValue(place)
    ? [...newBlocks(place), ...offers]
    : offers;
}

function installationOffers(place: Place, { app, elsewhere }: KnownApp): Offer[] {
  const [root, field, ...inside] = place.path;
  if (root === undefined)
    return place.side === 'key' ? keys(INSTALLATION_KEYS, place, INSTALLATION_DETAILS) : [];
  if (root !== 'config') return [];
  if (field === undefined)
    return place.side === 'key' ? [...fieldKeys(app?.fields, place), ...usedFields(elsewhere, place)] : [];
  const known = app?.fields.get(field);
  return place.side === 'value' ? fieldValues(known, inside, place) : propertyKeys(known, inside, place);
}

function usedFields(elsewhere: ReadonlyMap<string, string>, place: Place): Offer[] {
  return [...elsewhere]
    .filter(([key]) => !place.siblings.has(key))
    .map(([key, uri]) => ({
      label: key,
      kind: CompletionItemKind.Field,
      insert: `${key}: `,
      goOn: true,
      detail: `as in ${decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1))}`,
    }));
}

function blockAt({ segment, span }: Place): Block | undefined {
  return (
    segment.blocks.find(({ block }) => block.span.start <= span.start && span.start <= block.span.end + 1)
      ?.block ?? segment.blocks[0]?.block
  );
}

function blockKeys(path: readonly string[], block: Block | undefined, place: Place): Offer[] {
  const shape = block && shapeOf(block);
  const [first, second, third, fourth] = path;
  switch (first) {
    case undefined:
      return keys(BLOCK_KEYS, place, BLOCK_DETAILS);
    case 'type':
      if (second === undefined) return keys(['coreBlock', 'appBlock'], place);
      return second === 'appBlock' && third === undefined
        ? keys(['block', 'appInstallation', 'schema'], place)
        : [];
    case 'config':
      return second === undefined
        ? fieldKeys(shape?.config, place)
        : propertyKeys(shape?.config.get(second), path.slice(2), place);
    case 'inputs':
      if (second === undefined) return named(shape?.inputs.values(), place, ['default']);
      if (third === undefined) return keys(Object.keys(INPUT_DETAILS), place, INPUT_DETAILS);
      if (third === 'links') return fourth === '[]' ? keys(['block', 'output'], place) : [];
      if (third !== 'config') return [];
      return fourth === undefined
        ? fieldKeys(shape?.inputs.get(second)?.config, place)
        : propertyKeys(shape?.inputs.get(second)?.config.get(fourth), path.slice(4), place);
    case 'outputs':
      if (second === undefined) return named(shape?.outputs.values(), place, ['default']);
      return third === undefined ? keys(Object.keys(OUTPUT_DETAILS), place, OUTPUT_DETAILS) : [];
    default:
      return [];
  }
}

function blockValues(
  path: readonly string[],
  block: Block | undefined,
  flow: FlowDocument,
  place: Place,
): Offer[] {
  const shape = block && shapeOf(block);
  const [first, second, third, fourth] = path;
  switch (first) {
    case 'errorHandler':
    case 'group':
      return blockNames(flow, block);
    case 'type':
      if (second === 'coreBlock') {
        return CORE_BLOCKS.map(({ id, label, description }) => ({
          label: id,
          kind: CompletionItemKind.Class,
          detail: label,
          ...(description !== undefined && { documentation: description }),
        }));
      }
      if (third === 'appInstallation') {
        return [...flow.installations].map(([key, { appName, appVersion }]) => ({
          label: key,
          kind: CompletionItemKind.Module,
          insert: scalar(key),
          detail: [appName, appVersion].filter(Boolean).join(' '),
        }));
      }
      return third === 'block' ? appBlocks(flow, block) : [];
    case 'config':
      return second === undefined ? [] : fieldValues(shape?.config.get(second), path.slice(2), place);
    case 'inputs':
      if (third === 'links') return linkValues(path, flow, block, place);
      return third === 'config' && second !== undefined && fourth !== undefined
        ? fieldValues(shape?.inputs.get(second)?.config.get(fourth), path.slice(4), place)
        : [];
    case 'outputs':
      return third === 'outputCustomization' ? expressions(place) : [];
    default:
      return [];
  }
}

/** `- |` offers a whole link; `block:` the names; `output:` the outputs of the block that the same link names. */
function linkValues(
  path: readonly string[],
  flow: FlowDocument,
  block: Block | undefined,
  place: Place,
): Offer[] {
  const last = path.at(-1);
  if (last === 'block') return blockNames(flow, undefined);
  if (last !== 'output') return [];
  const named = linkedBlock(place);
  const linked =
    named === undefined
      ? [...(block?.inputs.get(path[1] ?? '')?.links ?? [])].map((link) => link.block.text)
      : [named];
  const senders = flow.blocks.filter(({ block: { name } }) => linked.includes(name.text));
  const candidates = senders.length > 0 ? senders : flow.blocks;
  const offers = new Map<string, Offer>();
  for (const { block: sender } of candidates) {
    const shape = shapeOf(sender);
    for (const key of [...(shape?.outputs.keys() ?? []), ...sender.dynamicOutputKeys]) {
      if (!offers.has(key))
        offers.set(key, {
          label: key,
          kind: CompletionItemKind.EnumMember,
          insert: scalar(key),
          detail: `output of ${sender.name.text}`,
          rank: shape?.outputs.get(key)?.isDefault ? 1 : 2,
        });
    }
  }
  return [...offers.values()];
}

/** What the link that the cursor stands in names as its block. */
function linkedBlock({ segment, span }: Place): string | undefined {
  const at = segment.text.slice(0, span.start).trimEnd().length;
  for (const { value } of pathAt(segment, at).reverse()) {
    const entry = value.kind === 'map' ? entryOf(value, 'block') : undefined;
    if (entry) return entry.value.kind === 'constant' ? String(entry.value.value) : undefined;
  }
  return undefined;
}

function blockNames(flow: FlowDocument, except: Block | undefined): Offer[] {
  return flow.blocks
    .filter(({ block }) => block !== except && block.name.text !== '')
    .map(({ block }) => ({
      label: block.name.text,
      kind: CompletionItemKind.Class,
      insert: scalar(block.name.text),
      detail: shapeOf(block)?.label ?? '',
    }));
}

/** Blocks of the same installation that the flow has already: with their schema they can be made again. */
function appBlocks(flow: FlowDocument, block: Block | undefined): Offer[] {
  const wanted = block?.type?.kind === 'app' ? block.type.installation.text : undefined;
  const offers = new Map<string, Offer>();
  for (const { block: other } of flow.blocks) {
    if (other === block || other.type?.kind !== 'app') continue;
    if (wanted !== undefined && other.type.installation.text !== wanted) continue;
    const shape = shapeOf(other);
    offers.set(other.type.block.text, {
      label: other.type.block.text,
      kind: CompletionItemKind.Class,
      detail: shape?.label ?? '',
      ...(shape?.description !== undefined && { documentation: shape.description }),
    });
  }
  return [...offers.values()];
}

const EXPRESSION: Offer = {
  label: '!expr',
  kind: CompletionItemKind.Operator,
  detail: 'JavaScript, evaluated by the platform',
  insert: '!expr ',
  rank: 3,
};

const LINES_OF_EXPRESSION: Offer = {
  label: '!expr |-',
  kind: EXPRESSION.kind,
  detail: 'JavaScript on lines of its own',
  insert: '!expr |-\n  $0',
  snippet: true,
  rank: 4,
};

function expressions(place: Place): Offer[] {
  return place.flow ? [EXPRESSION] : [EXPRESSION, LINES_OF_EXPRESSION];
}

function fieldValues(field: FieldShape | undefined, inside: readonly string[], place: Place): Offer[] {
  const atTop = inside.length === 0;
  const type = field && typeAt(field.type, inside);
  const offers: Offer[] = [];
  const values: readonly Json[] = Array.isArray(type?.enum)
    ? (type.enum as readonly Json[])
    : type?.type === 'boolean'
      ? [true, false]
      : [];
  for (const value of values) {
    offers.push({
      label: typeof value === 'string' ? value : JSON.stringify(value),
      kind: CompletionItemKind.EnumMember,
      insert: scalar(value),
      rank: 1,
      ...(value === field?.default && { detail: 'default' }),
    });
  }
  if (atTop) offers.push(...expressions(place));
  return offers;
}

/** Keys of what is inside a field, as far as its schema says. */
function propertyKeys(field: FieldShape | undefined, inside: readonly string[], place: Place): Offer[] {
  const type = field && typeAt(field.type, inside);
  return Object.entries(object(type?.properties) ?? {}).flatMap(([key, property]): Offer[] => {
    if (place.siblings.has(key)) return [];
    const schema = object(property) ?? {};
    return [
      {
        label: key,
        kind: CompletionItemKind.Field,
        insert: `${scalarSource(key, 'plain', true)}: `,
        detail: typeName(schema),
        ...(typeof schema.description === 'string' && { documentation: schema.description }),
        goOn: true,
      },
    ];
  });
}

function fieldKeys(fields: BlockShape['config'] | undefined, place: Place): Offer[] {
  return [...(fields?.values() ?? [])]
    .filter(({ key }) => !place.siblings.has(key))
    .map((field) => ({
      label: field.key,
      kind: CompletionItemKind.Field,
      insert: `${field.key}: `,
      detail: `${typeName(field.type)}${field.required ? ', required' : ''}`,
      ...(field.description !== undefined && { documentation: field.description }),
      rank: field.required && field.default === undefined ? 1 : 2,
      goOn: true,
    }));
}

function named(
  shapes: Iterable<{ key: string; label?: string; description?: string }> | undefined,
  place: Place,
  fallback: readonly string[],
): Offer[] {
  const known = shapes
    ? [...shapes]
    : fallback.map((key): { key: string; label?: string; description?: string } => ({ key }));
  return known
    .filter(({ key }) => !place.siblings.has(key))
    .map(({ key, label, description }) => ({
      ...mapKey(key, place),
      ...(label !== undefined && { detail: label }),
      ...(description !== undefined && { documentation: description }),
    }));
}

/** Keys whose value is no map or list on the following lines. */
const SCALAR_KEYS = new Set([
  'name',
  'description',
  'errorHandler',
  'group',
  'coreBlock',
  'block',
  'output',
  'appInstallation',
  'schema',
  'appName',
  'appVersion',
  'id',
  'outputCustomization',
  'app',
  'version',
  'registry',
  'source',
]);

function keys(
  names: readonly string[],
  place: Place,
  details: Readonly<Record<string, string>> = {},
): Offer[] {
  return names
    .filter((key) => !place.siblings.has(key))
    .map((key) => ({
      ...(SCALAR_KEYS.has(key) || place.flow
        ? { label: key, kind: CompletionItemKind.Property, insert: `${key}: `, goOn: true }
        : mapKey(key, place)),
      ...(details[key] !== undefined && { detail: details[key] }),
    }));
}

const LIST_KEYS = new Set(['blocks', 'notes', 'links', 'dynamicOutputKeys']);

function mapKey(key: string, place: Place): Offer {
  if (key === 'position')
    return {
      label: key,
      kind: CompletionItemKind.Property,
      insert: 'position: [${1:0}, ${2:0}]',
      snippet: true,
    };
  if (place.flow)
    return { label: key, kind: CompletionItemKind.Property, insert: `${key}: { $0 }`, snippet: true };
  const next = `\n${' '.repeat(2)}`;
  return {
    label: key,
    kind: CompletionItemKind.Property,
    insert: `${key}:${next}${LIST_KEYS.has(key) ? '- ' : ''}`,
    goOn: true,
  };
}

/** A whole new block of each core type. */
function newBlocks(place: Place): Offer[] {
  if (place.flow || !place.afterDash) return [];
  return CORE_BLOCKS.filter(({ snippet }) => snippet.length > 0).map(
    ({ id, label, description, snippet }) => ({
      label: `block: ${label}`,
      kind: CompletionItemKind.Snippet,
      snippet: true,
      insert: [`name: \${10:${label}}`, 'type:', `  coreBlock: ${id}`, ...snippet].join('\n'),
      ...(description !== undefined && { documentation: description }),
      rank: 7,
    }),
  );
}

/** A value as YAML writes it on one line: quoted where it must be. Brackets around it are counted with, since they may be. */
function scalar(value: Json): string {
  return typeof value === 'string' ? scalarSource(value, 'plain', true) : JSON.stringify(value);
}
