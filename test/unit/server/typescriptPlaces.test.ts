import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlowDocument } from '../../../flow/document.js';
import { scalarSource } from '../../../flow/quoting.js';
import { checkTypes } from '../../../flow/types/check.js';
import { FlowTypes } from '../../../flow/types/flowTypes.js';
import { sourceOf, type ExpressionSource } from '../../../flow/types/service.js';
import { afterIssue, appBlock, coreBlock, flow, ISSUE, service, typeErrors } from './typescriptService.js';

describe('type errors in a file', function () {
  this.timeout(60_000);

  it('underlines exactly the name, in every style of scalar', () => {
    // Texts between which the name stands: what YAML escapes, folds and trims.
    const filler = fc
      .array(fc.constantFrom(' ', '\n', '\\', '"', "'", 'é', '\u{1f600}', '\t', '#', ': ', 'a', '  '), {
        maxLength: 12,
      })
      .map((parts) => `/*${parts.join('').replaceAll('*/', '')}*/`);
    let checked = 0;
    fc.assert(
      fc.property(
        filler,
        filler,
        fc.constantFrom('double', 'single', 'literal', 'folded'),
        (before, after, style) => {
          const code = `${before} nowhere ${after}`;
          let source: string;
          if (style === 'double' || style === 'single') {
            source = scalarSource(code, style, false);
          } else {
            const mark = style === 'literal' ? '|2-' : '>2-';
            source = `${mark}\n${code
              .split('\n')
              .map((line) => `            ${line}`)
              .join('\n')}`;
          }
          const found = typeErrors(afterIssue(`!expr ${source}`));
          // Some texts end the comment or the scalar before the name: then there is no such name.
          const [problem] = found;
          if (!problem) return;
          checked++;
          assert.match(problem, /^nowhere: `nowhere` is not defined\.$/);
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(checked > 30, `${checked} of 60`);
  });

  it('are found outside of blocks as well: in installations', () => {
    const text = 'app: slack\nversion: 1.0.0\nconfig:\n  token: !expr secrets.TOKEN.trim().lenght\n';
    const document = new FlowDocument(text, 'installation');
    assert.deepEqual(
      checkTypes(document, service()).map(({ problem: { span }, segment }) =>
        segment.text.slice(span.start, span.end),
      ),
      ['lenght'],
    );
  });

  it('gives after any edits what it gives for the text as a whole', () => {
    const start = flow(
      coreBlock('Hook', 'httpEndpoint', { fixed: 'path: /hello/{name}' }),
      appBlock('Get Issue', { default: ISSUE }, { from: 'Hook/requests', signals: { state: {} } }),
      coreBlock('Make', 'transform', {
        from: 'Get Issue',
        output: "!expr '{ author: outputs.getIssue.author }'",
      }),
      coreBlock('Use', 'condition', {
        from: 'Make',
        config: "condition: !expr 'outputs.make.author.logn + previous.author.login'",
      }),
      coreBlock('Last', 'transform', {
        from: 'Use/then',
        output: "!expr '[outputs.make.autor, signals.getIssue.stat]'",
      }),
    );
    const edits = [
      ['author', 'autor'],
      ['logn', 'login'],
      ['Get Issue', 'Fetch'],
      ['getIssue', 'fetch'],
      ['Make', 'Made'],
      ['make', 'made'],
      ['block: Make', 'block: Hook'],
      ['{name}', '{id}'],
      ['"labels"', '"lables"'],
      ['stat', 'state'],
      ['Use', 'Use (1)'],
      ['outputs.', 'previous.'],
      ['  - name', '  # - name'],
      ['default', 'requests'],
    ] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(edits.length - 1), fc.boolean(), fc.nat(5)), { maxLength: 8 }),
        (steps) => {
          const document = new FlowDocument(start);
          const types = new FlowTypes(document);
          const sources = (of: FlowDocument, from: FlowTypes): ExpressionSource[] =>
            of.blocks.flatMap((placed) =>
              placed.block.expressions.map((value) => sourceOf(from.expression(value, placed, 'check'))),
            );
          for (const [i, back, nth] of steps) {
            const [a, b] = back ? [edits[i]![1], edits[i]![0]] : edits[i]!;
            const { text } = document;
            const places = [...text.matchAll(new RegExp(a.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g'))];
            const at = places[nth % Math.max(1, places.length)]?.index;
            if (at === undefined) continue;
            document.change([
              { range: { start: document.positionAt(at), end: document.positionAt(at + a.length) }, text: b },
            ]);
            sources(document, types);
          }
          const fresh = new FlowDocument(document.text);
          assert.deepEqual(
            service().check(sources(document, types)),
            service().check(sources(fresh, new FlowTypes(fresh))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});
