/** Hover over the YAML of a flow: blocks, core blocks, fields with their schema's words, links, outputs, installations. */
import { coreBlock, shapeOf } from '../../flow/catalog.js';
import type { FlowDocument } from '../../flow/document.js';
import { graphOf } from '../../flow/graph.js';
import { blockRead, NO_KEY } from '../../flow/keys.js';
import type { Block } from '../../flow/model.js';
import type { Segment } from '../../flow/segment.js';
import { contains, type Position } from '../../flow/text.js';
import { object, typeName, type BlockShape, type FieldShape, type OutputShape } from '../../flow/shape.js';
import {
  BLOCK_DETAILS,
  INPUT_DETAILS,
  INSTALLATION_DETAILS,
  OUTPUT_DETAILS,
  ROOT_DETAILS,
} from '../keyDetails.js';
import { mentionAt, placeOf } from '../mentions.js';
import { targetsOf } from '../targets.js';
import { pathAt } from '../tree.js';
import { escapeMarkdown, type Card } from './card.js';

export function hoverFlow(flow: FlowDocument, position: Position): Card | undefined {
  const mentioned = mentionAt(flow, position);
  if (mentioned) {
    const { segment, mention } = mentioned;
    const span = placeOf(segment, mention);
    if (mention.kind === 'output') {
      const sender = graphOf(flow).named(mention.link.block.text)?.block;
      const shape = sender && shapeOf(sender)?.outputs.get(mention.text);
      return sender && { segment, span, lines: outputLines(sender, mention.text, shape) };
    }
    const blocks = targetsOf(flow, mention).flatMap((target) =>
      target.kind === 'block' ? [target.placed.block] : [],
    );
    if (blocks.length > 0) {
      const lines = blocks.slice(0, 3).flatMap((block) => blockLines(flow, block));
      if (blocks.length > 1)
        lines.unshift(`One of ${blocks.length} blocks upstream with this key; the nearest first.`);
      return { segment, span, lines };
    }
    if (mention.kind === 'installation') {
      const installation = flow.installations.get(mention.text);
      if (!installation) return undefined;
      const { appName, appVersion } = installation;
      const used = flow.blocks.filter(
        ({ block }) => block.type?.kind === 'app' && block.type.installation.text === mention.text,
      ).length;
      return {
        segment,
        span,
        lines: [
          `**${escapeMarkdown(mention.text)}** — installation of ${escapeMarkdown(appName ?? 'an app')} ${escapeMarkdown(appVersion ?? '')}`.trim(),
          `Used by ${used === 1 ? 'one block' : `${used} blocks`} of this flow.`,
        ],
      };
    }
    return undefined;
  }
  const { segment, offset } = flow.at(flow.offsetAt(position));
  return hoverKey(flow, segment, offset);
}

/** Keys: those of the format, fields of `config`, inputs, outputs; and the name of a core block. */
function hoverKey({ dialect }: FlowDocument, segment: Segment, offset: number): Card | undefined {
  const block = segment.blocks.find((placed) => contains(placed.block.span, offset))?.block;
  if (block?.type?.kind === 'core' && contains(block.type.name.span, offset)) {
    const core = coreBlock(block.type.name.text);
    return core && { segment, span: block.type.name.span, lines: shapeLines(core) };
  }
  const entries = pathAt(segment, offset).flatMap(({ entry }) => (entry ? [entry] : []));
  const last = entries.at(-1);
  if (!last || !contains(last.keySpan, offset)) return undefined;
  // Root keys stand first where blocks have no segment of their own.
  const path = entries.map(({ key }) => key);
  const inBlock = block && path[0] === 'blocks' ? path.slice(1) : path;
  const [part, ...rest] = inBlock;
  const shape = block && shapeOf(block);
  const lines =
    (shape && linesAt(shape, block, part, rest)) ??
    detailLines(last.key, block ? blockDetail(inBlock) : rootDetail(dialect, path));
  return lines && { segment, span: last.keySpan, lines };
}

function rootDetail(dialect: FlowDocument['dialect'], path: readonly string[]): string | undefined {
  if (path.length !== 1 || (dialect !== 'flow' && dialect !== 'installation')) return undefined;
  return (dialect === 'flow' ? ROOT_DETAILS : INSTALLATION_DETAILS)[path[0]!];
}

function blockDetail(path: readonly string[]): string | undefined {
  const [part, , third] = path;
  if (part !== undefined && path.length === 1) return BLOCK_DETAILS[part];
  if (third === undefined || path.length > 3) return undefined;
  return part === 'inputs' ? INPUT_DETAILS[third] : part === 'outputs' ? OUTPUT_DETAILS[third] : undefined;
}

function detailLines(key: string, detail: string | undefined): string[] | undefined {
  return detail === undefined ? undefined : [`**${escapeMarkdown(key)}** — ${escapeMarkdown(detail)}`];
}

