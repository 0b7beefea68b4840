/** For programs: one object. Lines and columns count from 1. */
import type { Range } from '../../../flow/text.js';
import { shownPath } from '../check/report.js';
import { countResults, hasFailed } from '../../testing/words.js';
import type { Format } from './format.js';

export const json: Format = {
  end: (results, { folder, events }, excluded) =>
    `${JSON.stringify(
      {
        ...countResults(results),
        excluded,
        files: results.map(({ file, problems, remarks, results: tests }) => ({
          path: shownPath(file, folder),
          problems: problems.map(({ code, severity, message, range }) => ({
            code,
            severity,
            message,
            ...place(range),
          })),
          remarks,
          tests: tests.map((test) => ({
            name: test.name,
            ...place(test.range),
            state: hasFailed(test) ? 'failed' : 'passed',
            milliseconds: Math.round(test.milliseconds),
            failures: test.failures.map(({ message, range, differences, expected, actual }) => ({
              message,
              ...place(range),
              differences: differences.map((difference) => ({
                path: difference.path,
                expected: difference.expected,
                actual: difference.actual,
              })),
              ...(expected !== undefined && { expected, actual }),
            })),
            ...(events && { events: test.entries }),
          })),
        })),
      },
      undefined,
      2,
    )}\n`,
};

function place({ start, end }: Range): Record<string, number> {
  return {
    line: start.line + 1,
    column: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}
