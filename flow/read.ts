/** Values to blocks, installations and notes (flows-platform §1), leniently: what does not fit is left out and reported. */
import { blockKey, nearest } from './keys.js';
import type {
  AppInstallation,
  Block,
  BlockType,
  ConstantValue,
  ExpressionValue,
  Input,
  Json,
  Link,
  MapEntry,
  MapValue,
  Name,
  Note,
  Output,
  Value,
} from './model.js';
import type { Problem } from './problem.js';
import type { Span } from './text.js';
import { entryOf, stringOf } from './yaml.js';

/** Keys of a block, in the order of exports; flows-platform §1.3. */
export const BLOCK_KEYS: readonly string[] = [
  'name',
  'description',
  'alternativeLookupStrategy',
  'type',
  'position',
  'config',
  'inputs',
  'outputs',
  'errorHandler',
  'dynamicOutputKeys',
  'group',
];
const LINK_KEYS: readonly string[] = ['block', 'output'];

/** Reads one item of the root's `blocks`. Expressions are handed in, as the YAML reader has found them in it. */
export function readBlock(value: Value, expressions: readonly ExpressionValue[], problems: Problem[]): Block {
  const map = asMap(value, 'A block', problems);
  const nameEntry = entryOf(map, 'name');
  const name = nameOf(nameEntry?.value) ?? {
    text: '',
    span: { start: value.span.start, end: value.span.start },
  };
  if (map && name.text === '') {
    problems.push({
      code: 'block-name',
      message: 'Every block needs a `name`, unique in the flow: links and expressions find it by that.',
      severity: 'error',
      span: nameEntry?.keySpan ?? headOf(map),
    });
  }
  onlyKeys(map, BLOCK_KEYS, 'a block', problems);
  const type = readType(map, name, problems);
  const position = readPosition(entryOf(map, 'position'), problems);
  const description = plainText(entryOf(map, 'description'), problems)?.text;
  const config = mapOf(entryOf(map, 'config'), problems);
  const errorHandler = plainText(entryOf(map, 'errorHandler'), problems);
  const group = plainText(entryOf(map, 'group'), problems);
  return {
    name,
    key: blockKey(name.text),
    inputs: keyed(entryOf(map, 'inputs'), problems, readInput),
    outputs: keyed(entryOf(map, 'outputs'), problems, readOutput),
    dynamicOutputKeys: readTexts(entryOf(map, 'dynamicOutputKeys'), problems),
    expressions,
    span: value.span,
    ...(description !== undefined && { description }),
    ...(type && { type }),
    ...(position && { position }),
    ...(config && { config }),
    ...(errorHandler && { errorHandler }),
    ...(group && { group }),
  };
}

function readType(map: MapValue | undefined, name: Name, problems: Problem[]): BlockType | undefined {
  const entry = entryOf(map, 'type');
  if (!entry) {
    // Who has not named it yet has just begun it.
    if (map && name.text !== '') {
      problems.push({
        code: 'block-type',
        message: `The block "${name.text}" has no \`type\`: give it \`type: { coreBlock: … }\` or \`type: { appBlock: … }\`.`,
        severity: 'error',
        span: name.span,
      });
    }
    return undefined;
  }
  const type = mapOf(entry, problems);
  if (!type) return undefined;
  const core = entryOf(type, 'coreBlock');
  const app = entryOf(type, 'appBlock');
  if (!core === !app) {
    problems.push({
      code: 'block-type',
      message: core
        ? 'A block is either a `coreBlock` or an `appBlock`, not both.'
        : 'A block type is `coreBlock: <name>` or `appBlock: { block, appInstallation, schema }`.',
      severity: 'error',
      span: entry.keySpan,
    });
    return undefined;
  }
  if (core) {
    const coreName = nameOf(core.value);
    if (!coreName) {
      problems.push({
        code: 'block-type',
        message: 'Name the core block, e.g. `coreBlock: transform`.',
        severity: 'error',
        span: core.keySpan,
      });
      return undefined;
    }
    return { kind: 'core', name: coreName };
  }
  const fields = mapOf(app, problems);
  if (!fields) return undefined;
  const block = nameOf(entryOf(fields, 'block')?.value);
  const installation = nameOf(entryOf(fields, 'appInstallation')?.value);
  if (!block || !installation) {
    problems.push({
      code: 'block-type',
      message: `An app block needs \`${block ? 'appInstallation' : 'block'}\`.`,
      severity: 'error',
      span: app!.keySpan,
    });
    return undefined;
  }
  const schemaEntry = entryOf(fields, 'schema');
  const schema = schemaEntry && readSchema(schemaEntry, problems);
  return { kind: 'app', block, installation, span: app!.value.span, ...(schema && { schema }) };
}