function linesAt(
  shape: BlockShape,
  block: Block,
  part: string | undefined,
  rest: readonly string[],
): string[] | undefined {
  const [first, second, third] = rest;
  if (part === 'config' && first !== undefined && rest.length === 1)
    return fieldLines(shape.config.get(first));
  if (part === 'inputs' && first !== undefined) {
    const input = shape.inputs.get(first);
    if (rest.length === 1)
      return (
        input && [
          `**${escapeMarkdown(input.label ?? input.key)}** — input of ${escapeMarkdown(shape.label)}`,
          ...text(input.description),
        ]
      );
    if (second === 'config' && third !== undefined && rest.length === 3)
      return fieldLines(input?.config.get(third));
  }
  if (part === 'outputs' && first !== undefined && rest.length === 1)
    return outputLines(block, first, shape.outputs.get(first));
  return undefined;
}

/** Paragraphs of Markdown about a block. */
export function blockLines(flow: FlowDocument, block: Block): string[] {
  const shape = shapeOf(block);
  const graph = graphOf(flow);
  const names = (blocks: readonly Block[]): string =>
    [...new Set(blocks.map(({ name }) => escapeMarkdown(name.text)))].slice(0, 6).join(', ');
  const from = names(graph.incoming(block).map((wire) => wire.from.block));
  const to = names(graph.outgoing(block).map((wire) => wire.to.block));
  const type =
    block.type?.kind === 'app'
      ? `${block.type.block.text} of ${block.type.installation.text}`
      : (block.type?.name.text ?? '');
  const read = blockRead(block.key);
  const facts = [
    read === undefined ? NO_KEY : `Read as \`${read}\`.`,
    ...(from ? [`From: ${from}.`] : []),
    ...(to ? [`To: ${to}.`] : []),
  ];
  return [
    `**${escapeMarkdown(block.name.text)}** — ${escapeMarkdown(shape?.label ?? type)}${shape?.label && type ? ` (\`${type}\`)` : ''}`,
    ...text(block.description ?? shape?.description),
    facts.join('  \n'),
    ...outputsOf(shape),
  ];
}

function outputsOf(shape: BlockShape | undefined): string[] {
  if (!shape || shape.outputs.size === 0) return [];
  return [
    [...shape.outputs.values()]
      .map(({ key, type }) => `- \`${key}\`: ${escapeMarkdown(typeName(type))}`)
      .join('\n'),
  ];
}

function shapeLines(shape: BlockShape): string[] {
  const fields = [
    ...shape.config.values(),
    ...[...shape.inputs.values()].flatMap(({ config }) => [...config.values()]),
  ];
  return [
    `**${escapeMarkdown(shape.label)}**`,
    ...text(shape.description),
    ...(fields.length > 0
      ? [
          fields
            .map(
              (field) =>
                `- \`${field.key}\`: ${escapeMarkdown(typeName(field.type))}${field.required ? ', required' : ''}`,
            )
            .join('\n'),
        ]
      : []),
    ...(shape.open ? ['Not all of this block’s keys are documented: unknown ones are not reported.'] : []),
  ];
}

/** Paragraphs of Markdown. */
export function fieldLines(field: FieldShape | undefined): string[] | undefined {
  if (!field) return undefined;
  const marks = [
    ...(field.required ? ['required'] : []),
    ...(field.sensitive ? ['sensitive: use a secret'] : []),
    ...(field.fixed ? ['cannot change once provisioned'] : []),
    // A default of a sensitive field would be a value.
    ...(field.default !== undefined && !field.sensitive
      ? [`default \`${JSON.stringify(field.default)}\``]
      : []),
  ];
  return [
    `**${escapeMarkdown(field.label)}**: \`${typeName(field.type)}\`${marks.length > 0 ? ` — ${marks.join(', ')}` : ''}`,
    ...text(field.description),
  ];
}

/** Paragraphs of Markdown about an output of a block. */
export function outputLines(sender: Block, key: string, output: OutputShape | undefined): string[] {
  return [
    `**${escapeMarkdown(output?.label ?? key)}** — output \`${key}\` of ${escapeMarkdown(sender.name.text)}`,
    ...text(output?.description),
    ...(output ? [properties(output)] : []),
  ].filter((line) => line !== '');
}

/** The first level of what an output carries. */
function properties({ type }: OutputShape): string {
  const known = object(type.properties);
  if (!known) return `Carries \`${typeName(type)}\`.`;
  const entries = Object.entries(known);
  const shown = entries
    .slice(0, 12)
    .map(([key, schema]) => `- \`${key}\`: ${escapeMarkdown(typeName(object(schema) ?? {}))}`);
  return [...shown, ...(entries.length > 12 ? [`- … ${entries.length - 12} more`] : [])].join('\n');
}

function text(description: string | undefined): string[] {
  return description === undefined || description === '' ? [] : [escapeMarkdown(description)];
}
