/** `ref(…)` takes a text of three parts that is written out (flows-platform §3.2). Who owns the signal is wiring.ts's business. */
import type { MappedExpression } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';

export function checkRefs({ expression, scalar }: MappedExpression): Problem[] {
  if (expression.syntaxError && !expression.syntaxError.lenient) return [];
  const report = (message: string, span: Span): Problem => ({
    code: 'unknown-signal',
    message,
    severity: 'warning',
    span: scalar.spanToSource(span),
  });
  return [
    ...expression.refs
      .filter(({ text }) => !refParts(text))
      .map(({ span }) =>
        report(
          '`ref` reads a signal by a text of three parts: "signal.<block or installation>.<signal>".',
          span,
        ),
      ),
    ...expression.computedRefs.map((span) =>
      report(
        '`ref` takes a text in quotes: which signal is read has to be known before the flow runs.',
        span,
      ),
    ),
  ];
}

/** Undefined for a text that names no signal. */
export function refParts(text: string): { readonly owner: string; readonly signal: string } | undefined {
  const [kind, owner, signal, ...rest] = text.split('.');
  return kind === 'signal' && owner && signal && rest.length === 0 ? { owner, signal } : undefined;
}
