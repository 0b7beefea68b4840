/** What a run of `check` has found, and what every output format needs of it. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Severity } from '../../../flow/problem.js';
import type { Finding } from './analyse.js';
import type { Unreadable } from './files.js';
import type { Gap } from './projects.js';

export interface Report {
  /** Grouped by file, in the order the files were read. */
  readonly findings: readonly Finding[];
  readonly unreadable: readonly Unreadable[];
  /** Files that have been checked. */
  readonly files: number;
  /** Number of files that name secrets of which there is no whole list, by the reason: none of them was called undefined. */
  readonly unlisted: ReadonlyMap<Gap, number>;
  /** Whether the types of expressions were checked; `missing`: there is no TypeScript beside the program. */
  readonly types: 'checked' | 'off' | 'missing';
}

/** How a report is written; each format is a module. */
export type Format = (report: Report, options: FormatOptions) => string;

export interface FormatOptions {
  /** Absolute; paths are shown relative to it. */
  readonly folder: string;
  readonly colours: boolean;
  /** Without a summary. */
  readonly quiet: boolean;
}

/** From the gravest down. */
export const SEVERITIES = ['error', 'warning', 'information', 'hint'] as const satisfies readonly Severity[];

export function atLeast(severity: Severity, limit: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(limit);
}

/** Relative with `/`, for people and for annotations; absolute where the file is on another drive. */
export function shownPath(file: string, folder: string): string {
  const relative = path.relative(folder, file);
  return (relative === '' ? '.' : relative).split(path.sep).join('/');
}

/** A relative URI reference for what is below `folder`, an absolute one for all else. */
export function uriOf(file: string, folder: string): { readonly uri: string; readonly isRelative: boolean } {
  const relative = path.relative(folder, file);
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative))
    return { uri: pathToFileURL(file).href, isRelative: false };
  return { uri: relative.split(path.sep).map(encodeURIComponent).join('/'), isRelative: true };
}

/**
 * One line without control characters and without those that turn the direction of writing: names in messages come from
 * files that strangers may have written, and what is shown goes to terminals.
 */
export function plainLine(text: string): string {
  return text
    .replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
    .replace(
      /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
      (unit) => `\\u{${unit.codePointAt(0)!.toString(16)}}`,
    );
}

export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}
