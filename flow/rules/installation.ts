/** Rules for installation configs: what must stand there, and which names its expressions may read (flows-platform §3.2). */
import type { Problem } from '../problem.js';
import { isEmpty } from '../read.js';
import type { Segment } from '../segment.js';
import { entryOf } from '../yaml.js';
import { checkFieldValue } from './values.js';

export function checkInstallation(segment: Segment): Problem[] {
  const problems: Problem[] = [];
  for (const { expression, scalar } of segment.expressions) {
    if (expression.syntaxError && !expression.syntaxError.lenient) continue;
    for (const { root, span } of expression.roots) {
      if (root !== 'outputs' && root !== 'previous') continue;
      problems.push({
        code: 'unavailable-name',
        message: `\`${root}\` does not exist here: an installation belongs to no flow. Its config reads \`secrets\` and \`signals\`.`,
        severity: 'warning',
        span: scalar.spanToSource(span),
      });
    }
  }
  const { root } = segment.tree;
  if (root?.kind !== 'map') return problems;
  const config = entryOf(root, 'config');
  if (config?.value.kind === 'map') {
    for (const { value } of config.value.entries) problems.push(...checkFieldValue(value));
  } else if (config && !isEmpty(config.value)) {
    problems.push({
      code: 'shape',
      message: '`config` is a map of fields.',
      severity: 'error',
      span: config.keySpan,
    });
  }
  for (const key of ['app', 'version', 'registry', 'name', 'source']) {
    const entry = entryOf(root, key);
    if (
      entry &&
      (entry.value.kind === 'map' || entry.value.kind === 'list' || entry.value.kind === 'expression')
    ) {
      problems.push({
        code: 'shape',
        message: `\`${key}\` is plain text.`,
        severity: 'error',
        span: entry.keySpan,
      });
    }
  }
  return problems;
}
