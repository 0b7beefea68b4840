/** JSON as lines of block-style YAML, and where such lines go in a file, so that its comments, order and line ends stay. */
import type { Json, MapEntry, Value } from './model.js';
import type { TextEdit } from './project.js';
import { scalarSource } from './quoting.js';
import { entryOf, readYaml } from './yaml.js';

/** A tagged scalar, e.g. `!any`, written as it is. */
export class Tagged {
  constructor(readonly source: string) {}
}

export type Written = Json | Tagged | readonly Written[] | { readonly [key: string]: Written };

/** Lines without indentation of their own. */
export function yamlLines(value: Written): string[] {
  if (isList(value) && value.length > 0) return value.flatMap(itemLines);
  if (isMap(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => entryLines(key, inner));
  return [scalar(value)];
}

/** `key: value`, the value on lines of its own where it has some. */
export function entryLines(key: string, value: Written): string[] {
  const name = scalarSource(key, 'plain', false);
  const lines = yamlLines(value);
  return isLong(value) ? [`${name}:`, ...lines.map((line) => `  ${line}`)] : [`${name}: ${lines[0]!}`];
}

function itemLines(value: Written): string[] {
  return yamlLines(value).map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`));
}

function scalar(value: Written): string {
  if (value instanceof Tagged) return value.source;
  return typeof value === 'string' ? scalarSource(value, 'plain', false) : JSON.stringify(value);
}

function isLong(value: Written): boolean {
  return (isList(value) && value.length > 0) || (isMap(value) && Object.keys(value).length > 0);
}

function isList(value: Written): value is readonly Written[] {
  return Array.isArray(value);
}

function isMap(value: Written): value is { readonly [key: string]: Written } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tagged);
}

/** Where an addition goes: to the list at a path of keys, before its items or behind them. */
export interface Addition {
  readonly path: readonly string[];
  readonly item: Written;
  readonly at: 'start' | 'end';
}

/**
 * The edit that adds an item to a list of the file, with the maps and the list that are missing. Throws where the file is written
 * so that no edit is safe; the message says so.
 */
export function addItem(text: string, { path, item, at }: Addition, tags: readonly string[] = []): TextEdit {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const { root, problems } = readYaml(text, tags);
  if (problems.some(({ severity, code }) => severity === 'error' && code === 'yaml-syntax'))
    throw new Error('The file is no valid YAML: mend it first.');
  const missing = (from: number): string[] =>
    yamlLines(path.slice(from).reduceRight<Written>((inner, key) => ({ [key]: inner }), [item]));
  let value: Value | undefined = root;
  let entry: MapEntry | undefined;
  for (let depth = 0; ; depth++) {
    const lines = missing(depth);
    if (!value || isEmpty(value, text)) {
      if (!entry) return append(text, lines, eol);
      return below(text, entry, lines, eol);
    }
    refuseFlowStyle(text, value, path.slice(0, depth));
    if (depth === path.length) {
      if (value.kind !== 'list') throw new Error(`\`${path.at(-1)!}\` is no list: mend it first.`);
      return intoList(text, value, yamlLines([item]), at, eol);
    }
    if (value.kind !== 'map') throw new Error(`${nameOf(path.slice(0, depth))} is no map: mend it first.`);
    const next = entryOf(value, path[depth]!);
    if (!next) return intoMap(text, value, lines, eol);
    entry = next;
    value = next.value;
  }
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'The file' : `\`${path.at(-1)!}\``;
}

function isEmpty(value: Value, text: string): boolean {
  if (value.kind === 'constant') return value.value === null;
  return /^[[{]\s*[\]}]$/.test(text.slice(value.span.start, value.span.end));
}

function refuseFlowStyle(text: string, value: Value, path: readonly string[]): void {
  if ((value.kind === 'map' || value.kind === 'list') && /[[{]/.test(text[value.span.start] ?? ''))
    throw new Error(
      `${nameOf(path)} is written in ${text[value.span.start] === '{' ? '{…}' : '[…]'}: write it over several lines, then try again.`,
    );
}

/** In the place of nothing, `{}` or `[]` behind a key. */
function below(text: string, { keySpan, value }: MapEntry, lines: readonly string[], eol: string): TextEdit {
  const indent = `${columnOf(text, keySpan.start)}  `;
  const colon = text.indexOf(':', keySpan.end) + 1;
  const end = value.span.end > colon ? value.span.end : colon;
  const start = value.span.end > colon ? colon : end;
  return { span: { start, end }, text: lines.map((line) => `${eol}${indent}${line}`).join('') };
}

function append(text: string, lines: readonly string[], eol: string): TextEdit {
  const gap = text === '' || text.endsWith('\n') ? '' : eol;
  return {
    span: { start: text.length, end: text.length },
    text: `${gap}${lines.map((line) => `${line}${eol}`).join('')}`,
  };
}

function intoMap(
  text: string,
  map: Value & { kind: 'map' },
  lines: readonly string[],
  eol: string,
): TextEdit {
  const indent = columnOf(text, map.entries[0]!.keySpan.start);
  return afterEnd(
    text,
    map.span.end,
    lines.map((line) => `${indent}${line}`),
    eol,
  );
}

function intoList(
  text: string,
  list: Value & { kind: 'list' },
  lines: readonly string[],
  at: 'start' | 'end',
  eol: string,
): TextEdit {
  const indent = columnOf(text, list.span.start);
  const indented = lines.map((line) => `${indent}${line}`);
  if (at === 'end') return afterEnd(text, list.span.end, indented, eol);
  const start = text.lastIndexOf('\n', list.span.start - 1) + 1;
  return { span: { start, end: start }, text: indented.map((line) => `${line}${eol}`).join('') };
}

/** Behind the last line that holds something before `end`. */
function afterEnd(text: string, end: number, lines: readonly string[], eol: string): TextEdit {
  let at = end;
  while (at > 0 && /\s/.test(text[at - 1]!)) at--;
  const lf = text.indexOf('\n', at);
  const lineEnd = lf < 0 ? text.length : text[lf - 1] === '\r' ? lf - 1 : lf;
  return { span: { start: lineEnd, end: lineEnd }, text: lines.map((line) => `${eol}${line}`).join('') };
}

/** Blanks up to the column of `offset`; dashes before it count as blanks. */
function columnOf(text: string, offset: number): string {
  return ' '.repeat(offset - (text.lastIndexOf('\n', offset - 1) + 1));
}
