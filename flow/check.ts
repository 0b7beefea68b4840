/**
 * The diagnostics of a flow: pure rules over a document and what is known around it. The editor and the command line show
 * the same list. What a segment's own text decides is computed once per segment, what its wiring decides once per graph.
 */
import type { Code } from './codes.js';
import type { FlowDocument, PlacedBlock } from './document.js';
import { graphOf, type FlowGraph } from './graph.js';
import type { AppInstallation } from './model.js';
import type { Problem, Severity } from './problem.js';
import { checkFields } from './rules/fields.js';
import { checkInstallation } from './rules/installation.js';
import { checkSecrets } from './rules/secrets.js';
import { checkSyntax, checkValues } from './rules/values.js';
import { checkWiring } from './rules/wiring.js';
import type { Segment } from './segment.js';
import { covers } from './suppress.js';
import { tokenProblem, tokensIn } from './tokens/literals.js';

/** What is known of a project's secrets. Names only. The same object as long as nothing changes: caches hang on it. */
export interface SecretKnowledge {
  /** For messages: the project's id. */
  readonly project: string;
  /** Keys that exist. */
  readonly declared: ReadonlySet<string>;
  /** The list is complete: a key that is not in it does not exist. False: nothing is called undefined. */
  readonly complete: boolean;
  /** Keys with a value on this machine; undefined when nobody has said. */
  readonly set?: ReadonlySet<string>;
}

/** Severities other than the rules' own; `off` silences a rule. */
export type RuleSettings = { readonly [code in Code]?: Severity | 'off' };

export interface PlacedProblem {
  readonly problem: Problem;
  readonly segment: Segment;
}

/** Everything that is wrong with a flow, in file order, after settings and `flows-ignore` comments. */
export function checkFlow(
  document: FlowDocument,
  secrets: SecretKnowledge,
  rules: RuleSettings = {},
): PlacedProblem[] {
  const graph = graphOf(document);
  const installations = document.installations;
  const found: PlacedProblem[] = [];
  for (const segment of document.segments) {
    const problems = [...segmentProblems(segment), ...secretProblems(segment, secrets)];
    for (const placed of segment.blocks) problems.push(...wiringProblems(placed, graph, installations));
    problems.sort((a, b) => a.span.start - b.span.start);
    // An alias repeats what stands at its anchor, and with it the mistakes there.
    for (const [i, problem] of problems.entries())
      if (i === 0 || !isSame(problem, problems[i - 1]!)) found.push({ problem, segment });
  }
  return applySettings(document, found, rules);
}

function isSame(a: Problem, b: Problem): boolean {
  return (
    a.code === b.code && a.span.start === b.span.start && a.span.end === b.span.end && a.message === b.message
  );
}

/** Problems reported elsewhere (types), with the same settings and comments applied. */
export function applySettings(
  document: FlowDocument,
  found: readonly PlacedProblem[],
  rules: RuleSettings,
): PlacedProblem[] {
  const suppressed = suppressions(document);
  return found.flatMap(({ problem, segment }): PlacedProblem[] => {
    const kept = suppressed(problem, segment) ? undefined : withSeverity(problem, rules);
    return kept ? [{ problem: kept, segment }] : [];
  });
}

/** The problem with the severity that the settings give it; undefined when they switch it off. */
export function withSeverity(problem: Problem, rules: RuleSettings): Problem | undefined {
  const severity = rules[problem.code] ?? problem.severity;
  if (severity === 'off') return undefined;
  return severity === problem.severity ? problem : { ...problem, severity };
}

const ofSegment = new WeakMap<Segment, readonly Problem[]>();

/** Whatever the segment's text decides on its own. */
function segmentProblems(segment: Segment): readonly Problem[] {
  let problems = ofSegment.get(segment);
  if (!problems) {
    const { problems: read, blocks } = segment.content;
    // Where the YAML does not parse, keys and values are guesses: what they lack or have too much follows from that.
    const broken = read.some(({ code }) => code === 'yaml-syntax');
    problems = [
      ...(broken ? read.filter(({ code }) => code.startsWith('yaml-')) : read),
      ...segment.expressions.flatMap(checkSyntax),
      ...(segment.dialect === 'installation' && !broken ? checkInstallation(segment) : []),
      ...(broken ? [] : blocks.flatMap((block) => [...checkValues(block), ...checkFields(block)])),
      ...tokensIn(segment).map(tokenProblem),
    ];
    ofSegment.set(segment, problems);
  }
  return problems;
}

const ofSecrets = new WeakMap<SecretKnowledge, WeakMap<Segment, readonly Problem[]>>();

function secretProblems(segment: Segment, secrets: SecretKnowledge): readonly Problem[] {
  let known = ofSecrets.get(secrets);
  if (!known) ofSecrets.set(secrets, (known = new WeakMap()));
  let problems = known.get(segment);
  if (!problems) {
    problems = segment.expressions
      // While an expression does not parse, its names are guesses: good for completion, not for reports.
      .filter(({ expression }) => !expression.syntaxError || expression.syntaxError.lenient)
      .flatMap((value) => checkSecrets(value, secrets));
    known.set(segment, problems);
  }
  return problems;
}

const ofGraph = new WeakMap<
  FlowGraph,
  { installations: string; problems: WeakMap<PlacedBlock, readonly Problem[]> }
>();

function wiringProblems(
  placed: PlacedBlock,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): readonly Problem[] {
  let known = ofGraph.get(graph);
  const key = installationsKey(installations);
  if (known?.installations !== key)
    ofGraph.set(graph, (known = { installations: key, problems: new WeakMap() }));
  let problems = known.problems.get(placed);
  if (!problems) known.problems.set(placed, (problems = checkWiring(placed, { graph, installations })));
  return problems;
}

const installationKeys = new WeakMap<ReadonlyMap<string, AppInstallation>, string>();

function installationsKey(installations: ReadonlyMap<string, AppInstallation>): string {
  let key = installationKeys.get(installations);
  if (key === undefined) {
    key = JSON.stringify([...installations].map(([name, { appName }]) => [name, appName]));
    installationKeys.set(installations, key);
  }
  return key;
}

function suppressions(document: FlowDocument): (problem: Problem, segment: Segment) => boolean {
  const { segments } = document;
  if (
    segments.every(
      (segment) =>
        segment.suppressions.file !== 'all' &&
        segment.suppressions.file.size === 0 &&
        segment.suppressions.lines.size === 0,
    )
  ) {
    return () => false;
  }
  const before = new Map(
    segments.map((segment, i): [Segment, Segment | undefined] => [segment, segments[i - 1]]),
  );
  return (problem, segment) => {
    if (segments.some(({ suppressions: { file } }) => covers(file, problem.code))) return true;
    const { line } = segment.positionAt(problem.span.start);
    if (covers(segment.suppressions.lines.get(line), problem.code)) return true;
    // A comment before a block stands at the end of the segment before it.
    const previous = line === 0 ? before.get(segment) : undefined;
    return (
      previous !== undefined && covers(previous.suppressions.lines.get(previous.lineBreaks), problem.code)
    );
  };
}
