/** One file's diagnostics, with places as people count them: the same rules as in the editor. */
import fs from 'node:fs';
import path from 'node:path';
import { applySettings, checkFlow, type PlacedProblem, type RuleSettings } from '../../../flow/check.js';
import { checkMockNames } from '../../../flow/checkMocks.js';
import { checkProject } from '../../../flow/checkProject.js';
import type { Code } from '../../../flow/codes.js';
import { FlowDocument } from '../../../flow/document.js';
import type { Expression } from '../../../flow/expression.js';
import { secretKeys } from '../../../flow/expression.js';
import { flowFileOf } from '../../../flow/files.js';
import { checkTerraform } from '../../../flow/hcl/check.js';
import type { TerraformFile } from '../../../flow/hcl/terraform.js';
import { flowsOfMocks } from '../../../flow/mocksFile.js';
import type { Problem, Severity } from '../../../flow/problem.js';
import { checkAppFields } from '../../../flow/rules/appFields.js';
import type { Dialect } from '../../../flow/segment.js';
import { checkTest } from '../../../flow/testing/check.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { floorIndex, lineStarts, type Position, type Range, type Span } from '../../../flow/text.js';
import { readText } from './files.js';
import { appFieldsOf } from './appFields.js';
import type { LoadedProject } from './projects.js';
import { installationsOf } from './terraform.js';

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
  /** Keys of the secrets that it names. */
  readonly keys: ReadonlySet<string>;
}

export interface Around {
  readonly project: LoadedProject;
  /** They win over the project's own. */
  readonly rules: RuleSettings;
}

export interface FlowAnalysis extends Analysis {
  /** For what takes longer: the types of expressions. */
  readonly document: FlowDocument;
}

export function analyseFlow(
  { path, kind, text }: { readonly path: string; readonly kind: Dialect; readonly text: string },
  { project, rules }: Around,
): FlowAnalysis {
  const document = new FlowDocument(text, kind);
  const all = allRules(project, rules);
  const app = appFieldsOf(path, document);
  const problems = [
    ...checkFlow(document, project.knowledge, all),
    ...(app ? applySettings(document, checkAppFields(document, app), all) : []),
    ...(kind === 'mocks' ? applySettings(document, checkMockNames(document, flowsBeside(path)), all) : []),
  ];
  return {
    document,
    findings: inOrder(placed(path, document, problems)),
    keys: keysOf(document.segments.flatMap(({ expressions }) => expressions)),
  };
}

/** Whether expressions of the flow are to be checked for types. */
export function wantsTypes(document: FlowDocument, { project, rules }: Around): boolean {
  return (
    allRules(project, rules)['expression-type'] !== 'off' &&
    document.blocks.some(({ block }) => block.expressions.length > 0)
  );
}

/** Type errors as findings, with the severities and comments that hold for the flow. */
export function typeFindings(
  path: string,
  document: FlowDocument,
  problems: readonly PlacedProblem[],
  { project, rules }: Around,
): Finding[] {
  return placed(path, document, applySettings(document, problems, allRules(project, rules)));
}

function placed(path: string, document: FlowDocument, problems: readonly PlacedProblem[]): Finding[] {
  return problems.map(({ problem, segment }) =>
    toFinding(path, problem, document.range(segment, problem.span)),
  );
}

export function analyseTerraform(
  { path, text, terraform }: { path: string; text: string; terraform: TerraformFile },
  { project, rules }: Around,
): Analysis {
  const rangeOf = rangesIn(text);
  const problems = checkTerraform(terraform, text, {
    secrets: project.knowledge,
    rules: allRules(project, rules),
    installationsOf: (definition) => installationsOf(path, definition),
  });
  return {
    findings: problems.map((problem) => toFinding(path, problem, rangeOf(problem.span))),
    keys: keysOf(terraform.expressions),
  };
}

/** A test file, beside the flow and the mocks that it names. */
export function analyseTest(
  { path: file, text }: { readonly path: string; readonly text: string },
  { project, rules }: Around,
): Analysis {
  const rangeOf = rangesIn(text);
  const parsed = parseTestFile(text);
  const at = (relative: string): string => path.resolve(path.dirname(file), relative);
  const flowFile = parsed.flow ? at(parsed.flow.text) : flowFileOf(file);
  const problems = checkTest(
    text,
    parsed,
    {
      flow: documentAt(flowFile),
      flowName: path.basename(flowFile),
      exists: (relative) => fs.existsSync(at(relative)),
    },
    allRules(project, rules),
  );
  return {
    findings: problems.map((problem) => toFinding(file, problem, rangeOf(problem.span))),
    keys: new Set(),
  };
}

/** The flows that a mocks file is for. */
function flowsBeside(file: string): FlowDocument[] {
  const folder = path.dirname(file);
  const at = (relative: string): string => path.resolve(folder, relative);
  const found = flowsOfMocks(path.basename(file), {
    names: () => attempt(() => fs.readdirSync(folder)) ?? [],
    read: (name) => attempt(() => readText(at(name))),
    exists: (relative) => fs.existsSync(at(relative)),
  });
  return found.flatMap((relative) => documentAt(at(relative)) ?? []);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function documentAt(file: string): FlowDocument | null {
  try {
    return new FlowDocument(readText(file));
  } catch {
    return null;
  }
}

/** `used`: the keys that all files of the project name, where all have been read. */
export function analyseProject(
  project: LoadedProject,
  rules: RuleSettings,
  used: ReadonlySet<string> | undefined,
): readonly Finding[] {
  if (!project.file) return [];
  const { path, text } = project.file;
  const rangeOf = rangesIn(text);
  return checkProject(text, project.project, allRules(project, rules), used).map((problem) =>
    toFinding(path, problem, rangeOf(problem.span)),
  );
}

function allRules({ project }: LoadedProject, rules: RuleSettings): RuleSettings {
  return { ...project.rules, ...rules };
}

function keysOf(values: readonly { readonly expression: Expression }[]): ReadonlySet<string> {
  return new Set(values.flatMap(({ expression }) => secretKeys(expression)));
}

function rangesIn(text: string): (span: Span) => Range {
  const starts = lineStarts(text);
  const positionAt = (offset: number): Position => {
    const line = floorIndex(starts, offset);
    return { line, character: offset - starts[line]! };
  };
  return ({ start, end }) => ({ start: positionAt(start), end: positionAt(end) });
}

export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => a.line - b.line || a.column - b.column);
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
