/** Completion in a mocks file: its keys, blocks and outputs of its flow, data by the schema of the output, signals. */
import type { CompletionItem } from 'vscode-languageserver/node';
import { shapeOf } from '../../flow/catalog.js';
import type { FlowDocument } from '../../flow/document.js';
import { alwaysRuns, MOCK_KEYS, MOCKS_FILE_KEYS, RECORDED_KEYS } from '../../flow/mocksFile.js';
import type { Block, Json } from '../../flow/model.js';
import { placeAt, type Place } from '../../flow/place.js';
import { scalarSource } from '../../flow/quoting.js';
import { object, typeAt, typeName } from '../../flow/shape.js';
import { outputsOf } from '../../flow/testing/check.js';
import type { Position } from '../../flow/text.js';
import { signalOwners } from '../../flow/types/signals.js';
import type { OpenFlow } from '../documents.js';
import { CompletionItemKind } from '../lsp.js';
import { flowsBeside } from '../mocks.js';
import type { Features } from '../server.js';
import { written } from './written.js';

type Offer = Pick<CompletionItem, 'label' | 'kind' | 'detail'> & { readonly newText: string };

export function completeMocks(
  features: Features,
  { uri, flow: mocks }: OpenFlow,
  position: Position,
): CompletionItem[] {
  const place = placeAt(mocks, position);
  if (!place) return [];
  const range = mocks.range(place.segment, place.span);
  const flows = flowsBeside(features, uri).map(({ flow }) => flow);
  return offers(place, flows).map(({ newText, ...item }, i) => ({
    ...item,
    sortText: String(i).padStart(4, '0'),
    ...written(place, range, { label: item.label, newText }),
  }));
}

function offers(place: Place, flows: readonly FlowDocument[]): Offer[] {
  const [root, name, ...inside] = place.path;
  if (root === undefined) return keys(MOCKS_FILE_KEYS, place);
  if (root === 'signals') return signalOffers(place, flows);
  if (root !== 'blocks') return [];
  const blocks = flows.flatMap((flow) => flow.blocks.map(({ block }) => block));
  if (name === undefined) return blockOffers(blocks, place);
  const block = blocks.find((one) => one.name.text === name);
  const [key, ...below] = inside;
  switch (key) {
    case undefined:
      return keys(MOCK_KEYS, place);
    case 'data':
      return dataOffers(block, block && defaultOutput(block), below, place, true);
    case 'outputs':
      return outputOffers(block, below, place, true);
    case 'recorded': {
      const [item, part, ...rest] = below;
      if (item !== '[]') return [];
      if (part === undefined) return keys(RECORDED_KEYS, place);
      return part === 'outputs' ? outputOffers(block, rest, place, false) : [];
    }
    default:
      return [];
  }
}

function keys(names: Readonly<Record<string, string>>, place: Place): Offer[] {
  return Object.entries(names).flatMap(([label, detail]) => keyOffer(label, detail, place));
}

function keyOffer(
  label: string,
  detail: string,
  place: Place,
  kind: CompletionItemKind = CompletionItemKind.Property,
): Offer[] {
  if (place.side !== 'key' || place.siblings.has(label)) return [];
  return [{ label, kind, detail, newText: `${scalarSource(label, 'plain', true)}: ` }];
}

/** Blocks that something can stand in for. */
function blockOffers(blocks: readonly Block[], place: Place): Offer[] {
  return blocks
    .filter(({ name, type }) => name.text !== '' && !(type?.kind === 'core' && alwaysRuns(type.name.text)))
    .flatMap((block) =>
      keyOffer(block.name.text, shapeOf(block)?.label ?? '', place, CompletionItemKind.Class),
    );
}

/** `below`: from behind `outputs` down. A map of outputs, or a list of such maps. */
function outputOffers(
  block: Block | undefined,
  below: readonly string[],
  place: Place,
  evaluated: boolean,
): Offer[] {
  const [output, ...inside] = below[0] === '[]' ? below.slice(1) : below;
  if (!block) return [];
  if (output !== undefined) return dataOffers(block, output, inside, place, evaluated);
  const shape = shapeOf(block);
  return outputsOf(block).flatMap((key) => {
    const { label, description } = shape?.outputs.get(key) ?? {};
    return keyOffer(key, description ?? label ?? '', place, CompletionItemKind.Field);
  });
}

/** `inside`: from the output's data down. */
function dataOffers(
  block: Block | undefined,
  output: string | undefined,
  inside: readonly string[],
  place: Place,
  evaluated: boolean,
): Offer[] {
  const schema = output === undefined ? undefined : block && shapeOf(block)?.outputs.get(output)?.type;
  const type = schema && typeAt(schema, inside);
  if (place.side === 'key')
    return Object.entries(object(type?.properties) ?? {}).flatMap(([key, property]) => {
      const { description } = object(property) ?? {};
      const detail = [typeName(object(property) ?? {}), typeof description === 'string' ? description : ''];
      return keyOffer(key, detail.filter(Boolean).join(' — '), place, CompletionItemKind.Field);
    });
  const values: readonly Json[] = Array.isArray(type?.enum)
    ? (type.enum as readonly Json[])
    : type?.type === 'boolean'
      ? [true, false]
      : [];
  return [
    ...values.map((value) => ({
      label: typeof value === 'string' ? value : JSON.stringify(value),
      kind: CompletionItemKind.EnumMember,
      newText: typeof value === 'string' ? scalarSource(value, 'plain', true) : JSON.stringify(value),
    })),
    ...(evaluated
      ? [
          {
            label: '!expr',
            kind: CompletionItemKind.Operator,
            detail: 'JavaScript; the block’s configuration is `config`',
            newText: '!expr ',
          },
        ]
      : []),
  ];
}

/** Where `data` goes. */
function defaultOutput(block: Block): string | undefined {
  const known = outputsOf(block);
  const marked = [...(shapeOf(block)?.outputs.values() ?? [])].find(({ isDefault }) => isDefault)?.key;
  return marked ?? (known.includes('default') ? 'default' : known[0]);
}

/** Owners, and the signals of one. */
function signalOffers(place: Place, flows: readonly FlowDocument[]): Offer[] {
  const [, owner, ...below] = place.path;
  if (below.length > 0) return [];
  const owners = flows.flatMap((flow) => [...signalOwners(flow.blocks, flow.installations).values()]);
  if (owner === undefined)
    return owners.flatMap(({ key, blocks }) =>
      keyOffer(
        key,
        `signals of ${blocks.map((name) => `“${name}”`).join(' or ')}`,
        place,
        CompletionItemKind.Field,
      ),
    );
  const named = owners.find(({ key }) => key === owner);
  return [...(named?.signals.values() ?? [])].flatMap(({ key, description }) =>
    keyOffer(key, description ?? '', place, CompletionItemKind.Field),
  );
}
