/** Expressions with calls at the places where a run can stop (flow/stepping.ts): each is made once, when it is needed. */
import { stepping, type Stepping } from '../../flow/stepping.js';
import type { ExpressionDefinition } from './definition.js';
import type { SteppedExpression } from './wire.js';

const made = new WeakMap<ExpressionDefinition, Stepping | undefined>();

/** Undefined for a text that is no expression. */
export function steppedOf(expression: ExpressionDefinition): Stepping | undefined {
  if (!made.has(expression))
    made.set(
      expression,
      stepping(expression.text, (offset) => expression.locate(offset).line),
    );
  return made.get(expression);
}

/** For the sandbox. `x`: index of the expression; `armed`: indexes of the sites that have a breakpoint. */
export function forSandbox(
  x: number,
  { text, hook, frame, sites }: Stepping,
  armed: readonly number[],
): SteppedExpression {
  return { x, text, hook, frame, armed, sites: sites.map(({ locals, closure }) => ({ locals, closure })) };
}
