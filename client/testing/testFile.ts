/** Runs the tests of one file: finds flow and mocks, makes up secrets, runs test after test, and says where each has failed. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FlowDocument } from '../../flow/document.js';
import { flowFileOf, mocksFileOf } from '../../flow/files.js';
import type { Name } from '../../flow/model.js';
import type { Problem } from '../../flow/problem.js';
import { checkTest } from '../../flow/testing/check.js';
import type { FlowTest } from '../../flow/testing/model.js';
import { parseTestFile } from '../../flow/testing/read.js';
import { floorIndex, lineStarts, type Range, type Span } from '../../flow/text.js';
import { fromFlow } from '../runner/fromFlow.js';
import type { RunnerOptions } from '../runner/host.js';
import type { RunEvent, StartRequest } from '../runner/protocol.js';
import { Checker } from './checker.js';
import { storedKeys, testSecrets } from './secrets.js';
import { matchersOf, runTest, type Failure } from './testRun.js';

/** Real time that a test may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

export interface TestEnvironment {
  readonly runner: RunnerOptions;
  /** Text of a file (absolute path), as it stands in the editor or on the disk; undefined when there is none. */
  readonly read: (file: string) => Promise<string | undefined>;
  /** Keys of a flow's project whose values may be shown. */
  readonly insensitive: (flowFile: string) => Promise<readonly string[]>;
  /** Values of these keys, all of them such, as far as this machine has them. Asked for by tests that say `stored` only. */
  readonly stored: (flowFile: string, keys: readonly string[]) => Promise<Readonly<Record<string, string>>>;
}

export interface TestProgress {
  /** Tests to run; default: all. */
  readonly select?: (name: string) => boolean;
  readonly started?: (name: string) => void;
  readonly ended?: (result: TestResult) => void;
  /** Ends the test under way; the others are not run. */
  readonly signal?: AbortSignal;
}

export type PlacedFailure = Omit<Failure, 'span'> & { readonly range: Range };

export interface TestResult {
  readonly name: string;
  /** Of the name, in the test file. */
  readonly range: Range;
  readonly milliseconds: number;
  /** None: it has passed. */
  readonly failures: readonly PlacedFailure[];
  /** All that the run has said; redacted. */
  readonly entries: readonly RunEvent[];
}

export interface FileResult {
  /** Absolute. */
  readonly file: string;
  /** What is wrong with the test file itself; with an error among them nothing is run. */
  readonly problems: readonly (Problem & { readonly range: Range })[];
  /** What of flow and mocks could not be taken over. */
  readonly remarks: readonly string[];
  readonly results: readonly TestResult[];
  /** Tests that were not selected. */
  readonly excluded: number;
}

