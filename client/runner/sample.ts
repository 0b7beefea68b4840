/**
 * Made-up data of a JSON Schema's shape, the same each time, for app blocks that nobody has mocked. Reads the keywords
 * that exported schemas use (flows-platform §1.6), and takes what is malformed for anything.
 */
import type { Json } from '../../flow/model.js';
import type { JsonSchema } from '../../flow/shape.js';

const MAX_DEPTH = 8;

/** @param name of the value, e.g. its property: makes texts tell what they stand for. */
export function sampleOf(schema: Json | undefined, name = 'value', depth = 0): Json {
  if (!isSchema(schema) || depth > MAX_DEPTH) return {};
  const { const: constant, enum: choices, anyOf, oneOf, allOf } = schema;
  if (constant !== undefined) return constant;
  if (schema['default'] !== undefined) return schema['default'];
  if (Array.isArray(choices) && choices.length > 0) return choices[0] as Json;
  for (const options of [anyOf, oneOf]) {
    if (Array.isArray(options) && options.length > 0) return sampleOf(options[0] as Json, name, depth + 1);
  }
  if (Array.isArray(allOf)) {
    const parts = allOf.map((part) => sampleOf(part as Json, name, depth + 1));
    return Object.assign({}, ...parts.filter(isMap)) as Json;
  }
  switch (typeOf(schema)) {
    case 'string':
      return textOf(schema, name);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [sampleOf(schema['items'], singular(name), depth + 1)];
    case 'object':
      return objectOf(schema, depth);
    default:
      return {};
  }
}

function isSchema(schema: Json | undefined): schema is JsonSchema {
  return isMap(schema);
}

function isMap(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first type that is not null; guessed from other keywords where there is none. */
function typeOf(schema: JsonSchema): string | undefined {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if (Array.isArray(type))
    return (type as readonly Json[]).find((one) => typeof one === 'string' && one !== 'null') as
      string | undefined;
  if (isMap(schema['properties'])) return 'object';
  return schema['items'] === undefined ? undefined : 'array';
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00.000Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'sample@example.com',
  uri: 'https://example.com/sample',
  url: 'https://example.com/sample',
  uuid: '00000000-0000-7000-8000-000000000000',
  ipv4: '192.0.2.1',
};

function textOf(schema: JsonSchema, name: string): string {
  const { format } = schema;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format]!;
  if (/(?:url|link|uri)$/i.test(name)) return FORMATS['url']!;
  if (/(?:At|_at|date|timestamp|created|updated)$/.test(name)) return FORMATS['date-time']!;
  return `sample ${name}`;
}

function numberOf({ minimum, maximum }: JsonSchema): number {
  if (typeof minimum === 'number') return minimum;
  return typeof maximum === 'number' && maximum < 1 ? maximum : 1;
}

function objectOf({ properties, additionalProperties }: JsonSchema, depth: number): Json {
  const entries = Object.entries(isMap(properties) ? properties : {});
  if (entries.length === 0 && isMap(additionalProperties))
    return { key: sampleOf(additionalProperties, 'key', depth + 1) };
  return Object.fromEntries(entries.map(([key, schema]) => [key, sampleOf(schema, key, depth + 1)]));
}

function singular(name: string): string {
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}
