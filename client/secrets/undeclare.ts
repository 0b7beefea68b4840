/** Takes a key out of a project file's text; all the rest, comments included, stays as it is. Pure. */
import { isMap, parseDocument, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { TextEdit } from '../../flow/project.js';

/** Undefined when the key is not declared there. */
export function undeclareKey(text: string, key: string): TextEdit | undefined {
  const secrets: unknown = parseDocument(text, { keepSourceTokens: true, logLevel: 'silent' }).get(
    'secrets',
    true,
  );
  if (!isMap(secrets)) return undefined;
  const items = secrets.items as Pair<Scalar, { range?: [number, number, number] | null } | null>[];
  const at = items.findIndex((item) => item.key.value === key);
  if (at < 0) return undefined;
  return secrets.flow ? fromFlowMap(secrets, items, at) : fromBlockMap(text, items[at]!);
}

/** Whole lines: from the key's to the last one of its value. */
function fromBlockMap(
  text: string,
  item: Pair<Scalar, { range?: [number, number, number] | null } | null>,
): TextEdit {
  const keyStart = item.key.range![0];
  const start = text.lastIndexOf('\n', keyStart - 1) + 1;
  const valueEnd = Math.max(item.key.range![1], item.value?.range?.[1] ?? 0);
  // A block scalar's range ends behind its line break.
  const last = text[valueEnd - 1] === '\n' ? valueEnd - 1 : valueEnd;
  const lineEnd = text.indexOf('\n', last);
  return { span: { start, end: lineEnd < 0 ? text.length : lineEnd + 1 }, text: '' };
}

function fromFlowMap(
  map: YAMLMap,
  items: readonly Pair<Scalar, { range?: [number, number, number] | null } | null>[],
  at: number,
): TextEdit {
  const startOf = (i: number) => items[i]!.key.range![0];
  const endOf = (i: number) => Math.max(items[i]!.key.range![1], items[i]!.value?.range?.[1] ?? 0);
  if (at + 1 < items.length) return { span: { start: startOf(at), end: startOf(at + 1) }, text: '' };
  if (at > 0) return { span: { start: endOf(at - 1), end: endOf(at) }, text: '' };
  return { span: { start: map.range![0], end: map.range![1] }, text: '{}' };
}
