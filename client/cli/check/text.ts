/** For people: one line per finding that terminals and editors can follow, grouped by file, and a summary. */
import type { Severity } from '../../../flow/problem.js';
import type { Gap } from './projects.js';
import { countBySeverity, plainLine, SEVERITIES, shownPath, type Format, type Report } from './report.js';

const COLOURS: Readonly<Record<Severity | 'dim' | 'good' | 'bad', string>> = {
  error: '31',
  warning: '33',
  information: '36',
  hint: '90',
  dim: '2',
  good: '32',
  bad: '31',
};

const GAPS: Readonly<Record<Gap, string>> = {
  list: 'no flows.project.yaml with `secrets` stands beside or above.',
  mistakes: 'their flows.project.yaml has mistakes, which may hide keys.',
  terraform: 'Terraform makes keys that its text does not name.',
};

export const text: Format = (report, { folder, colours, quiet }) => {
  const paint = (colour: keyof typeof COLOURS, words: string): string =>
    colours ? `\u001b[${COLOURS[colour]}m${words}\u001b[0m` : words;
  const lines: string[] = [];
  let before: string | undefined;
  for (const { path, line, column, severity, code, message } of report.findings) {
    if (before !== undefined && before !== path) lines.push('');
    before = path;
    lines.push(
      `${plainLine(shownPath(path, folder))}:${line}:${column} ${paint(severity, severity)} ${plainLine(message)} ${paint('dim', `[${code}]`)}`,
    );
  }
  if (!quiet) {
    if (lines.length > 0) lines.push('');
    const [colour, mark] = markOf(report);
    lines.push(`${paint(colour, mark)} ${summary(report)}`);
    for (const [gap, count] of report.unlisted)
      lines.push(paint('dim', `  Secrets of ${files(count)} were not looked up: ${GAPS[gap]}`));
    if (report.types === 'missing')
      lines.push(
        paint('dim', '  Types of expressions were not checked: typescript.js is not beside this program.'),
      );
  }
  return lines.map((line) => `${line}\n`).join('');
};

function markOf({
  findings,
  unreadable,
  files: checked,
}: Report): [colour: keyof typeof COLOURS, mark: string] {
  if (unreadable.length > 0) return ['bad', '✖'];
  if (checked === 0) return ['information', 'ℹ'];
  const gravest = SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity));
  if (gravest === undefined) return ['good', '✔'];
  return [gravest, gravest === 'error' || gravest === 'warning' ? '✖' : 'ℹ'];
}

/** `3 problems in 2 of 14 files: 1 error, 2 warnings`. */
export function summary({ findings, files: checked, unreadable }: Report): string {
  if (checked === 0)
    return unreadable.length > 0 ? 'Nothing was checked.' : 'No file found that has to do with flows.';
  if (findings.length === 0) return `${files(checked)}, no problems`;
  const affected = new Set(findings.map(({ path }) => path)).size;
  const counts = countBySeverity(findings);
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) =>
    severity === 'information' ? `${counts[severity]} information` : plural(counts[severity], severity),
  );
  return `${plural(findings.length, 'problem')} in ${affected} of ${files(checked)}: ${parts.join(', ')}`;
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const files = (count: number): string => plural(count, 'file');
