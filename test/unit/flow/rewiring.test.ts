/** Edits of names, links, groups and handlers: the blocks that they can concern are checked again, no others. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkFlow, checkInSteps, type RuleSettings } from '../../../flow/check.js';
import { FlowDocument } from '../../../flow/document.js';
import { rangeIn } from './support.js';

const KNOWLEDGE = { project: 'p', declared: new Set<string>(), complete: false };

const NAMES = ['Ant', 'Bee', 'Cat', 'Dog', 'Eel', 'Ants', 'Cut'];
const NAME = fc.constantFrom(...NAMES);
const KEY = NAME.map((name) => name.toLowerCase());
const SCHEMA = JSON.stringify({ config: {}, inputs: {}, outputs: { ok: {} }, signals: { up: {} } });

interface Drawn {
  readonly name: string;
  readonly type: string;
  readonly links: readonly (readonly [string, string])[];
  readonly handler: string | undefined;
  readonly group: string | undefined;
  readonly reads: string;
  readonly comment: string;
}

const BLOCK: fc.Arbitrary<Drawn> = fc.record({
  name: NAME,
  type: fc.constantFrom(
    'coreBlock: transform',
    'coreBlock: httpEndpoint',
    'coreBlock: group',
    'coreBlock: mystery',
    `appBlock: { block: b, appInstallation: app, schema: '${SCHEMA}' }`,
  ),
  links: fc.array(fc.tuple(NAME, fc.constantFrom('default', 'ok', 'okay')), { maxLength: 2 }),
  handler: fc.option(NAME, { nil: undefined, freq: 4 }),
  group: fc.option(NAME, { nil: undefined, freq: 4 }),
  reads: fc.oneof(
    KEY.map((key) => `outputs.${key}`),
    fc.tuple(KEY, KEY).map(([a, b]) => `[outputs.${a}, outputs.${b}]`),
    KEY.map((key) => `signals.${key}.up`),
    KEY.map((key) => `ref("signal.${key}.up")`),
    fc.constant('1'),
  ),
  comment: fc.constantFrom('', '', '', '  # flows-ignore[unknown-output]\n', '  # flows-ignore\n'),
});

function written({ name, type, links, handler, group, reads, comment }: Drawn): string {
  const linked = links
    .map(([block, output]) => `          - { block: ${block}, output: ${output} }\n`)
    .join('');
  return [
    `${comment}  - name: ${name}\n    type: { ${type} }\n`,
    handler === undefined ? '' : `    errorHandler: ${handler}\n`,
    group === undefined ? '' : `    group: ${group}\n`,
    linked === '' ? '' : `    inputs:\n      default:\n        links:\n${linked}`,
    `    outputs:\n      default:\n        outputCustomization: !expr '${reads}'\n`,
  ].join('');
}

const HEAD = 'appInstallations: { app: { appName: App, appVersion: 1.0.0 } }\nblocks:\n';

/** Each block feeds the next one, and the last one the first: who is reached, and what is upstream, hangs on one link. */
const LOOP = fc.array(BLOCK, { minLength: 5, maxLength: NAMES.length }).map((blocks) =>
  blocks.map((block, i): Drawn => {
    const before = NAMES[(i + blocks.length - 1) % blocks.length]!;
    return {
      name: NAMES[i]!,
      type: 'coreBlock: transform',
      links: [[before, 'default']],
      handler: undefined,
      group: undefined,
      reads: block.reads,
      comment: '',
    };
  }),
);

interface Edit {
  readonly kind: string;
  readonly at: number;
  readonly field: keyof Drawn;
  readonly from: Drawn;
  /** Steps after which the check is given up; undefined: it goes on to its end. */
  readonly stopped: number | undefined;
}

const EDIT: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('change', 'change', 'change', 'change', 'insert', 'remove', 'swap'),
  at: fc.nat(100),
  field: fc.constantFrom('name', 'type', 'links', 'handler', 'group', 'reads', 'comment'),
  from: BLOCK,
  stopped: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
});

function edited(blocks: readonly Drawn[], { kind, at, field, from }: Edit): Drawn[] {
  const i = at % Math.max(1, blocks.length);
  switch (kind) {
    case 'insert':
      return [...blocks.slice(0, i), from, ...blocks.slice(i)];
    case 'remove':
      return blocks.filter((_, j) => j !== i);
    case 'swap':
      return blocks.map((one, j) => (j === i ? blocks[0]! : j === 0 ? blocks[i]! : one));
    default:
      return blocks.map((one, j) => (j === i ? { ...one, [field]: from[field] } : one));
  }
}

