/** What the tests of flows share: a picture of a document, random edits, and the reports on a text. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { applySettings, checkFlow, type RuleSettings } from '../../../flow/check.js';
import { checkMockNames } from '../../../flow/checkMocks.js';
import { checkProject, knowledgeOf } from '../../../flow/checkProject.js';
import { FlowDocument } from '../../../flow/document.js';
import { parseProject } from '../../../flow/project.js';
import type { Dialect } from '../../../flow/segment.js';
import { checkTest } from '../../../flow/testing/check.js';
import { parseTestFile } from '../../../flow/testing/read.js';
import { lineStarts, type Range } from '../../../flow/text.js';

/** All that a user can see of a document, with places in the whole text. */
export function picture(document: FlowDocument): unknown {
  return {
    text: document.text,
    blocks: document.blocks.map(({ block, segment }) => ({
      name: block.name.text,
      key: block.key,
      range: document.range(segment, block.span),
      type: block.type?.kind,
      inputs: [...block.inputs].map(([key, input]) => [
        key,
        input.links.map((link) => [link.block.text, document.range(segment, link.block.span)]),
      ]),
      expressions: block.expressions.map((value) => [
        value.path,
        value.scalar.value,
        document.range(segment, value.span),
      ]),
    })),
    installations: [...document.installations.keys()],
    notes: document.notes,
    reports: checkFlow(document, KNOWLEDGE).map(({ problem: { code, message, severity, span }, segment }) => [
      code,
      message,
      severity,
      document.range(segment, span),
    ]),
  };
}

const KNOWLEDGE = knowledgeOf(parseProject('secrets: { A: , TOKEN: }\n'), 'test');

export function rangeIn(text: string, start: number, end: number): Range {
  const starts = lineStarts(text);
  const at = (offset: number): Range['start'] => {
    const line = starts.findLastIndex((one) => one <= offset);
    return { line, character: offset - starts[line]! };
  };
  return { start: at(start), end: at(end) };
}

const INSERTED = fc.constantFrom(
  '',
  'x',
  '\n',
  '  ',
  '- ',
  '- name: New\n',
  '\n  - name: A\n    type: { coreBlock: sleep }\n',
  'blocks:\n',
  'notes: []\n',
  '"',
  "'",
  '!expr ',
  '|-\n',
  '#',
  '# flows-ignore\n',
  '# flows-ignore-file[block-type]\n',
  '---\n',
  '...',
  '\r\n',
  '\t',
  '{',
  '[',
  ']',
  ':',
  '\uFEFF',
  '&a ',
  '*a',
  'é😀',
);

/** Edits a document at random places, as an editor would, and compares it with a fresh one of the same text. */
export function assertEditsEqualFreshParse(text: string, numRuns: number): void {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), INSERTED, fc.boolean()), {
        minLength: 1,
        maxLength: 5,
      }),
      (edits) => {
        const document = new FlowDocument(text);
        let expected = text;
        for (const [place, length, inserted, wholeLines] of edits) {
          let start = Math.floor(place * expected.length);
          // Editors move whole lines as well.
          if (wholeLines) start = expected.lastIndexOf('\n', start) + 1;
          let end = Math.min(expected.length, start + length);
          if (wholeLines && length > 0) end = Math.max(start, expected.indexOf('\n', end) + 1);
          // An LSP position cannot stand between \r and \n.
          if (expected[start - 1] === '\r' || expected[end - 1] === '\r') continue;
          // What has been found out before an edit must not outlive it.
          checkFlow(document, KNOWLEDGE);
          document.change([{ range: rangeIn(expected, start, end), text: inserted }]);
          expected = expected.slice(0, start) + inserted + expected.slice(end);
          assert.equal(document.text, expected);
        }
        assert.deepEqual(picture(document), picture(new FlowDocument(expected)));
      },
    ),
    { numRuns },
  );
}

/** A report as a table has it: its code, the text it covers, what it says, and its severity. */
export interface Reported {
  readonly code: string;
  readonly covered: string;
  readonly message: string;
  readonly severity: string;
  readonly range: Range;
}

export interface Surroundings {
  /** Text of the project file; without one nothing is known of secrets. */
  readonly project?: string;
  /** Keys with a value on this machine. */
  readonly set?: readonly string[];
  readonly rules?: RuleSettings;
  readonly dialect?: Dialect;
}

/** The reports on a flow, in file order. */
export function reportsOn(text: string, { project, set, rules, dialect }: Surroundings = {}): Reported[] {
  const document = new FlowDocument(text, dialect);
  const declared = parseProject(project ?? '');
  const knowledge = knowledgeOf(declared, 'folder', set && new Set(set));
  return checkFlow(document, knowledge, { ...declared.rules, ...rules }).map(
    ({ problem: { code, message, severity, span }, segment }) => ({
      code,
      covered: segment.text.slice(span.start, span.end),
      message,
      severity,
      range: document.range(segment, span),
    }),
  );
}

/** The reports on a project file. */
export function reportsOnProject(text: string, rules: RuleSettings = {}): Reported[] {
  const project = parseProject(text);
  return checkProject(text, project, { ...project.rules, ...rules }).map(
    ({ code, message, severity, span }) => ({
      code,
      covered: text.slice(span.start, span.end),
      message,
      severity,
      range: rangeIn(text, span.start, span.end),
    }),
  );
}

