/** Rules about values as they are written: an expression that does not parse, a missing or misplaced `!expr`. */
import type { Block, MappedExpression, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';
import { EXPRESSION_TAG } from '../yaml.js';
import { missingTag } from './missingExpr.js';

export function checkSyntax({ expression, scalar, span }: MappedExpression): Problem[] {
  const { syntaxError } = expression;
  if (!syntaxError) return [];
  const isEmpty = expression.text.trim() === '';
  return [
    {
      code: 'expression-syntax',
      message: syntaxError.message,
      severity: syntaxError.lenient ? 'warning' : 'error',
      span: isEmpty ? tagSpan(span) : atLeastOne(scalar.spanToSource(syntaxError.span), span),
    },
  ];
}

/** `config: { url: secrets.URL }`: text, though meant as an expression; and `!expr` below a field's top. */
export function checkValues(block: Block): Problem[] {
  const problems: Problem[] = [];
  const maps = [block.config, ...[...block.inputs.values()].map(({ config }) => config)];
  for (const map of maps) {
    for (const { value } of map?.entries ?? []) visit(value, 0, problems);
  }
  for (const { customization } of block.outputs.values())
    if (customization) visit(customization, 0, problems);
  return problems;
}

/** The same for the value of one field. */
export function checkFieldValue(value: Value): Problem[] {
  const problems: Problem[] = [];
  visit(value, 0, problems);
  return problems;
}

function visit(value: Value, depth: number, problems: Problem[]): void {
  switch (value.kind) {
    case 'constant': {
      const problem = missingTag(value);
      if (problem) problems.push(problem);
      return;
    }
    case 'expression':
      if (depth > 0) {
        problems.push({
          code: 'nested-expr',
          message:
            '`!expr` inside a map or list is not known to work on the platform. Write the whole field as one expression.',
          severity: 'warning',
          span: tagSpan(value.span),
        });
      }
      return;
    case 'map':
      for (const entry of value.entries) visit(entry.value, depth + 1, problems);
      return;
    case 'list':
      for (const item of value.items) visit(item, depth + 1, problems);
  }
}

/** The `!expr` at the beginning of an expression's span. */
function tagSpan({ start, end }: Span): Span {
  return { start, end: Math.min(end, start + EXPRESSION_TAG.length) };
}

/** A report needs something to underline. */
function atLeastOne(span: Span, whole: Span): Span {
  if (span.end > span.start) return span;
  const start = Math.max(whole.start, Math.min(span.start, whole.end - 1));
  return { start, end: Math.min(whole.end, start + 1) };
}
