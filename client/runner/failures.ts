/** Failures of blocks, and errors of the sandbox as people read them: what, in which field, on which line of the file. */
import { BlockError } from './blocks/block.js';
import type { ExpressionDefinition, FlowDefinition } from './definition.js';
import type { Place, RunError } from './protocol.js';
import type { Program } from './program.js';
import { steppedOf } from './stepped.js';
import type { SandboxError, SandboxFrame } from './wire.js';

/** A failure before it is worded: from an expression, or with its own message. */
export type Failure =
  | { readonly sandbox: SandboxError }
  /** `final`: nobody handles it. */
  | { readonly message: string; readonly final?: true };

/** What a block has thrown, as a failure: its own words, or those of the sandbox. */
export function failureOf(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'sandbox' in error) return error as Failure;
  const { message } = error as Error;
  return { message: error instanceof BlockError ? message : `The block failed: ${message}` };
}

export function toRunError(flow: FlowDefinition, program: Program, error: SandboxError): RunError {
  const expression = known(flow, error.expression);
  const { name, frames } = error;
  const stack: string[] = [];
  let place: Place | undefined;
  for (const frame of frames) {
    const at = known(flow, frame.expression);
    if (!at) continue;
    const found = locate(flow, frame.expression, offsetOf(at, frame));
    place ??= found;
    stack.push(`at "${flow.blocks[at.block]!.name}" ${at.path} (${at.file}:${found.line}:${found.column})`);
  }
  const index = error.expression;
  if (expression && index !== undefined)
    place ??= locate(flow, index, program.expressions[index]?.error?.offset ?? firstOffset(expression.text));
  return {
    name,
    message: explained(flow, error),
    stack,
    ...(expression && { path: expression.path }),
    ...(place && { place }),
  };
}

function known(
  flow: FlowDefinition,
  expression: number | undefined,
): FlowDefinition['expressions'][number] | undefined {
  return expression === undefined ? undefined : flow.expressions[expression];
}

function explained(flow: FlowDefinition, { kind, message, trail = [] }: SandboxError): string {
  if (kind !== 'depth') return message;
  return `${message} The way: … ${trail.map((block) => `"${flow.blocks[block]?.name ?? '?'}"`).join(' → ')}`;
}

function firstOffset(text: string): number {
  return text.length - text.trimStart().length;
}

function offsetOf(expression: ExpressionDefinition, { line, column, stepped }: SandboxFrame): number {
  const steps = stepped && steppedOf(expression);
  return steps
    ? steps.original(lineOffset(steps.text, line, column))
    : lineOffset(expression.text, line, column);
}

/** Offset of a line and column, both from 1, in an expression's text. */
function lineOffset(text: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  return Math.max(0, Math.min(text.length, start + column - 1));
}

function locate(flow: FlowDefinition, expression: number, offset: number): Place {
  const { line, character } = flow.expressions[expression]!.locate(offset);
  return { line: line + 1, column: character + 1 };
}
