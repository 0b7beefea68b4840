/** Workflow commands of GitHub Actions: an annotation per failure, at its place in the test file. */
import type { Range } from '../../../flow/text.js';
import { countResults, failureLines, summaryOf } from '../../testing/words.js';
import { annotation, repositoryRoot, type Annotation } from '../check/github.js';
import { plainLine } from '../check/report.js';
import type { Format } from './format.js';

export const github: Format = {
  end(results, { folder }, excluded) {
    const root = repositoryRoot(folder);
    const lines = results.flatMap(({ file, problems, results: tests }) => {
      const at = ({ start, end }: Range): Omit<Annotation, 'severity' | 'title' | 'message'> => ({
        path: file,
        line: start.line + 1,
        column: start.character + 1,
        endLine: end.line + 1,
        endColumn: end.character + 1,
      });
      return [
        ...problems.map(({ severity, code, message, range }) =>
          annotation({ ...at(range), severity, title: code, message: plainLine(message) }, root),
        ),
        ...tests.flatMap(({ name, failures }) =>
          failures.map((failure) =>
            annotation(
              {
                ...at(failure.range),
                severity: 'error',
                title: name,
                message: failureLines(failure).map(plainLine).join('\n'),
              },
              root,
            ),
          ),
        ),
      ];
    });
    return [...lines, summaryOf(countResults(results), excluded)].map((line) => `${line}\n`).join('');
  },
};