/** What stands under a line to say what is reported on it: carets below the text, then severity, code and message. */
const MARK = /^( *(?:# *)?)(\^+)(?: +(.*))?$/;

export interface Mark {
  /** In the text without marks. */
  readonly range: Range;
  /** What follows the carets, '' when nothing does. */
  readonly note: string;
}

/** Takes the marks out of a text. `# ^^^` does as well as `^^^`: it leaves the YAML readable. */
export function readMarks(marked: string): { readonly text: string; readonly marks: readonly Mark[] } {
  const lines: string[] = [];
  const marks: Mark[] = [];
  for (const line of marked.split('\n')) {
    const found = MARK.exec(line);
    if (!found) {
      lines.push(line);
      continue;
    }
    const character = found[1]!.length;
    const at = lines.length - 1;
    marks.push({
      range: { start: { line: at, character }, end: { line: at, character: character + found[2]!.length } },
      note: found[3] ?? '',
    });
  }
  return { text: lines.join('\n'), marks };
}

/** A range as carets can show it: on its first line. */
export function onFirstLine({ start, end }: Range, text: string): Range {
  if (start.line === end.line) return { start, end };
  const line = text.split('\n')[start.line]!;
  return { start, end: { line: start.line, character: line.length } };
}

/** The text with a mark for each report. */
export function writeMarks(text: string, reports: readonly Reported[]): string {
  return text
    .split('\n')
    .flatMap((line, i) => [
      line,
      ...reports
        .filter(({ range }) => range.start.line === i)
        .map(({ range, severity, code, message }) => {
          const { start, end } = onFirstLine(range, text);
          return `${' '.repeat(start.character)}${'^'.repeat(Math.max(1, end.character - start.character))} ${severity} ${code}: ${message}`;
        }),
    ])
    .join('\n');
}

export const GOLDEN_FOLDER = path.join(process.cwd(), 'test/fixtures/diagnostics');

/** A small flow of a golden file, and what is around it. */
export interface GoldenCase {
  readonly title: string;
  /** Title and options as written. */
  readonly head: string;
  readonly marked: string;
  readonly options: ReadonlyMap<string, string>;
}

/** `=== title`, options as `> name: value`, then the text. */
export function goldenCases(file: string): GoldenCase[] {
  const content = fs.readFileSync(path.join(GOLDEN_FOLDER, file), 'utf8');
  return content
    .split(/^(?==== )/m)
    .filter((part) => part !== '')
    .map((part) => {
      const lines = part.replace(/\n$/, '').split('\n');
      let count = 1;
      while (lines[count]?.startsWith('> ')) count++;
      const head = lines.slice(0, count);
      return {
        title: lines[0]!.slice('=== '.length),
        head: head.join('\n'),
        marked: lines.slice(count).join('\n'),
        options: new Map(
          head.slice(1).map((line) => {
            const [, name, value] = /^> (\w+): ?(.*)$/.exec(line)!;
            return [name!, value!];
          }),
        ),
      };
    });
}

export function goldenReports({ options }: GoldenCase, text: string): Reported[] {
  const words = (name: string): string[] | undefined =>
    options
      .get(name)
      ?.split(' ')
      .filter((word) => word !== '');
  if (options.get('kind') === 'project') return reportsOnProject(text);
  if (options.get('kind') === 'test') return reportsOnTest(text);
  if (options.get('kind') === 'mocks') return reportsOnMocks(text);
  const keys = words('secrets');
  const rules = words('rules')?.map((rule) => `  ${rule.replace('=', ': ')}\n`);
  return reportsOn(text, {
    // Without a key there is no list of keys.
    project: `project: ops\n${keys?.length ? `secrets: { ${keys.map((key) => `${key}: `).join(', ')} }\n` : ''}${rules ? `rules:\n${rules.join('')}` : ''}`,
    ...(words('set') && { set: words('set')! }),
    ...(options.get('kind') === 'installation' && { dialect: 'installation' }),
  });
}

/** Codes that cover a name inside an expression, which is written the same in every style. */
const IN_EXPRESSIONS: ReadonlySet<string> = new Set([
  'undefined-secret',
  'secret-without-value',
  'dynamic-secret',
  'unavailable-name',
  'unknown-output',
  'unknown-signal',
]);

/** Reports without their places, to compare those on two writings of the same flow: sorted, with the name they cover. */
export function reportSet(reports: readonly Reported[]): string[] {
  return reports
    .map(({ severity, code, message, covered }) => {
      // Double quotes may break a line within a word.
      const name = IN_EXPRESSIONS.has(code) ? ` at ${covered.replace(/\\\r?\n\s*/g, '')}` : '';
      return `${severity} ${code}${name}: ${message}`;
    })
    .sort();
}

/** Of a test beside the flow of an example; one mocks file is there. */
function reportsOnMocks(text: string): Reported[] {
  const document = new FlowDocument(text, 'mocks');
  const flow = new FlowDocument(fs.readFileSync('examples/incident-triage.flow.yaml', 'utf8'));
  const problems = [
    ...checkFlow(document, KNOWLEDGE),
    ...applySettings(document, checkMockNames(document, [flow]), {}),
  ];
  return problems
    .map(({ problem: { code, message, severity, span }, segment }): Reported => ({
      code,
      message,
      severity,
      covered: segment.text.slice(span.start, span.end),
      range: document.range(segment, span),
    }))
    .sort(
      (a, b) => a.range.start.line - b.range.start.line || a.range.start.character - b.range.start.character,
    );
}

function reportsOnTest(text: string): Reported[] {
  const file = parseTestFile(text);
  const flow =
    file.flow?.text === './nowhere.flow.yaml'
      ? null
      : new FlowDocument(fs.readFileSync('examples/incident-triage.flow.yaml', 'utf8'));
  const exists = (name: string): boolean => name === './there.mocks.yaml';
  return checkTest(text, file, { flow, flowName: 'a.flow.yaml', exists }).map(
    ({ code, message, severity, span }) => ({
      code,
      message,
      severity,
      covered: text.slice(span.start, span.end),
      range: rangeIn(text, span.start, span.end),
    }),
  );
}