/** Replaces what is not the same at both ends, as an editor does. */
function change(document: FlowDocument, before: string, after: string): void {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  document.change([
    { range: rangeIn(before, start, before.length - end), text: after.slice(start, after.length - end) },
  ]);
}

function reports(document: FlowDocument, rules: RuleSettings): unknown[] {
  return checkFlow(document, KNOWLEDGE, rules).map(({ problem, segment }) => [
    problem.code,
    problem.message,
    problem.severity,
    problem.data,
    document.range(segment, problem.span),
  ]);
}

describe('after edits of the wiring', () => {
  it('the reports are those on a flow that has just been opened', () => {
    const codes = new Set<unknown>();
    fc.assert(
      fc.property(
        fc.oneof(LOOP, fc.array(BLOCK, { minLength: 2, maxLength: 9 })),
        fc.array(EDIT, { minLength: 1, maxLength: 6 }),
        fc.constantFrom<RuleSettings>({}, { 'unreachable-block': 'off', 'link-block': 'warning' }),
        (blocks, edits, rules) => {
          let now: readonly Drawn[] = blocks;
          let text = HEAD + now.map(written).join('');
          const document = new FlowDocument(text);
          checkFlow(document, KNOWLEDGE, rules);
          for (const edit of edits) {
            now = edited(now, edit);
            const after = HEAD + now.map(written).join('');
            change(document, text, after);
            text = after;
            assert.equal(document.text, text);
            if (edit.stopped === undefined) {
              const found = reports(document, rules);
              for (const [code] of found as [string][]) codes.add(code);
              assert.deepEqual(found, reports(new FlowDocument(text), rules));
            } else {
              const steps = checkInSteps(document, KNOWLEDGE, rules);
              for (let i = 0; i < edit.stopped && !steps.next().done; i++);
            }
          }
          assert.deepEqual(reports(document, rules), reports(new FlowDocument(text), rules));
        },
      ),
      { numRuns: 600 },
    );
    for (const code of [
      'duplicate-block',
      'link-block',
      'link-output',
      'error-handler',
      'unknown-group',
      'unreachable-block',
      'unknown-output',
      'unknown-signal',
    ])
      assert.ok(codes.has(code), `${code} never came up`);
  });

  describe('of a chain of 300 blocks', () => {
    const block = (i: number): string =>
      `  - name: Block ${i}\n    type: { coreBlock: transform }\n    inputs: { default: { links: [{ block: Block ${Math.max(0, i - 1)}, output: default }] } }\n    outputs: { default: { outputCustomization: !expr 'outputs.block${Math.max(0, i - 2)}' } }\n`;
    const chain = `blocks:\n  - name: Block 0\n    type: { coreBlock: httpEndpoint }\n${Array.from({ length: 299 }, (_, i) => block(i + 1)).join('')}`;

    /** How many segments are checked after the first place of `before` becomes `after`. */
    function checkedAfter(before: string, after: string): number {
      const document = new FlowDocument(chain);
      checkFlow(document, KNOWLEDGE);
      const at = chain.indexOf(before);
      document.change([{ range: rangeIn(chain, at, at + before.length), text: after }]);
      for (const segment of document.segments) segment.read();
      const steps = checkInSteps(document, KNOWLEDGE, {});
      let count = 0;
      while (!steps.next().done) count++;
      return count;
    }

    it('a name concerns the block, those linked to it and those that read it', () => {
      assert.ok(checkedAfter('name: Block 150\n', 'name: Block X\n') < 12);
    });

    it('a link concerns its block, and those that miss something upstream by it', () => {
      assert.ok(checkedAfter('block: Block 150,', 'block: Block 149,') < 12);
      assert.ok(checkedAfter('block: Block 150,', 'block: Block 10,') < 12);
    });

    it('an error handler concerns two', () => {
      const type = 'type: { coreBlock: transform }\n';
      const before = `name: Block 150\n    ${type}`;
      assert.ok(checkedAfter(before, `${before}    errorHandler: Block 20\n`) < 12);
    });
  });
});
