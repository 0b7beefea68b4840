/** Rules about secrets in an expression: undefined, without a value here, not knowable. */
import { nearest } from '../keys.js';
import type { SecretKnowledge } from '../check.js';
import type { MappedExpression } from '../model.js';
import type { Problem } from '../problem.js';

export function checkSecrets({ expression, scalar }: MappedExpression, secrets: SecretKnowledge): Problem[] {
  const problems: Problem[] = expression.dynamic.map(({ kind, span }) => ({
    code: 'dynamic-secret',
    message:
      kind === 'computed'
        ? 'Which secret this reads is only known at run time, so it cannot be checked. Name the key: `secrets.KEY`.'
        : 'All secrets are handed on here, so which ones are read cannot be checked. Name the keys: `secrets.KEY`.',
    severity: 'warning',
    span: scalar.spanToSource(span),
  }));
  for (const { root, key, form, span } of expression.accesses) {
    // `"KEY" in secrets` asks whether the key exists: an answer of no is no mistake.
    if (root !== 'secrets' || form === 'in' || key === '' || isInherited(key)) continue;
    const problem = checkKey(key, secrets);
    if (problem) problems.push({ ...problem, span: scalar.spanToSource(span) });
  }
  return problems;
}

/** `secrets.hasOwnProperty("KEY")`: what every object has is no key. */
function isInherited(key: string): boolean {
  return key in Object.prototype;
}

function checkKey(
  key: string,
  { project, declared, misnamed, complete, set }: SecretKnowledge,
): Omit<Problem, 'span'> | undefined {
  if (declared.has(key)) {
    if (!set || set.has(key)) return undefined;
    return {
      code: 'secret-without-value',
      message: `Secret \`${key}\` has no value on this machine: an expression that reads it fails here. Set it with "Flows: Add Secret".`,
      severity: 'information',
      data: { key },
    };
  }
  if (!complete || set?.has(key) || misnamed?.has(key)) return undefined;
  const near = nearest(key, declared);
  return {
    code: 'undefined-secret',
    message: `Secret \`${key}\` is not declared in project \`${project}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
    severity: 'error',
    data: near === undefined ? { key } : { key, near },
  };
}
