/**
 * The diagnostics of a flow: pure rules over a document and what is known of its secrets. The editor and the command
 * line show the same list. What a segment's own text decides is computed once per segment.
 */
import type { FlowDocument } from './document.js';
import type { ExpressionValue } from './model.js';
import { nearest } from './keys.js';
import type { Problem } from './problem.js';
import type { Segment } from './segment.js';

/** What is known of a project's secrets. Names only. */
export interface SecretKnowledge {
  /** For messages: the project's id. */
  readonly project: string;
  /** Keys that exist. */
  readonly declared: ReadonlySet<string>;
  /** The list is complete: a key that is not in it does not exist. False: nothing is called undefined. */
  readonly complete: boolean;
  /** Keys with a value on this machine; undefined when nobody has said. */
  readonly set?: ReadonlySet<string>;
}

export interface PlacedProblem {
  readonly problem: Problem;
  readonly segment: Segment;
}

/** Everything that is wrong with a flow, in file order. */
export function checkFlow(document: FlowDocument, secrets: SecretKnowledge): PlacedProblem[] {
  return document.segments.flatMap((segment) =>
    checkSegment(segment, secrets).map((problem): PlacedProblem => ({ problem, segment })),
  );
}

/** Problems per segment for one state of knowledge: an edit elsewhere leaves them as they are. */
const checked = new WeakMap<SecretKnowledge, WeakMap<Segment, readonly Problem[]>>();

function checkSegment(segment: Segment, secrets: SecretKnowledge): readonly Problem[] {
  let known = checked.get(secrets);
  if (!known) checked.set(secrets, (known = new WeakMap()));
  let problems = known.get(segment);
  if (!problems) {
    problems = [
      ...segment.content.problems,
      ...segment.expressions.flatMap((value) => checkExpression(value, secrets)),
    ].sort((a, b) => a.span.start - b.span.start);
    known.set(segment, problems);
  }
  return problems;
}

function checkExpression(value: ExpressionValue, secrets: SecretKnowledge): Problem[] {
  const { expression, scalar } = value;
  const problems: Problem[] = [];
  const { syntaxError } = expression;
  if (syntaxError) {
    problems.push({
      code: 'expression-syntax',
      message: syntaxError.message,
      severity: syntaxError.lenient ? 'warning' : 'error',
      span: atLeastOne(scalar.spanToSource(syntaxError.span), value.span),
    });
  }
  for (const { kind, span } of expression.dynamic) {
    problems.push({
      code: 'dynamic-secret',
      message:
        kind === 'computed'
          ? 'Which secret this reads is only known at run time, so it cannot be checked. Name the key: `secrets.KEY`.'
          : 'All secrets are handed on here, so which ones are read cannot be checked. Name the keys: `secrets.KEY`.',
      severity: 'warning',
      span: scalar.spanToSource(span),
    });
  }
  // While an expression does not parse, its names are guesses: good for completion, not for reports.
  if (syntaxError && !syntaxError.lenient) return problems;
  for (const { root, key, form, span } of expression.accesses) {
    if (root !== 'secrets' || form === 'in' || key === '') continue;
    const problem = checkSecret(key, secrets);
    if (problem) problems.push({ ...problem, span: scalar.spanToSource(span) });
  }
  return problems;
}

function checkSecret(
  key: string,
  { project, declared, complete, set }: SecretKnowledge,
): Omit<Problem, 'span'> | undefined {
  if (declared.has(key)) {
    if (!set || set.has(key)) return undefined;
    return {
      code: 'secret-without-value',
      message: `Secret \`${key}\` has no value on this machine: a run here would stop at it. Set it with "Flows: Add Secret".`,
      severity: 'information',
      data: { key },
    };
  }
  if (!complete || set?.has(key)) return undefined;
  const near = nearest(key, declared);
  return {
    code: 'undefined-secret',
    message: `Secret \`${key}\` is not declared in project \`${project}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
    severity: 'error',
    data: near === undefined ? { key } : { key, near },
  };
}

/** A report needs something to underline. */
function atLeastOne(span: Problem['span'], whole: Problem['span']): Problem['span'] {
  if (span.end > span.start) return span;
  return {
    start: Math.max(whole.start, Math.min(span.start, whole.end - 1)),
    end: Math.min(whole.end, span.start + 1),
  };
}
