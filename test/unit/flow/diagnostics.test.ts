/**
 * Golden diagnostics: small flows in test/fixtures/diagnostics with a mark under everything that is reported, and nothing
 * else. UPDATE_GOLDEN=1 writes the marks anew; what it writes is to be read before it is kept.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { CODES } from '../../../flow/codes.js';
import { GOLDEN_FOLDER, goldenCases, goldenReports, readMarks, writeMarks } from './support.js';

const FILES = fs.readdirSync(GOLDEN_FOLDER).sort();

for (const file of FILES) {
  describe(`diagnostics: ${path.basename(file, '.txt')}`, () => {
    const written: string[] = [];
    for (const golden of goldenCases(file)) {
      it(golden.title, () => {
        const { text } = readMarks(golden.marked);
        const reports = goldenReports(golden, text);
        const actual = writeMarks(text, reports);
        written.push(`${golden.head}\n${actual}`);
        if (process.env.UPDATE_GOLDEN !== '1') assert.equal(actual, golden.marked);
      });
    }
    after(() => {
      if (process.env.UPDATE_GOLDEN === '1')
        fs.writeFileSync(path.join(GOLDEN_FOLDER, file), `${written.join('\n')}\n`);
    });
  });
}

describe('diagnostics', () => {
  it('every rule is among the golden ones', () => {
    const seen = new Set(
      FILES.flatMap(goldenCases).flatMap((golden) =>
        goldenReports(golden, readMarks(golden.marked).text).map(({ code }) => code),
      ),
    );
    /** Codes with tests of their own, because they need more than one small file. */
    const elsewhere = ['unused-secret', 'expression-type', 'yaml-depth'];
    assert.deepEqual(
      Object.keys(CODES).filter(
        (code) => !seen.has(code) && !elsewhere.includes(code) && !/^hcl-|-mapping$/.test(code),
      ),
      [],
    );
  });
});
