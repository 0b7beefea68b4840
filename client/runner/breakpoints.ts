/** Breakpoints as the parent names them, read for a flow: which block and port, what must hold, what is said instead. */
import { parseExpressionAt } from 'acorn';
import { nearest } from '../../flow/keys.js';
import { blockIndex, type FlowDefinition } from './definition.js';
import { steppedOf } from './stepped.js';
import type { ProgramExpression } from './program.js';
import type { Breakpoint, SignalName } from './protocol.js';
import { readQuestion } from './question.js';

export interface ArmedBreakpoint {
  readonly id: number;
  /** What it is met at: see portKey and siteKey. */
  readonly place: string;
  /** Inside an expression: its index, and that of the site. */
  readonly inside?: { readonly x: number; readonly site: number };
  readonly condition?: ProgramExpression;
  /** Whether it stops when it is met for the `hits`th time. */
  readonly accepts: (hits: number) => boolean;
  /** Texts and expressions in turn. */
  readonly message?: readonly (string | ProgramExpression)[];
  /** Equal texts: the same breakpoint, set again. */
  readonly identity: string;
}

/** Key of an input or output in maps. */
export function portKey(kind: 'input' | 'output', block: number, port: number): string {
  return `${kind} ${block} ${port}`;
}

/** The same of a site in an expression. */
export function siteKey({ x, site }: NonNullable<ArmedBreakpoint['inside']>): string {
  return `inside ${x} ${site}`;
}

/** The same of a signal. */
export function signalKey({ owner, signal }: SignalName): string {
  return `signal ${JSON.stringify([owner, signal])}`;
}

/** Throws an Error with a text for people. */
export function readBreakpoint(flow: FlowDefinition, breakpoint: Breakpoint): ArmedBreakpoint {
  const { id, condition, hitCondition, logMessage, signal } = breakpoint;
  if (signal && isGiven(condition))
    throw new Error('A change of a signal comes with no event that a condition could be evaluated for.');
  const inside = breakpoint.inside && readInside(flow, breakpoint.block, breakpoint.inside);
  return {
    id,
    place: signal ? signalKey(signal) : inside ? siteKey(inside) : readPort(flow, breakpoint),
    ...(inside && { inside }),
    accepts: readHitCondition(hitCondition),
    ...(isGiven(condition) && { condition: named('condition', () => readQuestion(condition)) }),
    ...(isGiven(logMessage) && { message: named('log message', () => readMessage(logMessage)) }),
    identity: JSON.stringify([condition, hitCondition, logMessage]),
  };
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}

function named<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`The ${what} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function readPort(flow: FlowDefinition, { block: name, input, output }: Breakpoint): string {
  const block = readBlock(flow, name);
  const kind = input === undefined ? 'output' : 'input';
  const key = input ?? output ?? '';
  const { inputs, outputs } = flow.blocks[block]!;
  const keys = (kind === 'input' ? inputs : outputs).map((port) => port.key);
  const port = keys.indexOf(key);
  if (port < 0) {
    const known = keys.length === 0 ? 'none' : keys.map((known) => `"${known}"`).join(', ');
    throw new Error(`Block "${name}" has no ${kind} "${key}" in this run. It has ${known}.`);
  }
  return portKey(kind, block, port);
}

function readInside(
  flow: FlowDefinition,
  name: string,
  { path, text, offset }: NonNullable<Breakpoint['inside']>,
): NonNullable<ArmedBreakpoint['inside']> {
  const block = readBlock(flow, name);
  // A mock's expression may have the same path in another file.
  const x = flow.expressions.findIndex(
    (one) => one.block === block && one.path === path && one.file === flow.file,
  );
  const expression = flow.expressions[x];
  if (expression?.text !== text)
    throw new Error(`The expression ${path} of "${name}" is another one in this run.`);
  if (isStatic(path))
    throw new Error(
      'The configuration of a block is evaluated before the run begins, so nothing can stop in it.',
    );
  const site = steppedOf(expression)?.sites.findIndex((one) => one.offset === offset) ?? -1;
  if (site < 0) throw new Error(`Nothing is executed there in the expression ${path} of "${name}".`);
  return { x, site };
}

/** Whether the expression at this path is evaluated once, when its block starts. */
export function isStatic(path: string): boolean {
  return /^config(?:[.[]|$)/.test(path);
}

function readBlock(flow: FlowDefinition, name: string): number {
  const block = blockIndex(flow, name);
  if (block === undefined) {
    const near = nearest(
      name,
      flow.blocks.map((candidate) => candidate.name),
    );
    throw new Error(
      `No block of this run is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    );
  }
  return block;
}

const COMPARISONS: Readonly<Record<string, (hits: number, count: number) => boolean>> = {
  '>=': (hits, count) => hits >= count,
  '>': (hits, count) => hits > count,
  '<=': (hits, count) => hits <= count,
  '<': (hits, count) => hits < count,
  '=': (hits, count) => hits === count,
  '==': (hits, count) => hits === count,
  '===': (hits, count) => hits === count,
  '%': (hits, count) => count > 0 && hits % count === 0,
};

function readHitCondition(text: string | undefined): ArmedBreakpoint['accepts'] {
  if (!isGiven(text)) return () => true;
  const [, operator = '', digits = ''] = /^\s*(>=|>|<=|<|={1,3}|%)?\s*(\d{1,15})\s*$/.exec(text) ?? [];
  if (digits === '')
    throw new Error(`The hit count "${text}" cannot be read. Write 5 or >= 5, % 3, < 4 or == 2.`);
  const compare = COMPARISONS[operator === '' ? '>=' : operator]!;
  return (hits) => compare(hits, Number(digits));
}

/** `{…}` holds an expression; `\{` is a brace. */
function readMessage(text: string): (string | ProgramExpression)[] {
  const parts: (string | ProgramExpression)[] = [];
  let plain = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && (text[i + 1] === '{' || text[i + 1] === '}')) {
      plain += text[++i]!;
    } else if (text[i] === '{') {
      const end = expressionEnd(text, i + 1);
      parts.push(plain, readQuestion(text.slice(i + 1, end)));
      plain = '';
      i = end;
    } else {
      plain += text[i]!;
    }
  }
  parts.push(plain);
  return parts;
}

/** Offset of the brace that closes the one before `start`. */
function expressionEnd(text: string, start: number): number {
  let end = text.indexOf('}', start);
  try {
    const node = parseExpressionAt(text, start, { ecmaVersion: 'latest' });
    const brace = /^[\s)]*\}/.exec(text.slice(node.end));
    if (brace) end = node.end + brace[0].length - 1;
  } catch {
    // Said by whoever reads the expression.
  }
  if (end < 0) throw new Error(`The brace at column ${start} is not closed.`);
  return end;
}
