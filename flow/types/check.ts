/** Type errors in the expressions of a flow, as problems like all others: for the command line, and for tests of it. */
import type { PlacedProblem } from '../check.js';
import type { FlowDocument, PlacedBlock } from '../document.js';
import type { ExpressionValue } from '../model.js';
import type { Problem } from '../problem.js';
import type { Segment } from '../segment.js';
import { FlowTypes } from './flowTypes.js';
import type { TypeReport } from './report.js';
import { sourceOf, type TypeRequests } from './service.js';

/** Expressions that TypeScript looks at together: each such group costs it some milliseconds. */
const GROUP = 100;

/** Whatever TypeScript says about the flow with certainty, in file order. */
export function checkTypes(document: FlowDocument, service: Pick<TypeRequests, 'check'>): PlacedProblem[] {
  return checkTypesOfAll([document], service)[0]!;
}

/** The same for several flows at once, which costs TypeScript much less than one after the other. */
export function checkTypesOfAll(
  documents: readonly FlowDocument[],
  service: Pick<TypeRequests, 'check'>,
): PlacedProblem[][] {
  const found = documents.map((): PlacedProblem[] => []);
  const all = documents.flatMap((document, i) => {
    const types = new FlowTypes(document);
    return document.segments.flatMap((segment) =>
      segment.expressions
        .filter(isCheckable)
        .map((value) => ({ types, segment, value, problems: found[i]! })),
    );
  });
  for (let i = 0; i < all.length; i += GROUP) {
    const group = all.slice(i, i + GROUP);
    const reports = service.check(
      group.map(({ types, segment, value }) =>
        sourceOf(types.expression(value, placeOf(segment, value), 'check')),
      ),
    );
    group.forEach(({ segment, value, problems }, j) => {
      for (const report of reports[j]!) problems.push({ problem: toProblem(report, value), segment });
    });
  }
  return found;
}

/** The block that an expression stands in; those of installations and of what is no block have none. */
export function placeOf(segment: Segment, value: ExpressionValue): PlacedBlock | undefined {
  return segment.blocks.find(({ block }) => block.expressions.includes(value));
}

/** What does not parse gets its own report; what TypeScript makes of it would only follow from that. */
export function isCheckable({ expression: { syntaxError } }: ExpressionValue): boolean {
  return !syntaxError || syntaxError.lenient === true;
}

export function toProblem({ span, message, near }: TypeReport, { scalar }: ExpressionValue): Problem {
  return {
    code: 'expression-type',
    message,
    severity: 'warning',
    span: scalar.spanToSource(span),
    ...(near !== undefined && { data: { near } }),
  };
}
