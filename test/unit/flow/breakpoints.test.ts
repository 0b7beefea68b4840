import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blockLines, stopLines, stopPlaceAt } from '../../../flow/breakpoints.js';
import { FlowDocument } from '../../../flow/document.js';

/** What a breakpoint at the `‸` stops at: `block ← inputs → outputs @ text of the line where it stands`. */
function at(marked: string): string {
  const offset = marked.indexOf('‸');
  assert.ok(offset >= 0, 'no cursor');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const line = marked.slice(0, offset).split('\n').length - 1;
  const place = stopPlaceAt(new FlowDocument(text), line);
  if ('problem' in place) return place.problem;
  const { block, inputs, outputs, inside } = place;
  const parts = [
    block,
    ...(inputs.length > 0 ? [`← ${inputs.join(', ')}`] : []),
    ...(outputs.length > 0 ? [`→ ${outputs.join(', ')}`] : []),
    ...(inside ? [`inside ${inside.path}: ${inside.text.slice(inside.offset).split('\n')[0]}`] : []),
  ];
  return `${parts.join(' ')} @ ${text.split('\n')[place.line]!.trim()}`;
}

const FLOW = `# comment
blocks:
  - name: Start
    type: { coreBlock: httpEndpoint }
    config: { path: / }
    inputs:
      default:
        config: { statusCode: 200 }
  - type:
      coreBlock: transform
    # a remark
    name: Shape
    inputs:
      default:
        links:
          - block: Start
            output: requests
        config: {}
      other:
        # of other

        config: {}
    outputs:
      default:
        outputCustomization: !expr |-
          ({
            a: 1,
          })
      extra: {}

  - { name: Flat, type: { coreBlock: transform }, inputs: { default: {} } }
  - name: Every Day
    type: { coreBlock: schedule }
notes: []
`;

const mark = (piece: string): string => {
  assert.equal(FLOW.split(piece).length, 2, `${piece} is not unique`);
  return FLOW.replace(piece, `${piece}‸`);
};

describe('breakpoints of a flow', () => {
  for (const [what, piece, expected] of [
    ['a name stands for all inputs', 'name: Shape', 'Shape ← default, other @ name: Shape'],
    ['a line of an input for that input', '- block: Start', 'Shape ← default @ - block: Start'],
    ['the key of an input for it', 'other:', 'Shape ← other @ other:'],
    ['comments in an input belong to it', '# of other', 'Shape ← other @ # of other'],
    ['an output for that output', 'extra: {}', 'Shape → extra @ extra: {}'],
    [
      'the line of a customisation for its output',
      '!expr |-',
      'Shape → default @ outputCustomization: !expr |-',
    ],
    [
      'a line inside of it for what is executed there',
      'a: 1,',
      'Shape inside outputs.default.outputCustomization: 1, @ a: 1,',
    ],
    ['other lines move to the name', '# a remark', 'Shape ← default, other @ name: Shape'],
    [
      'a block on one line',
      '{ name: Flat',
      'Flat ← default @ - { name: Flat, type: { coreBlock: transform }, inputs: { default: {} } }',
    ],
    [
      'where events begin, outputs count as well',
      'name: Start',
      'Start ← default → requests @ - name: Start',
    ],
    [
      'without inputs the outputs stand for it',
      'coreBlock: schedule',
      'Every Day → default @ - name: Every Day',
    ],
  ] as const)
    it(what, () => assert.equal(at(mark(piece)), expected));

  it('the lines `inputs:` and `outputs:` stand for all in them', () => {
    assert.equal(
      at(
        FLOW.replace(
          '    inputs:\n      default:\n        links',
          '    inputs:‸\n      default:\n        links',
        ),
      ),
      'Shape ← default, other @ inputs:',
    );
    assert.equal(at(mark('    outputs:')), 'Shape → default, extra @ outputs:');
  });

  for (const [what, piece] of [
    ['comments', '# comment'],
    ['root keys', 'notes: []'],
    ['the list itself', '\nblocks:'],
  ] as const)
    it(`nothing stops at ${what} outside of blocks`, () =>
      assert.match(at(mark(piece)), /No block stands here/));

  it('nothing stops between blocks', () =>
    assert.match(at(FLOW.replace('extra: {}\n\n', 'extra: {}\n‸\n')), /No block stands here/));

  it('says why a block cannot be stopped at', () => {
    assert.match(at('blocks:\n  - type: {‸}\n'), /no name/);
    assert.match(
      at('blocks:\n  - name: A\n    inputs: { default: {} }\n  - name: A‸\n'),
      /earlier block is called “A”/,
    );
    assert.match(at('blocks:\n  - name: G‸\n    type: { coreBlock: group }\n'), /no inputs and no outputs/);
  });

  it('lists the lines that keep their breakpoint', () => {
    const flow = new FlowDocument(FLOW);
    const lines = FLOW.split('\n');
    const name = lines.indexOf('    name: Shape');
    assert.deepEqual(stopLines(flow, name - 3, name + 2), [name, name + 1, name + 2]);
    assert.deepEqual(stopLines(flow, 0, 1), []);
  });

  it('knows the lines of a block by its name', () => {
    const lines = blockLines(new FlowDocument(FLOW), 'Shape')!;
    const line = (text: string): number => FLOW.split('\n').indexOf(text);
    assert.equal(lines.name, line('    name: Shape'));
    assert.deepEqual(
      [...lines.outputs],
      [
        ['default', line('    outputs:') + 1],
        ['extra', line('      extra: {}')],
      ],
    );
    assert.equal(blockLines(new FlowDocument(FLOW), 'Nobody'), undefined);
  });

  it('whatever is typed, a place keeps its line once it stands there, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.nat(FLOW.length),
        fc.nat(30),
        fc.constantFrom('', '\n', '"', '- ', '{', '  - name: Shape\n'),
        (start, length, typed) => {
          const text = FLOW.slice(0, start) + typed + FLOW.slice(start + length);
          const flow = new FlowDocument(text);
          for (let line = -1; line <= text.split('\n').length; line++) {
            const place = stopPlaceAt(flow, line);
            if ('problem' in place) continue;
            assert.ok(place.inside ?? place.inputs.length + place.outputs.length > 0);
            assert.deepEqual(stopPlaceAt(flow, place.line), place);
            assert.deepEqual(stopLines(flow, place.line, place.line), [place.line]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
