/** How results of tests are written; each format is a module. */
import type { FileResult, TestResult } from '../../testing/testFile.js';

export interface FormatOptions {
  /** Absolute; paths are shown relative to it. */
  readonly folder: string;
  readonly colours: boolean;
  /** Show what happened in tests that have failed. */
  readonly events: boolean;
}

export interface Format {
  /** As soon as a file is done. */
  readonly file?: (result: FileResult, options: FormatOptions) => string;
  /** When all are done. `excluded`: tests that `--grep` has left out. */
  readonly end: (results: readonly FileResult[], options: FormatOptions, excluded: number) => string;
}

/** `Confirm run → default  {"id":1}` for every event and failure of a test, without times: they are virtual. */
export function eventTexts({ entries }: TestResult): string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'log' && entry.level === 'debug') return [];
    switch (entry.kind) {
      case 'event':
        return [
          `${entry.block} ${entry.output === undefined ? `← ${entry.input ?? 'input'}` : `→ ${entry.output}`}  ${cut(entry.data)}`,
        ];
      case 'failed':
        return [`${entry.block} ✗ ${entry.error.message}`];
      case 'activity':
        return [`${entry.block}   ${entry.text}`];
      case 'log':
        return [entry.text];
    }
  });
}

function cut(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
