/**
 * JSON as a tree that is opened node by node, so that the page never gets more of a large value than it shows: children in
 * pages, long texts in pieces. Pure.
 */
import { oneLine } from './row.js';

export type JsonPath = readonly (string | number)[];

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'text';

/** A value in one line. */
export interface JsonNode {
  /** `text` is no JSON: a record that was cut. */
  readonly kind: JsonKind;
  /** Beginning of a text as it is, other values as JSON, `{…}` in short. */
  readonly preview: string;
  /** Children, or characters of a text; 0 for others. */
  readonly size: number;
}

export interface JsonPage {
  readonly children: readonly { readonly key: string | number; readonly node: JsonNode }[];
  /** A piece of a text, from `offset`. */
  readonly text?: string;
  /** More children, or characters, follow. */
  readonly more: boolean;
}

export const PAGE = 100;
/** Characters of a text's preview and of each further piece. */
export const TEXT_PREVIEW = 300;
export const TEXT_PIECE = 20_000;
const SUMMARY = 80;
const MAX_FOUND = 200;
/** Deeper values are not searched. */
const MAX_DEPTH = 2_000;

export function nodeOf(value: unknown): JsonNode {
  if (Array.isArray(value)) return { kind: 'array', preview: summary(value), size: value.length };
  if (typeof value === 'object' && value !== null)
    return { kind: 'object', preview: summary(value), size: Object.keys(value).length };
  if (typeof value === 'string')
    return { kind: 'string', preview: value.slice(0, TEXT_PREVIEW), size: value.length };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { kind: typeof value === 'number' ? 'number' : 'boolean', preview: String(value), size: 0 };
  return { kind: 'null', preview: 'null', size: 0 };
}

/** Text that should be JSON and is not whole. */
export function textNode(text: string): JsonNode {
  return { kind: 'text', preview: text.slice(0, TEXT_PREVIEW), size: text.length };
}

/** Undefined when there is no such place. */
export function valueAt(value: unknown, path: JsonPath): { readonly value: unknown } | undefined {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  return { value: found };
}

export function pageOf(value: unknown, offset: number): JsonPage {
  if (typeof value === 'string') {
    const end = offset + TEXT_PIECE;
    return { children: [], text: value.slice(offset, end), more: end < value.length };
  }
  if (Array.isArray(value)) {
    const children = value
      .slice(offset, offset + PAGE)
      .map((item: unknown, i) => ({ key: offset + i, node: nodeOf(item) }));
    return { children, more: offset + PAGE < value.length };
  }
  if (typeof value !== 'object' || value === null) return { children: [], more: false };
  const keys = Object.keys(value);
  const children = keys
    .slice(offset, offset + PAGE)
    .map((key) => ({ key, node: nodeOf((value as Record<string, unknown>)[key]) }));
  return { children, more: offset + PAGE < keys.length };
}

/** Places whose key or value holds the text, whatever its case; in their order, at most MAX_FOUND. */
export function findIn(value: unknown, text: string): { paths: JsonPath[]; more: boolean } {
  const wanted = text.toLowerCase();
  const paths: JsonPath[] = [];
  if (wanted === '') return { paths, more: false };
  const path: (string | number)[] = [];
  /** False when enough are found. */
  const visit = (node: unknown, own: boolean): boolean => {
    const holds =
      own ||
      (typeof node !== 'object' || node === null ? String(node).toLowerCase().includes(wanted) : false);
    if (holds) {
      if (paths.length === MAX_FOUND) return false;
      paths.push([...path]);
    }
    if (typeof node !== 'object' || node === null || path.length > MAX_DEPTH) return true;
    const isList = Array.isArray(node);
    for (const [key, child] of Object.entries(node)) {
      path.push(isList ? Number(key) : key);
      const goesOn = visit(child, !isList && key.toLowerCase().includes(wanted));
      path.pop();
      if (!goesOn) return false;
    }
    return true;
  };
  return { more: !visit(value, false), paths };
}

/** The beginning of a map or list on one line, without walking through all of it. */
function summary(value: object): string {
  const isList = Array.isArray(value);
  const parts: string[] = [];
  let length = 0;
  let complete = true;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (length > SUMMARY) {
      complete = false;
      break;
    }
    const item = (value as Record<string, unknown>)[key];
    const part = isList ? brief(item) : `${key}: ${brief(item)}`;
    parts.push(part);
    length += part.length + 2;
  }
  const inner = oneLine(parts.join(', '), SUMMARY) + (complete ? '' : ', …');
  return isList ? `[${inner}]` : `{${inner}}`;
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : '{…}';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
