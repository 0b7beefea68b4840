/** Results of tests in words, the same on the command line, in reports and in the editor. */
import type { Difference } from './match.js';
import type { FileResult, PlacedFailure, TestResult } from './testFile.js';

/** Characters of a value that is shown in a line. */
const MAX_VALUE = 160;
/** Differences that are told one by one. */
const MAX_DIFFERENCES = 12;

/** What has failed, then a line for each difference. */
export function failureLines({ message, differences }: Omit<PlacedFailure, 'range'>): string[] {
  const shown = differences.slice(0, MAX_DIFFERENCES).map((difference) => `  ${differenceLine(difference)}`);
  const rest = differences.length - shown.length;
  return [message, ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

function differenceLine({ path, expected, actual }: Difference): string {
  const got = actual === undefined ? 'nothing' : cut(JSON.stringify(actual));
  return `${path === '' ? '' : `${path}: `}expected ${cut(expected)}, got ${got}`;
}

function cut(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

export interface Counts {
  readonly tests: number;
  readonly failed: number;
  /** Test files that could not be run. */
  readonly broken: number;
}

export function countResults(files: readonly FileResult[]): Counts {
  const results = files.flatMap((file) => file.results);
  return {
    tests: results.length,
    failed: results.filter(hasFailed).length,
    broken: files.filter(isBroken).length,
  };
}

export function hasFailed({ failures }: TestResult): boolean {
  return failures.length > 0;
}

export function isBroken({ problems }: FileResult): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/**
 * `2 of 14 tests failed, 1 file cannot be run`.
 * @param excluded tests that `--grep` has left out; told when nothing else is left
 */
export function summaryOf({ tests, failed, broken }: Counts, excluded: number): string {
  if (tests + broken === 0)
    return excluded === 0 ? 'No test found.' : `No test fits --grep: ${plural(excluded, 'test')} excluded.`;
  const parts = [
    tests === 0
      ? ''
      : failed === 0
        ? `${plural(tests, 'test')} passed`
        : `${failed} of ${plural(tests, 'test')} failed`,
    broken === 0 ? '' : `${plural(broken, 'test file')} cannot be run`,
  ];
  return parts.filter(Boolean).join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
