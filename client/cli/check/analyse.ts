/** One file's diagnostics, with places as people count them. The same rules as in the editor: flow/check.ts. */
import { checkFlow, type RuleSettings } from '../../../flow/check.js';
import { checkProject } from '../../../flow/checkProject.js';
import type { Code } from '../../../flow/codes.js';
import { FlowDocument } from '../../../flow/document.js';
import type { Problem, Severity } from '../../../flow/problem.js';
import { floorIndex, lineStarts, type Position, type Range } from '../../../flow/text.js';
import type { SourceFile } from './files.js';
import type { LoadedProject } from './projects.js';

/** Lines and columns count from 1; columns are UTF-16 code units, as editors count them; the end is exclusive. */
export interface Finding {
  /** Absolute path. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: Severity;
  readonly code: Code;
  readonly message: string;
  /** Names that a program can act on, e.g. the undeclared key. */
  readonly data?: Problem['data'];
}

export interface Analysis {
  /** In file order. */
  readonly findings: readonly Finding[];
  /** An expression reads a secret by its key. */
  readonly namesSecrets: boolean;
}

/** `rules` win over the project's own. */
export function analyse(
  { path, kind, text }: SourceFile,
  { project, knowledge }: LoadedProject,
  rules: RuleSettings,
): Analysis {
  const all: RuleSettings = { ...project.rules, ...rules };
  if (kind === 'project') {
    const starts = lineStarts(text);
    const positionAt = (offset: number): Position => {
      const line = floorIndex(starts, offset);
      return { line, character: offset - starts[line]! };
    };
    const findings = checkProject(text, project, all).map((problem) =>
      toFinding(path, problem, { start: positionAt(problem.span.start), end: positionAt(problem.span.end) }),
    );
    return { findings, namesSecrets: false };
  }
  const document = new FlowDocument(text, kind);
  const findings = checkFlow(document, knowledge, all).map(({ problem, segment }) =>
    toFinding(path, problem, document.range(segment, problem.span)),
  );
  const namesSecrets = document.segments.some(({ expressions }) =>
    expressions.some(({ expression }) => expression.accesses.some(({ root }) => root === 'secrets')),
  );
  return { findings, namesSecrets };
}

function toFinding(path: string, { severity, code, message, data }: Problem, { start, end }: Range): Finding {
  return {
    path,
    line: start.line + 1,
    column: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
    severity,
    code,
    message,
    ...(data && { data }),
  };
}
