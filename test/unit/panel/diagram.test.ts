import assert from 'node:assert/strict';
import fc from 'fast-check';
import { diagramOf } from '../../../client/panel/diagramOf.js';
import { withGone } from '../../../client/panel/model/diagram.js';
import {
  BLOCK,
  blockAt,
  bounds,
  curveAt,
  linkCurve,
  neighbour,
} from '../../../client/panel/model/geometry.js';
import { FlowDocument } from '../../../flow/document.js';

const FLOW = `appInstallations:
  jira: { appName: Jira, appVersion: 0.1.0 }
blocks:
  - name: Start
    type: { coreBlock: httpEndpoint }
    position: [0, 0]
    inputs: { default: { links: [{ block: Ask, output: default }], config: {} } }
  - name: Check
    type: { coreBlock: condition }
    position: [0, 150]
    group: Inner
    errorHandler: Trouble
    inputs: { default: { links: [{ block: Start, output: requests }], config: { condition: true } } }
  - name: Ask
    type:
      appBlock:
        block: getIssue
        appInstallation: jira
        schema: '{"name":"Get Issue","config":{},"inputs":{"default":{"config":{}}},"outputs":{"default":{"type":{"properties":{"id":{"type":"string"}}}}},"signals":{}}'
    position: [300, 300]
    group: Inner
    inputs: { default: { links: [{ block: Check, output: then }, { block: Nobody, output: x }], config: {} } }
  - name: Trouble
    type: { coreBlock: handleError }
  - name: Inner
    type: { coreBlock: group }
notes:
  - { body: Hello, position: [500, 0] }
  - { body: Without a place }
`;

const diagram = diagramOf(new FlowDocument(FLOW));
const index = (name: string) => diagram.blocks.findIndex((block) => block.name === name);

describe('a flow as it is drawn', () => {
  it('has its blocks with types, ports and lines', () => {
    assert.deepEqual(
      diagram.blocks.map(({ name, type, inputs, outputs, lines }) => [
        name,
        type,
        inputs.map(({ key }) => key).join(),
        outputs.map(({ key }) => key).join(),
        lines.join(),
      ]),
      [
        ['Start', 'HTTP Endpoint', 'default', 'requests', '3,6'],
        ['Check', 'Condition', 'default', 'then,else', '7,12'],
        ['Ask', 'Jira: Get Issue', 'default', 'default', '13,21'],
        ['Trouble', 'Handle Error', '', 'default', '22,23'],
      ],
    );
  });

  it('has links, those of failures apart, and none to what is not there', () => {
    assert.deepEqual(
      diagram.links.map(({ from, to, output }) => [
        diagram.blocks[from]!.name,
        output ?? 'failure',
        diagram.blocks[to]!.name,
      ]),
      [
        ['Ask', 'default', 'Start'],
        ['Start', 'requests', 'Check'],
        ['Check', 'failure', 'Trouble'],
        ['Check', 'then', 'Ask'],
      ],
    );
  });

  it('has groups around their blocks, and notes', () => {
    assert.deepEqual(diagram.groups, [{ name: 'Inner', blocks: [index('Check'), index('Ask')] }]);
    assert.deepEqual(
      diagram.notes.map(({ text }) => text),
      ['Hello', 'Without a place'],
    );
  });

  it('an input takes what the output that is linked to it emits', () => {
    const schema = diagram.blocks[index('Start')]!.inputs[0]!.schema;
    assert.deepEqual(schema, { properties: { id: { type: 'string' } } });
  });

  it('blocks without a place stand below the others', () => {
    const trouble = diagram.blocks[index('Trouble')]!;
    assert.ok(trouble.y > diagram.blocks[index('Ask')]!.y);
  });

  it('blocks that only a run knows are drawn as gone, once', () => {
    const more = withGone(diagram, ['Check', 'Old', 'Old', '', 'Older']);
    assert.deepEqual(
      more.blocks.filter(({ gone }) => gone).map(({ name }) => name),
      ['Old', 'Older'],
    );
    assert.equal(withGone(diagram, ['Check']), diagram);
    assert.equal(withGone({ blocks: [], links: [], groups: [], notes: [] }, ['A']).blocks.length, 1);
  });

  it('any text can be drawn', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat(FLOW.length).map((at) => FLOW.slice(0, at)),
          fc.tuple(fc.nat(FLOW.length), fc.nat(40)).map(([at, n]) => FLOW.slice(0, at) + FLOW.slice(at + n)),
        ),
        (text) => {
          const { blocks, links, groups, notes } = diagramOf(new FlowDocument(text));
          for (const { x, y } of [...blocks, ...notes]) assert.ok(Number.isFinite(x) && Number.isFinite(y));
          for (const { from, to } of links) assert.ok(blocks[from] && blocks[to]);
          for (const group of groups) for (const i of group.blocks) assert.ok(blocks[i]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the geometry of the canvas', () => {
  it('arrow keys follow the links, and go to what lies beside where none leads on', () => {
    const go = (from: string, direction: Parameters<typeof neighbour>[2]) => {
      const to = neighbour(diagram, index(from), direction);
      return to === undefined ? undefined : diagram.blocks[to]!.name;
    };
    assert.equal(go('Start', 'down'), 'Check');
    assert.equal(go('Check', 'up'), 'Start');
    assert.equal(go('Check', 'right'), 'Ask');
    assert.equal(go('Ask', 'left'), 'Trouble');
    assert.equal(go('Start', 'left'), undefined);
  });

  it('a point is in the block that is drawn there', () => {
    const check = diagram.blocks[index('Check')]!;
    assert.equal(blockAt(diagram, { x: check.x + 5, y: check.y + 5 }), index('Check'));
    assert.equal(blockAt(diagram, { x: -500, y: 0 }), undefined);
  });

  it('a link begins at its output and ends at its input', () => {
    for (const link of diagram.links) {
      const curve = linkCurve(diagram, link);
      assert.deepEqual(curveAt(curve, 0), curve.from);
      assert.deepEqual(curveAt(curve, 1), curve.to);
      assert.equal(curve.to.y, diagram.blocks[link.to]!.y);
      if (link.output !== undefined) assert.equal(curve.from.y, diagram.blocks[link.from]!.y + BLOCK.height);
    }
  });

  it('the bounds hold all blocks, groups and notes', () => {
    const { x, y, width, height } = bounds(diagram);
    for (const block of diagram.blocks) {
      assert.ok(block.x >= x && block.x + BLOCK.width <= x + width);
      assert.ok(block.y >= y && block.y + BLOCK.height <= y + height);
    }
    assert.ok(500 + 240 <= x + width);
  });
});
