/**
 * The shape of a block: its fields, inputs, outputs and signals, in one form for core blocks (catalog.ts) and app blocks
 * (the JSON of `type.appBlock.schema`, flows-platform §1.6). Reading is lenient: exports hold malformed JSON Schema.
 */
import type { Json } from './model.js';

/** JSON-Schema-like; `{}` is anything. Never trusted: read it with the helpers here. */
export type JsonSchema = { readonly [keyword: string]: Json };

export interface BlockShape {
  /** Shown to people, e.g. `HTTP Endpoint`. */
  readonly label: string;
  readonly description?: string;
  readonly category?: string;
  /** Static configuration. */
  readonly config: ReadonlyMap<string, FieldShape>;
  readonly inputs: ReadonlyMap<string, InputShape>;
  readonly outputs: ReadonlyMap<string, OutputShape>;
  readonly signals: ReadonlyMap<string, SignalShape>;
  /** The lists may lack something: unknown names are no mistake. */
  readonly open: boolean;
  /** It may emit events that no event of the flow has caused: on a timer, a message or a change of state. */
  readonly spontaneous: boolean;
  /** More signals may be made at run time (`hasOnSync` with none declared). */
  readonly openSignals: boolean;
  /** More outputs may be made at run time: synchronised blocks may return them. */
  readonly openOutputs: boolean;
}

export interface FieldShape {
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly type: JsonSchema;
  readonly required: boolean;
  readonly default?: Json;
  readonly sensitive: boolean;
  /** Cannot change after the block is provisioned. */
  readonly fixed: boolean;
  readonly order: number;
}

export interface InputShape {
  readonly key: string;
  readonly label?: string;
  readonly description?: string;
  readonly config: ReadonlyMap<string, FieldShape>;
}

export interface OutputShape {
  readonly key: string;
  readonly label?: string;
  readonly description?: string;
  readonly type: JsonSchema;
  readonly isDefault: boolean;
  /** Inputs whose event can be the primary parent of an event here; undefined: any, `[]`: it starts a lineage. */
  readonly primaryParents?: readonly string[];
}

export interface SignalShape {
  readonly key: string;
  readonly label?: string;
  readonly description?: string;
  readonly sensitive: boolean;
}

const shapes = new WeakMap<object, BlockShape>();

/** The shape in an app block's `schema`. The same object gives the same shape. */
export function appShape(schema: { readonly [key: string]: Json }): BlockShape {
  let shape = shapes.get(schema);
  if (!shape) shapes.set(schema, (shape = readAppShape(schema)));
  return shape;
}

function readAppShape(schema: { readonly [key: string]: Json }): BlockShape {
  const signals = mapEntries(schema.signals, (key, value) => ({
    key,
    ...texts(value),
    sensitive: value.sensitive === true,
  }));
  return {
    label: text(schema.name) ?? '',
    config: readFields(schema.config),
    inputs: mapEntries(schema.inputs, (key, value) => ({
      key,
      ...texts(value),
      config: readFields(value.config),
    })),
    outputs: mapEntries(schema.outputs, (key, value) => ({
      key,
      ...texts(value),
      type: object(value.type) ?? {},
      isDefault: value.default === true,
      ...(Array.isArray(value.possiblePrimaryParents) && {
        primaryParents: value.possiblePrimaryParents.filter((one): one is string => typeof one === 'string'),
      }),
    })),
    signals,
    // Exports hold all three, empty or not: where one is missing, the schema is not whole.
    open: !(object(schema.config) && object(schema.inputs) && object(schema.outputs)),
    spontaneous:
      schema.hasOnInternalMessage === true || schema.hasOnTimer === true || schema.hasOnSync === true,
    openSignals: signals.size === 0 && (schema.hasOnSync === true || !object(schema.signals)),
    openOutputs: schema.hasOnSync === true,
    ...(text(schema.description) !== undefined && { description: text(schema.description)! }),
    ...(text(schema.category) !== undefined && { category: text(schema.category)! }),
  };
}

/** The fields of a `config`, in the order in which the app shows them. */
export function readFields(value: Json | undefined): ReadonlyMap<string, FieldShape> {
  const read = mapEntries(value, (key, field): FieldShape => {
    const description = text(field.description);
    return {
      key,
      label: text(field.name) ?? key,
      type: object(field.type) ?? {},
      required: field.required === true,
      sensitive: field.sensitive === true,
      fixed: field.fixed === true,
      order: typeof field.order === 'number' ? field.order : Number.MAX_SAFE_INTEGER,
      ...(description !== undefined && { description }),
      ...(field.default !== undefined && { default: field.default }),
    };
  });
  return new Map([...read].sort(([, a], [, b]) => a.order - b.order));
}

function texts(value: { readonly [key: string]: Json }): { label?: string; description?: string } {
  const label = text(value.name);
  const description = text(value.description);
  return { ...(label !== undefined && { label }), ...(description !== undefined && { description }) };
}

function mapEntries<T>(
  value: Json | undefined,
  read: (key: string, value: { readonly [key: string]: Json }) => T,
): Map<string, T> {
  return new Map(
    Object.entries(object(value) ?? {}).flatMap(([key, entry]): [string, T][] => {
      const map = object(entry);
      return map ? [[key, read(key, map)]] : [];
    }),
  );
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: Json | undefined): readonly Json[] | undefined {
  return Array.isArray(value) ? (value as readonly Json[]) : undefined;
}

export function object(value: Json | undefined): { readonly [key: string]: Json } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : undefined;
}

/** A short name of a type for people: `string`, `number[]`, `"open" | "closed"`, `object`, `any`. */
export function typeName(schema: JsonSchema, depth = 0): string {
  if (Array.isArray(schema.enum)) {
    const shown = schema.enum.slice(0, 6).map((value) => JSON.stringify(value));
    return shown.join(' | ') + (schema.enum.length > 6 ? ' | …' : '');
  }
  const { type } = schema;
  if (type === 'array') {
    const items = object(schema.items);
    const inner = items && depth < 3 ? typeName(items, depth + 1) : 'any';
    return inner.includes(' ') ? `(${inner})[]` : `${inner}[]`;
  }
  if (typeof type === 'string') return type;
  if (Array.isArray(type) && type.every((one) => typeof one === 'string')) return type.join(' | ');
  const either = list(schema.anyOf) ?? list(schema.oneOf);
  if (either && depth < 3) {
    return [...new Set(either.map((one) => typeName(object(one) ?? {}, depth + 1)))].join(' | ');
  }
  return object(schema.properties) ? 'object' : 'any';
}

/** The schema of what is inside a value; `[]` is an item of a list. */
export function typeAt(schema: JsonSchema, path: readonly string[]): JsonSchema | undefined {
  let at: JsonSchema | undefined = schema;
  for (const key of path) at = object(key === '[]' ? at?.items : object(at?.properties)?.[key]);
  return at;
}
