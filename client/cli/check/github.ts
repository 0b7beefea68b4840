/** Workflow commands of GitHub Actions, which shows them as annotations of the files. */
import path from 'node:path';
import type { Severity } from '../../../flow/problem.js';
import type { Finding } from './analyse.js';
import { plainLine, shownPath, type Format } from './report.js';
import { summary } from './text.js';

const LEVELS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
  hint: 'notice',
};

export const github: Format = (report, { folder, quiet }) => {
  const root = repositoryRoot(folder);
  const lines = report.findings.map((finding) =>
    annotation({ ...finding, title: finding.code, message: plainLine(finding.message) }, root),
  );
  if (!quiet) lines.push(summary(report));
  return lines.map((line) => `${line}\n`).join('');
};

/** Annotations are found by the path in the repository, wherever in it the command runs. */
export function repositoryRoot(folder: string): string {
  const workspace = process.env.GITHUB_WORKSPACE;
  return workspace !== undefined && isBelow(folder, workspace) ? workspace : folder;
}

export type Annotation = Pick<
  Finding,
  'path' | 'line' | 'column' | 'endLine' | 'endColumn' | 'severity' | 'message'
> & { readonly title: string };

/** `message` may have several lines. */
export function annotation(
  { path: file, line, column, endLine, endColumn, severity, title, message }: Annotation,
  root: string,
): string {
  const properties: Record<string, string | number> = {
    file: shownPath(file, root),
    line,
    endLine,
    // Columns over several lines are refused.
    ...(line === endLine && { col: column, endColumn }),
    title: plainLine(title),
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${LEVELS[severity]} ${list.join(',')}::${escapeData(message)}`;
}

function isBelow(folder: string, root: string): boolean {
  const relative = path.relative(root, folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** As GitHub's own toolkit escapes them. */
const escapeData = (value: string): string =>
  value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (value: string): string =>
  escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
