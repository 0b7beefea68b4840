/** Runs tests of flows on real runners, from texts. */
import path from 'node:path';
import { runTestFile, type FileResult, type TestProgress } from '../../../client/testing/testFile.js';
import { failureLines } from '../../../client/testing/words.js';
import { runnerPath } from '../runner/harness.js';

/** Texts by file name. The test is in `a.flow-test.yaml`. */
export async function runTests(
  files: Readonly<Record<string, string>>,
  {
    insensitive = [],
    stored = {},
    ...progress
  }: TestProgress & {
    readonly insensitive?: readonly string[];
    readonly stored?: Readonly<Record<string, string>>;
  } = {},
): Promise<FileResult> {
  const folder = path.resolve('/tests');
  return runTestFile(
    path.join(folder, 'a.flow-test.yaml'),
    files['a.flow-test.yaml']!,
    {
      runner: { runnerPath: await runnerPath() },
      read: (file) => Promise.resolve(files[path.relative(folder, file)]),
      insensitive: () => Promise.resolve(insensitive),
      stored: (_flow, keys) =>
        Promise.resolve(Object.fromEntries(Object.entries(stored).filter(([key]) => keys.includes(key)))),
    },
    progress,
  );
}

/** `line: message` of every failure, with its differences. */
export function told(result: FileResult): string[] {
  return result.results.flatMap(({ failures }) =>
    failures.map((failure) => `${failure.range.start.line + 1}: ${failureLines(failure).join('\n')}`),
  );
}
