/** Hover in a test file: what a key is for. */
import type { Hover } from 'vscode-languageserver/node';
import type { Value } from '../../flow/model.js';
import { keysAt } from '../../flow/testing/keys.js';
import { MATCHERS } from '../../flow/testing/matchers.js';
import { contains } from '../../flow/text.js';
import { readYaml } from '../../flow/yaml.js';
import type { OpenText } from '../documents.js';
import { rangeIn } from '../subject.js';

export function hoverTest({ text }: OpenText, offset: number): Hover | null {
  const path: string[] = [];
  let value: Value | undefined = readYaml(text.getText(), MATCHERS).root;
  while (value) {
    if (value.kind === 'list') {
      value = value.items.findLast((item) => contains(item.span, offset));
      path.push('[]');
      continue;
    }
    if (value.kind !== 'map') return null;
    const known = keysAt(path);
    const entry = value.entries.find(
      ({ keySpan, value: inner }) => contains(keySpan, offset) || contains(inner.span, offset),
    );
    if (!entry) return null;
    if (contains(entry.keySpan, offset)) {
      if (!known || !Object.hasOwn(known, entry.key)) return null;
      return {
        contents: { kind: 'markdown', value: `**${entry.key}** — ${known[entry.key]!}` },
        range: rangeIn(text, entry.keySpan),
      };
    }
    path.push(entry.key);
    value = entry.value;
  }
  return null;
}
