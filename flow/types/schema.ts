/**
 * JSON Schema, as apps export it, to the text of a TypeScript type. Lenient to the end: what is missing, malformed or
 * unknown is `any`, so that no report ever rests on it (exports hold `items: { type: { type: string } }`).
 * The known converters give declarations for a build: they are asynchronous, throw on such schemas and bring a formatter
 * of several megabytes, so this one is our own.
 */
import type { Json } from '../model.js';
import { object, type JsonSchema } from '../shape.js';

export interface SchemaOptions {
  /** Objects have more properties than the schema names, unless it says they have not: core blocks are documented in part. */
  readonly open?: boolean;
}

/**
 * Stands behind the brace of an object type that has no properties but those named. Without it an unknown property
 * is only a mistake when it is nearly a known one: JSON Schema leaves objects open.
 */
export const CLOSED = '/*closed*/';

const MAX_DEPTH = 16;
/** Types of one schema: what is beyond them is `any`. The largest one seen in exported flows has 120. */
const MAX_NODES = 4000;
const MAX_ENUM = 200;
const ANY: TypeText = { text: 'any', joined: false };

/** `joined`: a union or intersection, which needs parentheses before `[]`. */
interface TypeText {
  readonly text: string;
  readonly joined: boolean;
}

/** The type of values that a schema describes: one TypeScript type, without a trailing semicolon. Never throws. */
export function typeOfSchema(schema: Json | undefined, options: SchemaOptions = {}): string {
  return new Converter(options).type(schema, 0).text;
}

/** The type of a constant: literals are widened, as a flow's author may write another value tomorrow. */
export function typeOfJson(value: Json): string {
  if (value === null) return 'any';
  if (Array.isArray(value)) {
    const items = union((value as readonly Json[]).map((item) => plain(typeOfJson(item))));
    return value.length === 0 ? 'any[]' : arrayOf(items);
  }
  if (typeof value !== 'object') return typeof value;
  const members = Object.entries(value as { readonly [key: string]: Json }).map(
    ([key, item]) => `${propertyName(key)}: ${typeOfJson(item)}`,
  );
  return `{${CLOSED} ${members.join('; ')} }`;
}

/** A property's name as a declaration needs it: quoted unless it is an identifier. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}

/** A documentation comment, or nothing where there is nothing to say. It belongs to what follows if a line begins with it. `tags`: lines such as `@deprecated`. */
export function docComment(text: string | undefined, tags: readonly string[] = []): string {
  const lines = [...(text === undefined || text.trim() === '' ? [] : [text.trim()]), ...tags];
  if (lines.length === 0) return '';
  // A comment ends at the first `*/`, whatever stands around it.
  return `/** ${lines.join('\n').replaceAll('*/', '*\u200b/')} */ `;
}

/** Types joined by `|`, without doubles; `any` swallows the rest. */
export function unionOf(types: readonly string[]): string {
  return union(types.map(plain)).text;
}

class Converter {
  #nodes = 0;

  constructor(readonly options: SchemaOptions) {}

  type(value: Json | undefined, depth: number): TypeText {
    const schema = object(value);
    if (!schema || depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) return ANY;
    const parts: TypeText[] = [];
    const own = this.#own(schema, depth);
    if (own) parts.push(own);
    for (const either of [schema.anyOf, schema.oneOf]) {
      if (either === undefined) continue;
      parts.push(
        Array.isArray(either) && either.length > 0
          ? union((either as readonly Json[]).map((one) => this.type(one, depth + 1)))
          : ANY,
      );
    }
    if (schema.allOf !== undefined) {
      if (!Array.isArray(schema.allOf) || schema.allOf.length === 0) return ANY;
      for (const one of schema.allOf as readonly Json[]) parts.push(this.type(one, depth + 1));
    }
    const type = intersection(parts);
    return schema.nullable === true ? union([type, { text: 'null', joined: false }]) : type;
  }

  /** What the schema says besides anyOf, oneOf and allOf; undefined: nothing. */
  #own(schema: JsonSchema, depth: number): TypeText | undefined {
    if (schema.enum !== undefined) return enumeration(schema.enum);
    if (schema.const !== undefined) return enumeration([schema.const]);
    const { type } = schema;
    if (Array.isArray(type)) {
      if (type.length === 0) return ANY;
      return union((type as readonly Json[]).map((one) => this.#named(one, schema, depth)));
    }
    if (type !== undefined) return this.#named(type, schema, depth);
    if (object(schema.properties)) return this.#object(schema, depth);
    if (schema.items !== undefined) return this.#array(schema, depth);
    return undefined;
  }

  #named(type: Json | undefined, schema: JsonSchema, depth: number): TypeText {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
        return plain(type);
      case 'number':
      case 'integer':
        return plain('number');
      case 'array':
        return this.#array(schema, depth);
      case 'object':
        return this.#object(schema, depth);
      default:
        return ANY;
    }
  }

  #array({ items }: JsonSchema, depth: number): TypeText {
    return plain(arrayOf(this.type(items, depth + 1)));
  }

  #object(schema: JsonSchema, depth: number): TypeText {
    const { additionalProperties: more } = schema;
    const properties = Object.entries(object(schema.properties) ?? {});
    if (properties.length === 0) {
      const value = object(more) ? this.type(more, depth + 1).text : 'any';
      return plain(`{ [key: string]: ${value} }`);
    }
    const required = Array.isArray(schema.required) ? (schema.required as readonly Json[]) : [];
    const members = properties.map(([key, value]) => {
      const property = object(value);
      const description = typeof property?.description === 'string' ? property.description : undefined;
      const tags = property?.deprecated === true ? ['@deprecated'] : [];
      const optional = required.includes(key) ? '' : '?';
      return `${docComment(description, tags)}${propertyName(key)}${optional}: ${this.type(value, depth + 1).text};`;
    });
    if (more === false) return plain(`{${CLOSED}\n${members.join('\n')} }`);
    // Beside named properties the rest can only be `any`: TypeScript wants each of them to fit the signature.
    const rest = this.options.open || more !== undefined ? '\n[key: string]: any;' : '';
    return plain(`{\n${members.join('\n')}${rest} }`);
  }
}

function enumeration(values: Json | undefined): TypeText {
  if (!Array.isArray(values) || values.length === 0) return ANY;
  const literals = (values as readonly Json[]).map((value): TypeText => {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null)
      return plain(JSON.stringify(value));
    return typeof value === 'number' && Number.isFinite(value) ? plain(String(value)) : ANY;
  });
  if (literals.length <= MAX_ENUM) return union(literals);
  return union(
    [...new Set(values.map((value) => typeof value))].map((name) => (name === 'object' ? ANY : plain(name))),
  );
}

function arrayOf({ text, joined }: TypeText): string {
  return joined ? `(${text})[]` : `${text}[]`;
}

function plain(text: string): TypeText {
  return { text, joined: false };
}

function union(types: readonly TypeText[]): TypeText {
  const texts = new Map(types.map((type) => [type.text, type]));
  if (texts.size === 0 || texts.has('any')) return ANY;
  if (texts.size === 1) return types[0]!;
  return { text: [...texts.keys()].join(' | '), joined: true };
}

/** `any` in an intersection says nothing, and takes nothing from what the others say. */
function intersection(types: readonly TypeText[]): TypeText {
  const texts = new Map(types.filter(({ text }) => text !== 'any').map((type) => [type.text, type]));
  if (texts.size === 0) return ANY;
  if (texts.size === 1) return [...texts.values()][0]!;
  return {
    text: [...texts.values()].map(({ text, joined }) => (joined ? `(${text})` : text)).join(' & '),
    joined: true,
  };
}
