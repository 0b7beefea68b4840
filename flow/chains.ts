/**
 * Chains of members in an expression that begin at a name of the flow, e.g. `outputs.createIssue.labels[0].name`: what a
 * debugger can look up by itself. Pure.
 */
import type { Expression } from './expression.js';
import type { Root } from './accesses.js';
import type { Span } from './text.js';

export interface Chain {
  readonly root: Root;
  readonly span: Span;
  /** Ends of its parts, the root's first. */
  readonly ends: readonly number[];
}

const PART =
  /\s*(?:\?\.|\.)\s*[\p{ID_Start}$_][\p{ID_Continue}$]*|(?:\?\.)?\[\s*(?:\d+|"[^"\\\n]*"|'[^'\\\n]*')\s*\]/uy;
const CALL = /\s*(?:\?\.)?[(`]/y;

/** All chains in source order. The method of a call is no part of one. */
export function chainsOf({ text, roots }: Expression): Chain[] {
  return roots
    .filter(({ root, span }) => text.slice(span.start, span.end) === root)
    .map(({ root, span }) => {
      const ends = [span.end];
      for (let at = span.end; ;) {
        PART.lastIndex = at;
        if (!PART.test(text)) break;
        at = PART.lastIndex;
        CALL.lastIndex = at;
        if (CALL.test(text)) break;
        ends.push(at);
      }
      return { root, span: { start: span.start, end: ends.at(-1)! }, ends };
    });
}

/** The chain up to the part that holds the offset: on `b` of `outputs.a.b.c` it is `outputs.a.b`. */
export function chainAt(expression: Expression, offset: number): Span | undefined {
  const chain = chainsOf(expression).find(({ span }) => span.start <= offset && offset <= span.end);
  return chain && { start: chain.span.start, end: chain.ends.find((end) => offset <= end)! };
}
