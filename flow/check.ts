/**
 * The diagnostics of a flow: pure rules over a document and what is known around it. The editor and the command line show
 * the same list. What a segment's own text decides is computed once per segment, what its wiring decides once per graph.
 */
import type { Code } from './codes.js';
import type { FlowDocument, PlacedBlock } from './document.js';
import { graphOf, sharedEnds, type FlowGraph } from './graph.js';
import type { AppInstallation } from './model.js';
import type { Problem, Severity } from './problem.js';
import { checkFields } from './rules/fields.js';
import { checkApp } from './rules/appFields.js';
import { checkInstallation } from './rules/installation.js';
import { checkMocks } from './rules/mocks.js';
import { checkSecrets } from './rules/secrets.js';
import { checkRefs } from './rules/signalRefs.js';
import { checkSyntax, checkValues } from './rules/values.js';
import { checkWiring, wiringChange } from './rules/wiring.js';
import type { Segment } from './segment.js';
import { covers } from './suppress.js';
import { tokenProblem, tokensIn } from './tokens/literals.js';
import { withoutTokens } from './tokens/mask.js';
import { REPEATED_KEY } from './yamlErrors.js';

/** What is known of a project's secrets. Names only. The same object as long as nothing changes: caches hang on it. */
export interface SecretKnowledge {
  /** For messages: the project's id. */
  readonly project: string;
  /** Keys that exist. */
  readonly declared: ReadonlySet<string>;
  /** Keys whose declaration is reported. */
  readonly misnamed?: ReadonlySet<string>;
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

/** What the reports on a segment follow from, besides its text and the segment before it. */
interface Surroundings {
  readonly secrets: SecretKnowledge;
  readonly graph: FlowGraph;
  /** Names of the installations. */
  readonly installations: string;
  readonly rules: string;
  readonly silenced: Silenced;
}

interface Checked extends Surroundings {
  readonly segments: readonly Segment[];
  /** For each segment. */
  readonly found: readonly (readonly PlacedProblem[])[];
}

const checked = new WeakMap<FlowDocument, Checked>();

/** Everything that is wrong with a flow, in file order, after settings and `flows-ignore` comments. */
export function checkFlow(
  document: FlowDocument,
  secrets: SecretKnowledge,
  rules: RuleSettings = {},
): PlacedProblem[] {
  const steps = checkInSteps(document, secrets, rules);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same, segment by segment: whoever has other things to do can stop in between. While it goes on, the document must
 * not change. What has been found out about segments is kept, so nothing is lost by giving up.
 */
export function* checkInSteps(
  document: FlowDocument,
  secrets: SecretKnowledge,
  rules: RuleSettings,
): Generator<void, PlacedProblem[]> {
  const { segments } = document;
  // Reading comes first: a graph needs all blocks.
  for (const segment of segments) if (segment.read()) yield;
  const around: Surroundings = {
    secrets,
    graph: graphOf(document),
    installations: installationsKey(document.installations),
    rules: JSON.stringify(rules),
    silenced: silencedIn(document),
  };
  const known = checked.get(document);
  const [head, tail] =
    known && sameSurroundings(known, around) ? sharedEnds(known.segments, segments) : [0, 0];
  // Of those at the end, the first may have another segment before it, whose last lines can silence its first.
  const rest = segments.length - Math.max(0, tail - 1);
  const shift = known ? known.segments.length - segments.length : 0;
  const mayDiffer =
    known && known.graph !== around.graph ? wiringChange(known.graph, around.graph) : undefined;
  const found: (readonly PlacedProblem[])[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!;
    const before = i < head ? known!.found[i]! : i >= rest ? known!.found[i + shift]! : undefined;
    if (before && !(mayDiffer && segment.blocks.some(({ block }) => mayDiffer(block, before)))) {
      found.push(before);
      continue;
    }
    const problems = problemsOf(segment, document, around);
    found.push(problems.length === 0 ? NONE : settled(document, problems, rules, around.silenced));
    yield;
  }
  checked.set(document, { ...around, segments, found });
  const list: PlacedProblem[] = [];
  const ofFile = [
    ...repeatedKeys(segments),
    ...(document.dialect === 'installation' && !segments.some(isBroken) ? checkApp(document) : []),
  ];
  for (const [i, some] of found.entries()) {
    const here = ofFile.filter(({ segment }) => segment === segments[i]);
    if (here.length > 0) list.push(...settled(document, here, rules, around.silenced));
    for (const one of some) list.push(one);
  }
  return list;
}

/** Root keys that an earlier segment has already: the YAML of a segment alone does not show it. */
function repeatedKeys(segments: readonly Segment[]): PlacedProblem[] {
  const repeated: PlacedProblem[] = [];
  const known = new Set<string>();
  for (const segment of segments) {
    if (segment.kind === 'block') continue;
    for (const { key, keySpan: span } of segment.content.keys) {
      if (known.has(key))
        repeated.push({
          problem: { code: 'yaml-syntax', message: REPEATED_KEY, severity: 'error', span },
          segment,
        });
    }
    for (const { key } of segment.content.keys) known.add(key);
  }
  return repeated;
}

/** Where the YAML does not parse, keys and values are guesses: what they lack or have too much follows from that. */
function isBroken({ content: { problems } }: Segment): boolean {
  return problems.some(({ code }) => code === 'yaml-syntax');
}

const NONE: readonly PlacedProblem[] = [];

/** Whatever decides about all segments; what another graph decides, it does for some. */
function sameSurroundings(a: Surroundings, b: Surroundings): boolean {
  return (
    a.secrets === b.secrets &&
    a.installations === b.installations &&
    a.rules === b.rules &&
    sameCodes(a.silenced, b.silenced)
  );
}

/** In file order, as the rules have them. */
function problemsOf(segment: Segment, document: FlowDocument, around: Surroundings): PlacedProblem[] {
  const { secrets, graph } = around;
  const problems = [...segmentProblems(segment), ...secretProblems(segment, secrets)];
  for (const placed of segment.blocks)
    problems.push(...wiringProblems(placed, graph, document.installations));
  problems.sort((a, b) => a.span.start - b.span.start);
  return (
    problems
      // An alias repeats what stands at its anchor, and with it the mistakes there.
      .filter((problem, i) => i === 0 || !isSame(problem, problems[i - 1]!))
      .map((problem) => ({ problem, segment }))
  );
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
  return settled(document, found, rules, silencedIn(document));
}

function settled(
  document: FlowDocument,
  found: readonly PlacedProblem[],
  rules: RuleSettings,
  silenced: Silenced,
): PlacedProblem[] {
  return found.flatMap(({ problem, segment }): PlacedProblem[] => {
    if (covers(silenced, problem.code) || isSilenced(document, segment, problem)) return [];
    const kept = withSeverity(problem, rules);
    if (!kept) return [];
    const message = withoutTokens(kept.message, segment);
    return [{ problem: message === kept.message ? kept : { ...kept, message }, segment }];
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
    const broken = isBroken(segment);
    problems = [
      ...(broken ? read.filter(({ code }) => code.startsWith('yaml-')) : read),
      // Nor can it be said where an expression ends.
      ...(broken ? [] : segment.expressions.flatMap((value) => [...checkSyntax(value), ...checkRefs(value)])),
      ...(segment.dialect === 'installation' && !broken ? checkInstallation(segment) : []),
      ...(segment.dialect === 'mocks' && !broken ? checkMocks(segment) : []),
      ...(broken ? [] : blocks.flatMap((block) => [...checkValues(block), ...checkFields(block)])),
      ...tokensIn(segment).map((token) => tokenProblem(token, segment.dialect === 'mocks')),
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

interface Wiring {
  readonly graph: FlowGraph;
  readonly installations: string;
  readonly problems: readonly Problem[];
}

const wirings = new WeakMap<PlacedBlock, Wiring>();

function wiringProblems(
  placed: PlacedBlock,
  graph: FlowGraph,
  installations: ReadonlyMap<string, AppInstallation>,
): readonly Problem[] {
  const known = wirings.get(placed);
  const key = installationsKey(installations);
  if (known?.graph === graph && known.installations === key) return known.problems;
  const problems = checkWiring(placed, { graph, installations });
  wirings.set(placed, { graph, installations: key, problems });
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

/** Codes that comments silence in the whole file. */
type Silenced = ReadonlySet<string> | 'all';

function silencedIn(document: FlowDocument): Silenced {
  const silenced = new Set<string>();
  for (const { suppressions } of document.segments) {
    const { file } = suppressions;
    if (file === 'all') return 'all';
    for (const code of file) silenced.add(code);
  }
  return silenced;
}

function sameCodes(a: Silenced, b: Silenced): boolean {
  if (a === 'all' || b === 'all') return a === b;
  return a.size === b.size && [...a].every((code) => b.has(code));
}

/** Whether a comment on the line or before it silences the problem. */
function isSilenced(document: FlowDocument, segment: Segment, { code, span }: Problem): boolean {
  const { lines } = segment.suppressions;
  const { line } = segment.positionAt(span.start);
  if (covers(lines.get(line), code)) return true;
  // A comment before a block stands at the end of the segment before it.
  const previous = line === 0 ? document.before(segment) : undefined;
  return previous !== undefined && covers(previous.suppressions.lines.get(previous.lineBreaks), code);
}
