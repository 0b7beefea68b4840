/** Slips of somebody who types YAML: each is one report where it is to be mended, and the rest of the flow is still read. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { checkFlow } from '../../../flow/check.js';
import { knowledgeOf } from '../../../flow/checkProject.js';
import { FlowDocument } from '../../../flow/document.js';
import { parseProject } from '../../../flow/project.js';
import { readYaml } from '../../../flow/yaml.js';

const KNOWLEDGE = knowledgeOf(parseProject(''), 'test');
const FILES = ['release-approval', 'incident-triage'];

/** What becomes of a line; undefined where the slip is none. */
const SLIPS: Readonly<Record<string, (line: string) => string | undefined>> = {
  'a missing colon': (line) => changed(line, /^(\s*(?:- )?\w+):(?=\s|$)/, '$1'),
  'a missing blank behind the colon': (line) => changed(line, /^(\s*(?:- )?\w+): (?=\w)/, '$1:'),
  'a missing blank behind the dash': (line) => changed(line, /^(\s*)- (?=\w+:)/, '$1-'),
  'a missing dash': (line) => changed(line, /^(\s*)- (?=\w+:)/, '$1  '),
  'a tab': (line) => changed(line, /^ +/, '\t'),
  'a blank too many': (line) => changed(line, /^ +/, '$& '),
  'a blank too few': (line) => changed(line, /^ ( +)/, '$1'),
  'two blanks too few': (line) => changed(line, /^ {2}( +)/, '$1'),
  'a quote that is not closed': (line) => changed(line, /(["'])$/, ''),
  'a bracket that is not closed': (line) => changed(line, /[}\]]$/, ''),
  'a bracket that is not opened': (line) => changed(line, /: [{[](?=.*[}\]]$)/, ': '),
};

function changed(line: string, pattern: RegExp, by: string): string | undefined {
  const result = line.replace(pattern, by);
  return result === line ? undefined : result;
}

interface Slip {
  readonly text: string;
  readonly line: number;
}

/** The slip in each line of each flow that it can be made in, as far as it is one: YAML takes much. */
function* slipsOf(
  make: (line: string) => string | undefined,
): Generator<Slip & { readonly names: string[] }> {
  for (const file of FILES) {
    const text = fs.readFileSync(`examples/${file}.flow.yaml`, 'utf8');
    const names = namesIn(new FlowDocument(text));
    const lines = text.split('\n');
    const first = lines.indexOf('blocks:') + 1;
    for (const [line, content] of lines.entries()) {
      if (line <= first || content.trimStart().startsWith('#')) continue;
      const wrong = make(content);
      if (wrong === undefined) continue;
      const slip = lines.with(line, wrong).join('\n');
      if (readYaml(slip).problems.length > 0) yield { text: slip, line, names };
    }
  }
}

function namesIn(document: FlowDocument): string[] {
  return document.blocks.map(({ block }) => block.name.text);
}

describe('slips in YAML', function () {
  this.timeout(60_000);

  for (const [name, make] of Object.entries(SLIPS)) {
    it(`${name}: one report, on its line or beside it, and no block is lost`, () => {
      let seen = 0;
      for (const { text, line, names } of slipsOf(make)) {
        seen++;
        const document = new FlowDocument(text);
        const shown = `line ${line + 1} of\n${text}`;
        const reports = checkFlow(document, KNOWLEDGE).filter(
          ({ problem }) => problem.code === 'yaml-syntax',
        );
        assert.equal(reports.length, 1, shown);
        const at = document.range(reports[0]!.segment, reports[0]!.problem.span).start.line;
        // Of lines that do not fit each other, any may be meant.
        const far = /blank too|blanks too/.test(name) ? 8 : 1;
        assert.ok(Math.abs(at - line) <= far, `reported in line ${at + 1}: ${shown}`);
        // A key that has become another one is no name any more.
        if (text.split('\n')[line]!.includes('name')) continue;
        assert.deepEqual(namesIn(document), names, shown);
      }
      assert.ok(seen > 3, String(seen));
    });
  }

  it('are mended by their fix', () => {
    let mended = 0;
    for (const make of Object.values(SLIPS)) {
      for (const { text, line } of slipsOf(make)) {
        const { mends } = readYaml(text);
        for (const { edits } of mends?.values() ?? []) {
          let result = text;
          for (const { span, text: by } of edits.toReversed())
            result = result.slice(0, span.start) + by + result.slice(span.end);
          assert.deepEqual(
            readYaml(result).problems,
            [],
            `line ${line + 1} of\n${text}\nmended to\n${result}`,
          );
          mended++;
        }
      }
    }
    assert.ok(mended > 500, String(mended));
  });

  it('several of one block are reported one by one', () => {
    const text = `blocks:
  - name Start
    type:
      coreBlock: sleep
     description: Waits
    inputs:
      default:
        config: { sleep: 5
`;
    const document = new FlowDocument(text);
    const reports = checkFlow(document, KNOWLEDGE).map(({ segment, problem: { message, span } }) => [
      document.range(segment, span).start.line,
      message,
    ]);
    assert.deepEqual(reports, [
      [1, 'This key has no colon: write `key: value`.'],
      [4, 'This does not line up with what is around it: check the indentation.'],
      [7, 'The map that began with `{` is not closed with `}`.'],
    ]);
    assert.equal(document.blocks[0]?.block.name.text, 'Start');
  });

  it('leave the tabs of a text alone', () => {
    const text =
      'blocks:\n  - name: A\n\t\ttype: { coreBlock: sleep }\n    description: |\n      a\n      \tb\n';
    const { mends } = readYaml(text);
    assert.deepEqual(
      [...(mends?.values() ?? [])].map(({ edits }) =>
        edits.map(({ span }) => text.slice(span.start, span.end)),
      ),
      [['\t\t']],
    );
  });

  it('cost no more than a long flow is worth', () => {
    const block = (i: number): string => `\t- name: Block ${i}\n\t  type: { coreBlock: sleep }\n`;
    const text = `blocks:\n${Array.from({ length: 20_000 }, (_, i) => block(i)).join('')}`;
    assert.equal(checkFlow(new FlowDocument(text), KNOWLEDGE).length, 1);
  });
});
