/** What can be wrong with a flow: one shape for every report, in the editor and on the command line. */
import type { Code } from './codes.js';
import type { Span } from './text.js';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Problem {
  /** Stable; documented in docs/diagnostics.md. */
  readonly code: Code;
  /** Says what is wrong and what would be right. Never holds a secret's value. */
  readonly message: string;
  readonly severity: Severity;
  /** Relative to the segment that holds the problem. */
  readonly span: Span;
  /** For quick fixes: names only, e.g. the undefined key. */
  readonly data?: { readonly [name: string]: string | readonly string[] };
}
