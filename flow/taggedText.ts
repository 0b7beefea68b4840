/** An `!expr` in YAML. Its text is analysed when somebody asks what it reads: opening a large flow does not wait for that. */
import { analyzeExpression, type Expression } from './expression.js';
import type { ExpressionValue } from './model.js';
import type { ScalarText } from './scalar.js';
import type { Span } from './text.js';

export class TaggedText implements ExpressionValue {
  readonly kind = 'expression';
  #expression: Expression | undefined;

  constructor(
    readonly scalar: ScalarText,
    /** Tag included. */
    readonly span: Span,
    readonly path: string,
  ) {}

  get expression(): Expression {
    return (this.#expression ??= analyzeExpression(this.scalar.value));
  }
}
