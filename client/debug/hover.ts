/** What a hover over an expression evaluates: a chain of members that begins at a name of the flow, up to the part under the mouse. */
import * as vscode from 'vscode';
import { chainAt } from '../../flow/chains.js';
import { flowOf } from '../flowDocuments.js';

export function evaluatableExpression(
  document: vscode.TextDocument,
  position: vscode.Position,
): vscode.EvaluatableExpression | undefined {
  const flow = flowOf(document);
  const placed = flow.expressionAt(position);
  const span = placed && chainAt(placed.value.expression, placed.offset);
  if (!span) return undefined;
  const { scalar, expression } = placed.value;
  const { start, end } = flow.range(placed.segment, {
    start: scalar.toSource(span.start),
    end: scalar.toSource(span.end),
  });
  return new vscode.EvaluatableExpression(
    new vscode.Range(start.line, start.character, end.line, end.character),
    expression.text.slice(span.start, span.end),
  );
}
