/** What the tests of flows share: a picture of a document, random edits, and the reports on a text. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkFlow, type RuleSettings } from '../../../flow/check.js';
import { checkProject, knowledgeOf } from '../../../flow/checkProject.js';
import { FlowDocument } from '../../../flow/document.js';
import { parseProject } from '../../../flow/project.js';
import type { Dialect } from '../../../flow/segment.js';
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