const schemas = new Map<string, { readonly [key: string]: Json } | string>();
const SCHEMA_CACHE_LIMIT = 500;

/** `schema` holds JSON in a string; the same app block has the same text in every flow, so it is parsed once. */
function readSchema(entry: MapEntry, problems: Problem[]): { readonly [key: string]: Json } | undefined {
  const text = stringOf(entry.value);
  if (text === undefined) {
    if (entry.value.kind !== 'constant' || entry.value.value !== null) {
      problems.push({
        code: 'schema-json',
        message: '`schema` is a string that holds JSON.',
        severity: 'warning',
        span: entry.keySpan,
      });
    }
    return undefined;
  }
  let schema = schemas.get(text);
  if (schema === undefined) {
    schema = parseSchema(text);
    if (schemas.size >= SCHEMA_CACHE_LIMIT) schemas.delete(schemas.keys().next().value!);
    schemas.set(text, schema);
  }
  if (typeof schema !== 'string') return schema;
  problems.push({
    code: 'schema-json',
    message: `The JSON in \`schema\` cannot be read: ${schema}`,
    severity: 'warning',
    span: entry.keySpan,
  });
  return undefined;
}

/** The object, or what is wrong with the text. */
function parseSchema(text: string): { readonly [key: string]: Json } | string {
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as { readonly [key: string]: Json };
    return 'it is no object.';
  } catch {
    // The engine's message quotes the text: said in our own words instead.
    return 'it is not valid JSON.';
  }
}

function readInput(entry: MapEntry, problems: Problem[]): Input {
  const map = mapOf(entry, problems);
  const config = mapOf(entryOf(map, 'config'), problems);
  const linksEntry = entryOf(map, 'links');
  const links: Link[] = [];
  if (linksEntry?.value.kind === 'list') {
    for (const item of linksEntry.value.items) {
      const link = readLink(item, problems);
      if (link) links.push(link);
    }
  } else if (linksEntry && !isEmpty(linksEntry.value)) {
    problems.push({
      code: 'shape',
      message: '`links` is a list of `{ block, output }`.',
      severity: 'error',
      span: linksEntry.keySpan,
    });
  }
  return { key: { text: entry.key, span: entry.keySpan }, links, ...(config && { config }) };
}

function readLink(value: Value, problems: Problem[]): Link | undefined {
  const map = asMap(value, 'A link', problems);
  if (!map) return undefined;
  onlyKeys(map, LINK_KEYS, 'a link', problems);
  const block = nameOf(entryOf(map, 'block')?.value);
  const output = nameOf(entryOf(map, 'output')?.value);
  if (!block || !output) {
    problems.push({
      code: 'shape',
      message: `A link needs \`${block ? 'output' : 'block'}\`: it names the sending block and its output.`,
      severity: 'error',
      span: value.span,
    });
    return undefined;
  }
  return { block, output, span: value.span };
}

function readOutput(entry: MapEntry, problems: Problem[]): Output {
  const customization = entryOf(mapOf(entry, problems), 'outputCustomization')?.value;
  return { key: { text: entry.key, span: entry.keySpan }, ...(customization && { customization }) };
}

export function readInstallations(value: Value, problems: Problem[]): Map<string, AppInstallation> {
  const installations = new Map<string, AppInstallation>();
  const map = isEmpty(value) ? undefined : asMap(value, '`appInstallations`', problems);
  for (const entry of map?.entries ?? []) {
    const fields = mapOf(entry, problems);
    const text = (key: string): string | undefined => {
      const field = entryOf(fields, key)?.value;
      return field?.kind === 'constant' && field.value !== null ? String(field.value) : undefined;
    };
    const [appName, appVersion, id] = [text('appName'), text('appVersion'), text('id')];
    installations.set(entry.key, {
      key: { text: entry.key, span: entry.keySpan },
      ...(appName !== undefined && { appName }),
      ...(appVersion !== undefined && { appVersion }),
      ...(id !== undefined && { id }),
    });
  }
  return installations;
}

