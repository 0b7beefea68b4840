/** Hover in a project file: what is known of a key, what a rule is about. */
import type { Hover } from 'vscode-languageserver/node';
import { CODES } from '../../flow/codes.js';
import { contains, type Span } from '../../flow/text.js';
import { entryOf, readYaml } from '../../flow/yaml.js';
import type { OpenText } from '../documents.js';
import type { Features } from '../server.js';
import { rangeIn } from '../subject.js';
import { projectUsage } from '../usage.js';
import { describeSecret, usageLink } from './secrets.js';

export function hoverProject(features: Features, { uri, text }: OpenText, offset: number): Hover | null {
  const show = (span: Span, lines: readonly string[]): Hover => ({
    contents: { kind: 'markdown', value: lines.join('\n\n') },
    range: rangeIn(text, span),
  });
  const project = features.projects.of(uri);
  for (const { key, keySpan } of project.declared.secrets.values()) {
    if (!contains(keySpan, offset)) continue;
    const uses = projectUsage(features, project).get(key) ?? 0;
    return show(keySpan, [
      ...describeSecret(key, project),
      `Named ${uses === 1 ? 'once' : `${uses} times`} in this project’s flows${features.index.complete ? '' : ' that have been read so far'}.`,
      ...usageLink(features, uri, key),
    ]);
  }
  const { root } = readYaml(text.getText());
  const rules = root?.kind === 'map' ? entryOf(root, 'rules')?.value : undefined;
  for (const { key, keySpan } of rules?.kind === 'map' ? rules.entries : []) {
    if (!contains(keySpan, offset) || !(key in CODES)) continue;
    const { title, severity } = CODES[key as keyof typeof CODES];
    return show(keySpan, [`**${key}** — ${title}`, `Without a rule: ${severity}.`]);
  }
  return null;
}