/** `file`: absolute path. Never rejects for what stands in files. */
export async function runTestFile(
  file: string,
  text: string,
  environment: TestEnvironment,
  { select = () => true, started, ended, signal }: TestProgress = {},
): Promise<FileResult> {
  const rangeOf = rangesIn(text);
  const { read, runner } = environment;
  const parsed = parseTestFile(text);
  const { flow: named, setup, tests } = parsed;
  const at = (relative: string): string => path.resolve(path.dirname(file), relative);
  const flowFile = named ? at(named.text) : flowFileOf(file);
  const flowText = await read(flowFile);
  const mocks = new Map<string, StartRequest['mocks']>();
  for (const test of tests) {
    const name = test.setup.mocks ?? setup.mocks;
    const mocksFile = name ? at(name.text) : mocksFileOf(flowFile);
    if (mocks.has(mocksFile)) continue;
    const content = await read(mocksFile);
    mocks.set(mocksFile, content === undefined ? undefined : { uri: uriOf(mocksFile), text: content });
  }
  const shown = new Set(await environment.insensitive(flowFile));
  const problems = [
    ...checkTest(text, parsed, {
      flow: flowText === undefined ? null : new FlowDocument(flowText),
      flowName: path.basename(flowFile),
      exists: (relative) => mocks.get(at(relative)) !== undefined,
    }),
    ...[setup, ...tests.map((test) => test.setup)].flatMap(({ stored }) => sensitiveIn(stored, shown)),
  ].map((problem) => ({ ...problem, range: rangeOf(problem.span) }));
  const results: TestResult[] = [];
  const remarks = new Set<string>();
  if (flowText === undefined || problems.some(({ severity }) => severity === 'error'))
    return { file, problems, remarks: [], results, excluded: 0 };

  const chosen = tests.filter(({ name }) => select(name.text));
  const wanted = new Set(chosen.flatMap((test) => storedKeys(setup.secrets, test.setup.secrets)));
  const stored = wanted.size > 0 ? await environment.stored(flowFile, [...wanted]) : {};
  const checker = new Checker(matchersOf(chosen), runner);
  const runOne = async (test: FlowTest): Promise<TestResult> => {
    const name = test.setup.mocks ?? setup.mocks;
    const mock = mocks.get(name ? at(name.text) : mocksFileOf(flowFile));
    const from = performance.now();
    const { secretKeys } = fromFlow(flowText, flowFile, mock);
    const given = [setup.secrets, test.setup.secrets] as const;
    const { values, missing } = testSecrets(secretKeys, stored, ...given);
    for (const key of missing)
      remarks.add(`${key} has no value here: a generated one stands in the place of the stored one.`);
    // What this machine has is masked like a secret: a result is the same whatever it is, and shows it to nobody.
    const masked = new Set(storedKeys(...given));
    const {
      failures,
      entries,
      problems: said,
    } = await runTest({
      test,
      setup,
      start: {
        flowUri: uriOf(flowFile),
        flowText,
        insensitive: [...shown].filter((key) => !masked.has(key)),
        restored: [...shown],
        ...(mock && { mocks: mock }),
      },
      secrets: values,
      holds: (matcher, actual) => checker.holds(matcher, actual),
      runner,
      timeoutMs: TIMEOUT_MS,
      ...(signal && { signal }),
    });
    for (const remark of said) remarks.add(remark);
    return {
      name: test.name.text,
      range: rangeOf(test.name.span),
      milliseconds: performance.now() - from,
      failures: failures.map(({ span, ...failure }) => ({ ...failure, range: rangeOf(span) })),
      entries,
    };
  };
  try {
    for (const test of chosen) {
      if (signal?.aborted) break;
      started?.(test.name.text);
      const result = await runOne(test);
      // What was cut off has not failed.
      if (signal?.aborted) break;
      results.push(result);
      ended?.(result);
    }
  } finally {
    await checker.close();
  }
  return { file, problems, remarks: [...remarks], results, excluded: tests.length - chosen.length };
}

/** A test reads no value of a key that is not declared to be one that may be shown. */
function sensitiveIn(stored: readonly Name[], shown: ReadonlySet<string>): Problem[] {
  return stored.flatMap(({ text: key, span }) =>
    shown.has(key)
      ? []
      : [
          {
            code: 'test-value',
            message: `\`${key}\` cannot be \`stored\`: a test reads only values of keys that flows.project.yaml declares with \`sensitive: false\`. Without it the value is generated.`,
            severity: 'error',
            span,
          },
        ],
  );
}

function uriOf(file: string): string {
  return pathToFileURL(file).href;
}

/** Spans of a text as ranges, without the line breaks at the end of block collections. */
export function rangesIn(text: string): (span: Span) => Range {
  const starts = lineStarts(text);
  const positionAt = (offset: number): Range['start'] => {
    const line = Math.max(0, floorIndex(starts, offset));
    return { line, character: offset - starts[line]! };
  };
  return (span) => {
    const end = span.start + text.slice(span.start, span.end).trimEnd().length;
    return { start: positionAt(span.start), end: positionAt(end) };
  };
}
