/** For programs. Fields are only ever added; `version` grows when one changes its meaning. */
import { countBySeverity, shownPath, type Format } from './report.js';

export const json: Format = ({ findings, unreadable, files, unlisted, types }, { folder }) =>
  `${JSON.stringify(
    {
      version: 1,
      files,
      filesWithoutKeys: [...unlisted.values()].reduce((sum, count) => sum + count, 0),
      types,
      counts: countBySeverity(findings),
      problems: findings.map(({ path, ...rest }) => ({ file: shownPath(path, folder), ...rest })),
      unreadable: unreadable.map(({ path, reason }) => ({ file: shownPath(path, folder), reason })),
    },
    undefined,
    2,
  )}\n`;