export function readNotes(value: Value, problems: Problem[]): Note[] {
  if (isEmpty(value)) return [];
  if (value.kind !== 'list') {
    problems.push({
      code: 'shape',
      message: '`notes` is a list of `{ body, position }`.',
      severity: 'error',
      span: value.span,
    });
    return [];
  }
  return value.items.map((item) => {
    const map = asMap(item, 'A note', problems);
    const position = readPosition(entryOf(map, 'position'), problems);
    return { body: plainText(entryOf(map, 'body'), problems)?.text ?? '', ...(position && { position }) };
  });
}

/** Reports keys that nobody reads; `what` is named in the message. */
export function onlyKeys(
  map: MapValue | undefined,
  known: readonly string[],
  what: string,
  problems: Problem[],
): void {
  for (const { key, keySpan } of map?.entries ?? []) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    problems.push({
      code: 'unknown-field',
      message: `\`${key}\` is no key of ${what}. ${near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean \`${near}\`?`}`,
      severity: 'warning',
      span: keySpan,
      data: near === undefined ? { name: key } : { name: key, near },
    });
  }
}

export function isEmpty(value: Value): boolean {
  return value.kind === 'constant' && value.value === null;
}

function readPosition(
  entry: MapEntry | undefined,
  problems: Problem[],
): readonly [number, number] | undefined {
  if (!entry || isEmpty(entry.value)) return undefined;
  const items = entry.value.kind === 'list' ? entry.value.items : [];
  const [x, y] = items.map((item) => (item as Partial<ConstantValue>).value);
  if (items.length === 2 && typeof x === 'number' && typeof y === 'number') return [x, y];
  wrongShape('`position` is a list of two numbers: `[x, y]`.', entry, problems);
  return undefined;
}

function readTexts(entry: MapEntry | undefined, problems: Problem[]): string[] {
  if (!entry || isEmpty(entry.value)) return [];
  const items = entry.value.kind === 'list' ? entry.value.items : undefined;
  const names = items?.map(nameOf);
  if (!names?.every((name) => name !== undefined))
    wrongShape(`\`${entry.key}\` is a list of names.`, entry, problems);
  return (names ?? []).flatMap((name) => name?.text ?? []);
}

/** A constant as it is written; an empty value is none and no problem. */
function plainText(entry: MapEntry | undefined, problems: Problem[]): Name | undefined {
  if (!entry || isEmpty(entry.value)) return undefined;
  const name = nameOf(entry.value);
  if (!name)
    wrongShape(`\`${entry.key}\` is plain text here, not ${KIND_NAMES[entry.value.kind]}.`, entry, problems);
  return name;
}

function wrongShape(message: string, { keySpan }: MapEntry, problems: Problem[]): void {
  problems.push({ code: 'shape', message, severity: 'error', span: keySpan });
}

function keyed<T>(
  entry: MapEntry | undefined,
  problems: Problem[],
  read: (entry: MapEntry, problems: Problem[]) => T,
): ReadonlyMap<string, T> {
  return new Map((mapOf(entry, problems)?.entries ?? []).map((item) => [item.key, read(item, problems)]));
}

/** The map under `entry`; an empty value is no map and no problem. */
export function mapOf(entry: MapEntry | undefined, problems: Problem[]): MapValue | undefined {
  if (!entry || isEmpty(entry.value)) return undefined;
  return asMap(entry.value, `\`${entry.key}\``, problems, entry.keySpan);
}

function asMap(
  value: Value,
  what: string,
  problems: Problem[],
  span: Span = value.span,
): MapValue | undefined {
  if (value.kind === 'map') return value;
  problems.push({
    code: 'shape',
    message: `${what} is a map of keys and values here, not ${KIND_NAMES[value.kind]}.`,
    severity: 'error',
    span,
  });
  return undefined;
}

const KIND_NAMES: Readonly<Record<Value['kind'], string>> = {
  constant: 'a single value',
  expression: 'an expression',
  list: 'a list',
  map: 'a map',
};

/** A constant as a name. Numbers and booleans count as what is written, since YAML reads `name: 1` as a number. */
function nameOf(value: Value | undefined): Name | undefined {
  if (value?.kind !== 'constant' || value.value === null) return undefined;
  return { text: String(value.value), span: value.span };
}

/** Where a problem of a map as a whole is shown: its first key. */
function headOf(map: MapValue): Span {
  return map.entries[0]?.keySpan ?? { start: map.span.start, end: map.span.start };
}
