/**
 * A form for the data of an event from its JSON Schema: one field per property of an object, the rest as JSON. Reads what
 * exported schemas hold leniently (flows-platform §1.6). Pure.
 */
import type { Json } from '../../../flow/model.js';
import type { JsonSchema } from '../../../flow/shape.js';

export type FieldKind = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'json';

export interface FormField {
  readonly key: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly description?: string;
  /** Of a choice. */
  readonly choices?: readonly Json[];
}

/** Undefined when the schema describes no object with named properties: then the data is edited as JSON. */
export function formOf(schema: JsonSchema | undefined): FormField[] | undefined {
  const properties = mapOf(schema?.['properties']);
  if (!properties || Object.keys(properties).length === 0) return undefined;
  const required = Array.isArray(schema?.['required']) ? schema['required'] : [];
  return Object.entries(properties).map(([key, property]) => {
    const description = mapOf(property)?.['description'];
    const choices = mapOf(property)?.['enum'];
    return {
      key,
      kind: kindOf(mapOf(property)),
      required: required.includes(key),
      ...(typeof description === 'string' && { description }),
      ...(Array.isArray(choices) && { choices: choices as readonly Json[] }),
    };
  });
}

/** What stands in a field for a value. */
export function fieldText(field: FormField, value: Json | undefined): string {
  if (value === undefined) return '';
  if (field.kind === 'text' && typeof value === 'string') return value;
  return JSON.stringify(value, undefined, 2);
}

/** The value of a field's text, or what is wrong with it. An empty text means that the property is not there. */
export function fieldValue(
  field: FormField,
  text: string,
): { readonly value: Json | undefined } | { readonly problem: string } {
  if (text === '' || (field.kind !== 'text' && text.trim() === ''))
    return { value: field.required && field.kind === 'text' ? text : undefined };
  switch (field.kind) {
    case 'text':
      return { value: text };
    case 'number':
    case 'integer': {
      const number = Number(text);
      if (!Number.isFinite(number)) return { problem: `${field.key} is a number, for example 12.` };
      if (field.kind === 'integer' && !Number.isInteger(number))
        return { problem: `${field.key} is a whole number, for example 12.` };
      return { value: number };
    }
    default: {
      const parsed = parseJson(text);
      return 'problem' in parsed ? { problem: `${field.key}: ${parsed.problem}` } : parsed;
    }
  }
}

/** JSON, or where and why it is none. */
export function parseJson(text: string): { readonly value: Json } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    if (at === undefined) return { problem: `This is no JSON: ${message}` };
    const before = text.slice(0, Number(at)).split('\n');
    return {
      problem: `This is no JSON at line ${before.length}, column ${before.at(-1)!.length + 1}.`,
    };
  }
}

function kindOf(schema: JsonSchema | undefined): FieldKind {
  if (!schema) return 'json';
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return 'choice';
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return schema['type'];
    default:
      return 'json';
  }
}

function mapOf(value: Json | undefined): { readonly [key: string]: Json } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : undefined;
}
