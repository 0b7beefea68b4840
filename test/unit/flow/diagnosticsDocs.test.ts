/** docs/diagnostics.md says what is so: every example in it is run. */
import assert from 'node:assert/strict';
import { CODES, type Code } from '../../../flow/codes.js';
import { page, readSections, reportsOnExample, silence, type Example, type Section } from './docs.js';
import { onFirstLine } from './support.js';

describe('docs/diagnostics.md', function () {
  // TypeScript and the HCL parser are loaded for some examples.
  this.timeout(60_000);
  const text = page();
  const sections = readSections(text);

  it('has one section for each code, and none for anything else', () => {
    assert.deepEqual(sections.map(({ code }) => code).sort(), Object.keys(CODES).sort());
  });

  it('links to its own sections only where they are', () => {
    const headings = new Set(
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(' ', '-')),
    );
    for (const [, anchor] of text.matchAll(/\]\(#([^)]*)\)/g)) assert.ok(headings.has(anchor!), anchor);
  });

  for (const section of sections) {
    const { code } = section;
    const examplesOf = (kind: string): Example[] => section.examples.filter(({ words }) => words[0] === kind);

    describe(code, () => {
      it('says what it is, how grave, and how to silence it', () => {
        const { title, severity } = CODES[code as Code];
        assert.equal(section.summary, `${title} (${severity}).`);
        assert.ok(section.body.includes(silence(code)));
        assert.ok(examplesOf('bad').length > 0);
        assert.ok(examplesOf('good').length > 0);
      });

      examplesOf('bad').forEach((example, i) => {
        const name = `bad example ${i + 1}`;

        it(`${name} is reported where the marks are, in these words`, async () => {
          const reports = await reportsOnExample(section, example);
          assert.deepEqual(
            reports.map((report) => report.code),
            example.messages.map(() => code),
          );
          assert.deepEqual(
            reports.map(({ message }) => message),
            example.messages,
          );
          // An example that is longer than it looks has its marks somewhere else.
          if (example.words.includes('deep')) return;
          assert.deepEqual(
            reports.map(({ range }) => onFirstLine(range, example.text)),
            example.marks.map(({ range }) => range),
          );
        });

        it(`${name} can be silenced: on its line, in its file, by a setting`, async () => {
          const codesOf = async (changed: string): Promise<string[]> =>
            (await reportsOnExample(section, { ...example, text: changed })).map((report) => report.code);
          assert.deepEqual(await codesOf(`# flows-ignore-file[${code}]\n${example.text}`), []);
          assert.deepEqual(await reportsOnExample(section, example, { [code]: 'off' }), []);
          assert.deepEqual(await codesOf(await withLineComments(section, example)), []);
        });
      });

      examplesOf('good').forEach((example, i) => {
        it(`good example ${i + 1} is not reported`, async () => {
          assert.deepEqual(await reportsOnExample(section, example), []);
        });
      });
    });
  }
});

/** A comment before each line that is reported: JavaScript's inside a block of JavaScript. */
async function withLineComments(section: Section, example: Example): Promise<string> {
  const lines = example.text.split('\n');
  const reported = (await reportsOnExample(section, example)).map(({ range }) => range.start.line);
  for (const line of [...new Set(reported)].sort((a, b) => b - a)) {
    const indent = /^ */.exec(lines[line]!)![0];
    const inScript = lines.slice(0, line).some((one) => /!expr [|>]/.test(one));
    lines.splice(line, 0, `${indent}${inScript ? '//' : '#'} flows-ignore[${section.code}]`);
  }
  return lines.join('\n');
}
