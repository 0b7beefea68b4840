import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Findings, findingWords } from '../../../client/run/findings.js';
import type { EmittedEvent, FailedEvent } from '../../../client/runner/protocol.js';

const FLOW = `blocks:
  - name: Shape
    type:
      coreBlock: transform
    outputs:
      default:
        outputCustomization: !expr outputs.start.missing.value
  - name: Say
    type:
      coreBlock: transform
`;

const failed = (more: Partial<FailedEvent> = {}): FailedEvent => ({
  kind: 'failed',
  seq: 1,
  at: 0,
  block: 'Shape',
  error: { name: 'TypeError', message: 'x is undefined', place: { line: 7, column: 36 }, stack: [] },
  ...more,
});
const leaked: EmittedEvent = {
  kind: 'event',
  seq: 2,
  at: 0,
  id: 'e',
  block: 'Say',
  output: 'default',
  data: '{}',
  leaks: ['TOKEN'],
};

/** The text that a finding lies under. */
function under(
  text: string,
  { start, end }: { start: { line: number; character: number }; end: typeof start },
) {
  const lines = text.split('\n');
  assert.equal(start.line, end.line);
  return lines[start.line]!.slice(start.character, end.character);
}

describe('what runs find', () => {
  it('a failure lies under its expression, and counts itself', () => {
    const findings = new Findings(FLOW);
    assert.ok(findings.add([failed(), failed({ seq: 2 })]));
    const [one, ...others] = findings.all;
    assert.deepEqual(others, []);
    assert.equal(under(FLOW, one!), 'outputs.start.missing.value');
    assert.equal(findingWords(one!), 'Shape failed: TypeError: x is undefined (2 times)');
    assert.equal(one!.kind, 'failed');
  });

  it('a failure without a place, and a leak, lie under the name of the block', () => {
    const findings = new Findings(FLOW);
    const { error } = failed();
    findings.add([failed({ error: { name: 'Error', message: 'no', stack: error.stack } }), leaked]);
    assert.deepEqual(
      findings.all.map((finding) => [finding.kind, under(FLOW, finding), findingWords(finding)]),
      [
        ['failed', 'Shape', 'Shape failed: no'],
        ['leak', 'Say', 'The output of Say held TOKEN: the platform shows it to whatever follows.'],
      ],
    );
  });

  it('a failure that a block handles is no error', () => {
    const findings = new Findings(FLOW);
    findings.add([failed({ handler: 'On error' })]);
    const [{ kind, message } = { kind: '', message: '' }] = findings.all;
    assert.deepEqual(
      [kind, message],
      ['handled', 'Shape failed: TypeError: x is undefined (On error handled it)'],
    );
  });

  it('events without a leak and other entries are none', () => {
    const findings = new Findings(FLOW);
    const { leaks: _, ...clean } = leaked;
    assert.equal(findings.add([clean, { kind: 'log', seq: 3, at: 0, level: 'info', text: 'x' }]), false);
    assert.deepEqual(findings.all, []);
  });

  it('a thousand ways to fail are a hundred problems', () => {
    const findings = new Findings(FLOW);
    for (let i = 0; i < 1_000; i++)
      findings.add([failed({ error: { name: 'Error', message: `no ${i}`, stack: [] } })]);
    assert.equal(findings.all.length, 100);
  });

  it('go when their lines are edited, and move with their lines', () => {
    const findings = new Findings(FLOW);
    findings.add([failed(), leaked]);
    const { text, apply } = editing(findings);
    apply(0, 0, '# why\n');
    assert.deepEqual(
      findings.all.map((finding) => under(text(), finding)),
      ['outputs.start.missing.value', 'Say'],
    );
    apply(text().indexOf('.missing'), 0, '?');
    assert.deepEqual(
      findings.all.map((finding) => under(text(), finding)),
      ['Say'],
    );
    // The run still has its own text.
    findings.add([
      failed({ seq: 9 }),
      failed({ seq: 10, block: 'Say', error: { name: 'Error', message: 'no', stack: [] } }),
    ]);
    assert.deepEqual(
      findings.all.map((finding) => under(text(), finding)),
      ['Say', 'Say'],
    );
  });

  it('find their lines in a text that was changed elsewhere', () => {
    const findings = new Findings(FLOW);
    findings.add([failed(), leaked]);
    const text = FLOW.replace('.missing', '?.missing');
    findings.edited({ into: text });
    assert.deepEqual(
      findings.all.map((finding) => under(text, finding)),
      ['Say'],
    );
    findings.edited({ into: '' });
    assert.deepEqual(findings.all, []);
  });

  it('whatever is edited, those that stay lie under the same text', () => {
    const edit = fc.tuple(fc.nat(FLOW.length), fc.nat(40), fc.stringMatching(/^[a-z:\n -]{0,30}$/));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
        const findings = new Findings(FLOW);
        findings.add([failed(), leaked]);
        const texts = new Set(findings.all.map((finding) => under(FLOW, finding)));
        const { text, apply } = editing(findings);
        for (const [at, cut, put] of edits) apply(at, cut, put);
        for (const finding of findings.all) assert.ok(texts.has(under(text(), finding)));
        const elsewhere = new Findings(FLOW);
        elsewhere.add([failed(), leaked]);
        elsewhere.edited({ into: text() });
        for (const finding of elsewhere.all) assert.ok(texts.has(under(text(), finding)));
      }),
    );
  });
});

/** A text that is edited as an editor does it. */
function editing(findings: Findings) {
  let text = FLOW;
  const position = (at: number) => {
    const lines = text.slice(0, at).split('\n');
    return { line: lines.length - 1, character: lines.at(-1)!.length };
  };
  return {
    text: () => text,
    apply: (from: number, cut: number, put: string) => {
      const start = Math.min(from, text.length);
      const end = Math.min(start + cut, text.length);
      findings.edited({ range: { start: position(start), end: position(end) }, text: put });
      text = text.slice(0, start) + put + text.slice(end);
    },
  };
}
