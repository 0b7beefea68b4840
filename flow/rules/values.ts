/** Rules about values as they are written: an expression that does not parse, a missing or misplaced `!expr`. */
import { analyzeExpression } from '../expression.js';
import type { Block, ConstantValue, ExpressionValue, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';

export function checkSyntax({ expression, scalar, span }: ExpressionValue): Problem[] {
  const { syntaxError } = expression;
  if (!syntaxError) return [];
  return [
    {
      code: 'expression-syntax',
      message: syntaxError.message,
      severity: syntaxError.lenient ? 'warning' : 'error',
      span: atLeastOne(scalar.spanToSource(syntaxError.span), span),
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
          span: { start: value.span.start, end: Math.min(value.span.end, value.span.start + '!expr'.length) },
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

/** A chain of names that begins with one of the expression globals, and nothing else; or a template that holds one. */
const READS_LIKE_EXPRESSION =
  /^\s*(?:secrets|outputs|previous|signals)(?:\s*\??\.\s*[\p{ID_Start}$_][\p{ID_Continue}$]*|\s*(?:\?\.)?\[[^\]]*\])+[^]*$/u;
const HOLDS_TEMPLATE =
  /\$\{\{?\s*(?:secrets|outputs|previous|signals)\s*\??[.[][^}]*\}|\{\{\s*(?:secrets|outputs|previous|signals)\s*[.[][^}]*\}\}/;

function missingTag({ value, span, scalar }: ConstantValue): Problem | undefined {
  if (typeof value !== 'string' || !scalar) return undefined;
  const chain = READS_LIKE_EXPRESSION.test(value) && analyzeExpression(value).syntaxError === undefined;
  const template = HOLDS_TEMPLATE.test(value);
  if (!chain && !template) return undefined;
  return {
    code: 'missing-expr',
    message: chain
      ? 'This is plain text: without `!expr` it is not evaluated.'
      : 'Nothing is filled in here: text has no placeholders. Write a JavaScript template literal: !expr `… ${secrets.KEY} …`.',
    severity: 'warning',
    span,
    data: { fix: chain ? 'tag' : 'template' },
  };
}

/** A report needs something to underline. */
function atLeastOne(span: Span, whole: Span): Span {
  if (span.end > span.start) return span;
  const start = Math.max(whole.start, Math.min(span.start, whole.end - 1));
  return { start, end: Math.min(whole.end, start + 1) };
}
