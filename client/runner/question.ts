/** What a person asks in JavaScript: a console line, a condition, a part of a log message. Read before it is evaluated. */
import { planExpression } from './analysis.js';
import type { ProgramExpression } from './program.js';

/** Longest text that is taken, in characters. */
const LONGEST = 100_000;

/** Throws an Error with a text for people, with line and column of what cannot be read. */
export function readQuestion(text: string): ProgramExpression {
  if (text.length > LONGEST)
    throw new Error(`The expression has ${text.length} characters; the limit is ${LONGEST}.`);
  const { error, ...plan } = planExpression(text);
  if (!error) return { text, ...plan };
  const before = text.slice(0, error.offset).split('\n');
  const column = `column ${before.at(-1)!.length + 1}`;
  const where = before.length === 1 ? column : `line ${before.length}, ${column}`;
  throw new Error(`${error.message.replace(/\.$/, '')} (${where}).`);
}
