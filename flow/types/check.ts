/** Type errors in the expressions of a flow, as problems like all others: for the command line, and for tests of it. */
import type { PlacedProblem } from '../check.js';
import type { FlowDocument, PlacedBlock } from '../document.js';
import type { ExpressionValue } from '../model.js';
import type { Problem } from '../problem.js';
import type { Segment } from '../segment.js';
import { FlowTypes } from './flowTypes.js';
import type { TypeReport } from './report.js';
import { sourceOf, type ExpressionSource, type TypeRequests } from './service.js';

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
  const groups = checkTypesInGroups(documents, GROUP);
  for (let step = groups.next(); ; step = groups.next(service.check(step.value))) {
    if (step.done) return step.value;
  }
}

type Reports = readonly (readonly TypeReport[])[];

/** The same for whoever asks TypeScript elsewhere: gives expressions, and takes what there is to report of each. */
export function* checkTypesInGroups(
  documents: readonly FlowDocument[],
  size: number,
): Generator<readonly ExpressionSource[], PlacedProblem[][], Reports> {
  const found = documents.map((): PlacedProblem[] => []);
  let group: Asked[] = [];
  for (const [i, document] of documents.entries()) {
    const types = new FlowTypes(document);
    for (const segment of document.segments) {
      for (const value of segment.expressions.filter(isCheckable)) {
        group.push({ types, segment, value, problems: found[i]! });
        if (group.length < size) continue;
        yield* ask(group);
        group = [];
      }
    }
  }
  if (group.length > 0) yield* ask(group);
  return found;
}

interface Asked {
  readonly types: FlowTypes;
  readonly segment: Segment;
  readonly value: ExpressionValue;
  /** Where what is found is put. */
  readonly problems: PlacedProblem[];
}

function* ask(group: readonly Asked[]): Generator<readonly ExpressionSource[], void, Reports> {
  const reports = yield group.map(({ types, segment, value }) =>
    sourceOf(types.expression(value, placeOf(segment, value), 'check')),
  );
  for (const [i, { segment, value, problems }] of group.entries()) {
    for (const report of reports[i] ?? []) problems.push({ problem: toProblem(report, value), segment });
  }
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
