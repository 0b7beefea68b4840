/**
 * Real flow files, as exported: `npm run test:corpus -- <folder>`. What is found in them by accident (an unmapped offset,
 * a report nobody deserves) is a defect here, not there.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FlowDocument } from '../../flow/document.js';
import { graphOf } from '../../flow/graph.js';
import { readYaml } from '../../flow/yaml.js';
import { restyle, STYLES } from '../unit/flow/restyle.js';
import { assertEditsEqualFreshParse, reportSet, reportsOn } from '../unit/flow/support.js';

const FOLDER = process.env.FLOWS_CORPUS;

function flowFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:^|[./\\])flow\.ya?ml$/.test(name))
    .sort();
}

/** A project that lists no key of anybody's: every secret is undeclared. */
const NOBODYS = { project: 'project: corpus\nsecrets: {}\n' };

if (FOLDER === undefined) {
  describe('real flow files', () => {
    it.skip('FLOWS_CORPUS names no folder of flow files: npm run test:corpus -- <folder>');
  });
} else {
  it('the folder holds flow files', () => assert.notEqual(flowFiles(FOLDER).length, 0));

  for (const name of flowFiles(FOLDER)) {
    const text = fs.readFileSync(path.join(FOLDER, name), 'utf8');

    describe(name, () => {
      it('is understood without a problem', () => {
        const document = new FlowDocument(text);
        assert.equal(document.text, text);
        assert.notEqual(document.blocks.length, 0);
        assert.deepEqual(
          document.segments.flatMap(({ content }) => content.problems),
          [],
        );
        for (const { block } of document.blocks) assert.ok(block.type, block.name.text);
      });

      it('gives every unit of every expression its place', () => {
        let units = 0;
        for (const { text: source, expressions } of new FlowDocument(text).segments) {
          for (const { scalar } of expressions) {
            assert.ok(scalar.exact, scalar.value);
            for (let i = 0; i < scalar.value.length; i++) {
              const { start, end } = scalar.spanToSource({ start: i, end: i + 1 });
              assert.equal(scalar.toValue(start), i, `offset ${i} of ${scalar.value}`);
              const unit = scalar.value[i]!;
              if (/[\p{L}\p{N}]/u.test(unit)) assert.equal(source.slice(start, end), unit);
              units++;
            }
          }
        }
        if (text.includes('!expr')) assert.ok(units > 0);
      });

      it('is reported for nothing but keys that nobody has declared', () => {
        assert.deepEqual(reportsOn(text), []);
        const found = reportsOn(text, NOBODYS);
        assert.deepEqual(
          found.filter(({ code }) => code !== 'undefined-secret'),
          [],
        );
        const keys = new Set([...text.matchAll(/\bsecrets\.(\w+)/g)].map(([, key]) => key));
        assert.deepEqual(new Set(found.map(({ covered }) => covered)), keys);
      });

      it('reads in segments as in one piece', () => {
        const document = new FlowDocument(text);
        const places = document.segments.flatMap((segment) =>
          segment.expressions.map(({ path: at, scalar, span }) => [
            at,
            scalar.value,
            span.start + document.startOf(segment),
          ]),
        );
        const whole = readYaml(text);
        assert.deepEqual(whole.problems, []);
        assert.deepEqual(
          places,
          whole.expressions.map(({ path: at, scalar, span }) => [at, scalar.value, span.start]),
        );
      });

      it('finds the block behind every key that an expression reads', () => {
        const document = new FlowDocument(text);
        const graph = graphOf(document);
        for (const { block } of document.blocks) {
          for (const { expression } of block.expressions) {
            for (const { root, key } of expression.accesses) {
              if (root === 'outputs')
                assert.notEqual(graph.resolve(block, key).length, 0, `${key} in ${block.name.text}`);
            }
          }
        }
      });

      it('stays what a fresh parse would have, whatever is typed', () => {
        assertEditsEqualFreshParse(text, text.length > 100_000 ? 25 : 60);
      }).timeout(300_000);

      for (const [style, how] of Object.entries(STYLES)) {
        it(`says the same in another style: ${style}`, () => {
          const rewritten = restyle(text, how);
          assert.ok(rewritten);
          assert.notEqual(rewritten, text);
          assert.deepEqual(reportSet(reportsOn(rewritten, NOBODYS)), reportSet(reportsOn(text, NOBODYS)));
          const read = (source: string): unknown[] =>
            new FlowDocument(source).blocks.map(({ block }) => [
              block.name.text,
              block.key,
              [...block.inputs].map(([key, { links }]) => [
                key,
                links.map((link) => [link.block.text, link.output.text]),
              ]),
              block.expressions.map(({ path: at, scalar }) => [at, scalar.exact, scalar.value]),
            ]);
          assert.deepEqual(read(rewritten), read(text));
        });
      }

      it('says the same with mistakes planted in it, in every style', () => {
        const planted = plant(text);
        const expected = reportSet(reportsOn(planted, NOBODYS));
        assert.ok(expected.length > reportsOn(text, NOBODYS).length);
        for (const [style, how] of Object.entries(STYLES)) {
          const rewritten = restyle(planted, how);
          assert.ok(rewritten, style);
          assert.deepEqual(reportSet(reportsOn(rewritten, NOBODYS)), expected, style);
        }
      });
    });
  }
}

/** Mistakes of several kinds, put in by text, so that the file stays the YAML it was. */
function plant(text: string): string {
  return text
    .replace(/^(\s*- block: )(\S.*)$/m, '$1$2 gone')
    .replace(/\boutputs\.(\w)/, 'outputs.zz$1')
    .replace(/^( {4})position:/m, '$1descripton: typo\n$1position:')
    .replace(/^(\s+)(sleep|condition|prompt|text): /m, '$1$2x: ');
}
