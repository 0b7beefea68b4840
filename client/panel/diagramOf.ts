/** A parsed flow -> what is drawn of it. */
import { shapeOf } from '../../flow/catalog.js';
import type { FlowDocument, PlacedBlock } from '../../flow/document.js';
import type { Block } from '../../flow/model.js';
import type { JsonSchema } from '../../flow/shape.js';
import type { Diagram, DiagramBlock, DiagramLink, Port } from './model/diagram.js';
import { placed } from './model/layout.js';

/** Never throws: links to what is not there are left out. */
export function diagramOf(document: FlowDocument): Diagram {
  const all = document.blocks;
  const isGroup = ({ block: { type } }: PlacedBlock) => type?.kind === 'core' && type.name.text === 'group';
  const drawn = all.filter((one) => !isGroup(one));
  const index = new Map<string, number>();
  drawn.forEach(({ block }, i) => {
    if (!index.has(block.name.text)) index.set(block.name.text, i);
  });
  const links = drawn.flatMap(({ block }, to) => linksTo(block, to, index));
  const emitted = new Map<number, Set<string>>();
  for (const { from, output } of links) {
    if (output !== undefined) emitted.set(from, (emitted.get(from) ?? new Set()).add(output));
  }
  const places = placed(
    drawn.map(({ block }) => block.position),
    links.map(({ from, to }) => [from, to]),
  );
  const outputs = drawn.map(({ block }, i) => outputsOf(block, emitted.get(i)));
  const blocks = drawn.map((one, i): DiagramBlock => {
    const { block } = one;
    const [x, y] = places[i]!;
    const range = document.range(one.segment, block.span);
    return {
      name: block.name.text,
      key: block.key,
      ...typeOf(block, document),
      ...(block.description !== undefined && { description: block.description }),
      x,
      y,
      inputs: inputsOf(block, links, i, outputs),
      outputs: outputs[i]!,
      lines: [range.start.line, range.end.line - (range.end.character === 0 ? 1 : 0)],
    };
  });
  return { blocks, links, groups: groupsOf(drawn), notes: notesOf(document, blocks) };
}

function linksTo(block: Block, to: number, index: ReadonlyMap<string, number>): DiagramLink[] {
  const links = [...block.inputs].flatMap(([input, { links: wires }]) =>
    wires.flatMap((wire): DiagramLink[] => {
      const from = index.get(wire.block.text);
      return from === undefined ? [] : [{ from, to, output: wire.output.text, input }];
    }),
  );
  // A failure's way is written where it begins.
  const handler = block.errorHandler && index.get(block.errorHandler.text);
  return handler === undefined ? links : [...links, { from: to, to: handler }];
}

function outputsOf(block: Block, emitted: ReadonlySet<string> = new Set()): Port[] {
  const shapes = shapeOf(block)?.outputs;
  const keys = new Set([
    ...(shapes?.keys() ?? []),
    ...block.outputs.keys(),
    ...block.dynamicOutputKeys,
    ...emitted,
  ]);
  return [...keys].map((key) => port(key, shapes?.get(key)?.type));
}

/** An input takes what the first output that is linked to it emits. */
function inputsOf(
  block: Block,
  links: readonly DiagramLink[],
  own: number,
  outputs: readonly (readonly Port[])[],
): Port[] {
  const keys = new Set([...(shapeOf(block)?.inputs.keys() ?? []), ...block.inputs.keys()]);
  return [...keys].map((key) => {
    const link = links.find(({ to, input }) => to === own && input === key);
    return port(key, link && outputs[link.from]!.find((output) => output.key === link.output)?.schema);
  });
}

/** An empty schema says nothing. */
function port(key: string, schema: JsonSchema | undefined): Port {
  return schema && Object.keys(schema).length > 0 ? { key, schema } : { key };
}

function typeOf(block: Block, document: FlowDocument): { type: string; kind: string } {
  const { type } = block;
  if (!type) return { type: 'no type', kind: '' };
  const label = shapeOf(block)?.label;
  if (type.kind === 'core') return { type: label ?? type.name.text, kind: type.name.text };
  const installation = type.installation.text;
  const app = document.installations.get(installation)?.appName ?? installation;
  return { type: `${app}: ${label ?? type.block.text}`, kind: 'app' };
}

function groupsOf(drawn: readonly PlacedBlock[]): Diagram['groups'] {
  const groups = new Map<string, number[]>();
  drawn.forEach(({ block: { group } }, i) => {
    if (group) groups.set(group.text, [...(groups.get(group.text) ?? []), i]);
  });
  return [...groups].map(([name, blocks]) => ({ name, blocks }));
}

/** Notes without a place stand in a column at the right. */
function notesOf(document: FlowDocument, blocks: readonly DiagramBlock[]): Diagram['notes'] {
  const right = Math.max(0, ...blocks.map(({ x }) => x)) + 280;
  const top = Math.min(0, ...blocks.map(({ y }) => y));
  let unplaced = 0;
  return document.notes.map(({ body, position }) => {
    const [x, y] = position ?? [right, top + unplaced++ * 240];
    return { text: body, x, y };
  });
}
