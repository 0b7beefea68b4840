/** What is reported does not depend on the style in which YAML is written: the golden flows, rewritten in every style. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { restyle, STYLES } from './restyle.js';
import { GOLDEN_FOLDER, goldenCases, goldenReports, readMarks, reportSet } from './support.js';

/** In the JSON of these nothing can be said otherwise: they are about how YAML is written. */
const ABOUT_WRITING: ReadonlySet<string> = new Set([
  'yaml.txt',
  'suppression.txt',
  'project.txt',
  'tests.txt',
]);

describe('diagnostics in other styles', () => {
  for (const [name, style] of Object.entries(STYLES)) {
    it(name, () => {
      let compared = 0;
      for (const file of fs.readdirSync(GOLDEN_FOLDER)) {
        if (ABOUT_WRITING.has(file)) continue;
        for (const golden of goldenCases(file)) {
          const { text } = readMarks(golden.marked);
          const rewritten = restyle(text, style);
          if (rewritten === undefined) continue;
          assert.deepEqual(
            reportSet(goldenReports(golden, rewritten)),
            reportSet(goldenReports(golden, text)),
            `${golden.title}\n${rewritten}`,
          );
          compared++;
        }
      }
      assert.ok(compared > 50, `only ${compared} flows could be rewritten`);
    });
  }
});
