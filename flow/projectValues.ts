/** Values that stand in a project file, where none may: their places, and the edits that take them out. Never the values. */
import type { MapEntry, MapValue, Value } from './model.js';
import type { TextEdit } from './project.js';
import type { Span } from './text.js';
import { entryOf, readYaml } from './yaml.js';

export interface ProjectValue {
  readonly key: string;
  /** The scalar as it is written. */
  readonly span: Span;
  /** Takes it out; the declaration stays, and so does its description. */
  readonly removal: TextEdit;
}

/** In file order; maps and lists in the place of a value are none. */
export function valuesInProject(text: string): ProjectValue[] {
  const { root } = readYaml(text);
  const secrets = root?.kind === 'map' ? entryOf(root, 'secrets')?.value : undefined;
  if (secrets?.kind !== 'map') return [];
  return secrets.entries.flatMap(({ key, keySpan, value }): ProjectValue[] => {
    if (isWritten(value)) {
      const span = scalarSpan(text, value);
      const colon = text.indexOf(':', keySpan.end);
      return [{ key, span, removal: { span: { start: colon + 1, end: span.end }, text: '' } }];
    }
    const entry = value.kind === 'map' ? entryOf(value, 'value') : undefined;
    if (value.kind !== 'map' || !entry || !isWritten(entry.value)) return [];
    return [{ key, span: scalarSpan(text, entry.value), removal: without(text, value, entry) }];
  });
}

function isWritten(value: Value): boolean {
  return value.kind === 'constant' && value.value !== null && value.span.end > value.span.start;
}

/** A block scalar's range goes on to the next line. */
function scalarSpan(text: string, { span: { start, end } }: Value): Span {
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

function without(text: string, { entries, span }: MapValue, entry: MapEntry): TextEdit {
  const at = entries.indexOf(entry);
  const end = scalarSpan(text, entry.value).end;
  const before = entries[at - 1];
  const next = entries[at + 1];
  const inFlow = text[span.start] === '{';
  if (inFlow && !before && !next) return { span, text: '{}' };
  if (next) return { span: { start: entry.keySpan.start, end: next.keySpan.start }, text: '' };
  // The last one goes with what stands before it: the comma, or the line break. The only one goes with its line.
  const start = before ? endOf(text, before) : text.slice(0, span.start).trimEnd().length;
  return { span: { start, end }, text: '' };
}

function endOf(text: string, { keySpan, value }: MapEntry): number {
  return value.span.end > value.span.start ? scalarSpan(text, value).end : text.indexOf(':', keySpan.end) + 1;
}
