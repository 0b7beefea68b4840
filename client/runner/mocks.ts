/**
 * Stand-ins for blocks: what they emit when an event arrives. In a file beside the flow (`<flow>.mocks.yaml`), written by hand or
 * recorded from a run, or made from the schema of the block's outputs; the first of these that there is.
 *
 * The file: `blocks: { <block name>: … }` with, per block, `data` (the event on the default output), `outputs` (a map of
 * output keys to data, one event each, or a list of such maps), or `error` (a message with which it fails), and optionally
 * `delay` in seconds; `recorded`: a list of answers, each `outputs` or `error`, and `when` (data of the event that it answers, in
 * part); and `signals: { <owner key>: { <signal>: value } }`. Data may be an `!expr`, which sees what the block's own
 * configuration sees, and the evaluated configuration as `config`; what is recorded is constant.
 */
import { secretKeys } from '../../flow/expression.js';
import { nearest } from '../../flow/keys.js';
import { alwaysRuns, MOCK_KEYS, RECORDED_KEYS } from '../../flow/mocksFile.js';
import type { ExpressionValue, Json, MapValue, Value } from '../../flow/model.js';
import { appShape } from '../../flow/shape.js';
import { floorIndex, lineStarts } from '../../flow/text.js';
import { entryOf, readYaml, stringOf } from '../../flow/yaml.js';
import type { BlockDefinition, ExpressionDefinition, Mock, MockAnswer, Template } from './definition.js';
import { sampleOf } from './sample.js';
import { isConstant, toTemplate } from './template.js';

export interface MockFile {
  readonly mocks: ReadonlyMap<string, Mock>;
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface MockReader {
  readonly file: string;
  readonly blocks: readonly BlockDefinition[];
  /** Values that stand again where recorded answers hold their markers, by key. */
  readonly values: ReadonlyMap<string, string>;
  /** Takes over an expression and gives its index. */
  readonly add: (expression: ExpressionDefinition) => number;
  readonly report: (problem: string) => void;
}

const KEYS = Object.keys(MOCK_KEYS);
const RECORDED = Object.keys(RECORDED_KEYS);

/** The text that stands in a recording where the value of a secret was. */
const MARKER = /‹secret:([^›]*)›/;
const MARKERS = new RegExp(MARKER, 'g');

type Report = (message: string, span: { readonly start: number }) => void;

/** Never throws: what cannot be read is reported and left out. */
export function readMocks(text: string, reader: MockReader): MockFile {
  const { root, problems } = readYaml(text);
  const starts = lineStarts(text);
  const place = (offset: number): { line: number; character: number } => {
    const line = Math.max(0, floorIndex(starts, offset));
    return { line, character: offset - starts[line]! };
  };
  const report: Report = (message, { start }) =>
    reader.report(`${reader.file}:${place(start).line + 1}: ${message}`);
  for (const { severity, message, span } of problems) if (severity === 'error') report(message, span);

  const names = reader.blocks.map(({ name }) => name);
  const mocks = new Map<string, Mock>();
  const blocks = root?.kind === 'map' ? entryOf(root, 'blocks')?.value : undefined;
  if (root && root.kind !== 'map') report('A mocks file is a map of `blocks` and `signals`.', root.span);
  for (const { key: name, keySpan, value } of blocks?.kind === 'map' ? blocks.entries : []) {
    const block = names.indexOf(name);
    if (block < 0) {
      const near = nearest(name, names);
      report(
        `No block of the flow is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
        keySpan,
      );
      continue;
    }
    const { type } = reader.blocks[block]!;
    const reason = type.kind === 'core' ? alwaysRuns(type.name) : undefined;
    if (reason !== undefined) {
      report(`The mock of "${name}" is not used: ${reason}.`, keySpan);
      continue;
    }
    if (value.kind !== 'map') {
      report(`The mock of "${name}" is a map with ${list(KEYS)}.`, value.span);
      continue;
    }
    reportOthers(value, KEYS, 'A mock', report);
    const template = (inner: Value, path: string): Template =>
      toTemplate(inner, (expression) =>
        reader.add(toExpression(expression, block, path, reader.file, place)),
      );
    reportOutputs(value, reader.blocks[block]!, report);
    const recorded = entryOf(value, 'recorded');
    const answers = recorded
      ? readRecorded(recorded.value, reader.blocks[block]!, reader.values, report)
      : [];
    // Without anything but recordings there is no answer by hand, unless there is nothing at all: then it emits nothing.
    const byHand = value.entries.some(({ key }) => key === 'data' || key === 'outputs' || key === 'error');
    mocks.set(name, byHand || !recorded ? [readAnswer(value, template, report)] : answers);
  }
  const signals = root?.kind === 'map' ? entryOf(root, 'signals')?.value : undefined;
  return { mocks, signals: signals ? readSignals(signals, report) : {} };
}

function reportOthers(map: MapValue, known: readonly string[], what: string, report: Report): void {
  for (const { key, keySpan } of map.entries)
    if (!known.includes(key)) report(`${what} has ${list(known)}, not "${key}".`, keySpan);
}

/** Outputs that a block cannot have. Without a schema nobody knows. */
function reportOutputs(map: MapValue, { name, type, outputs }: BlockDefinition, report: Report): void {
  const shape = type.kind === 'app' && type.schema ? appShape(type.schema) : undefined;
  if (type.kind === 'app' && (!shape || shape.open || shape.openOutputs)) return;
  const known = outputs.map(({ key }) => key);
  for (const { key, keySpan } of outputMaps(map).flatMap((one) => (one.kind === 'map' ? one.entries : [])))
    if (!known.includes(key))
      report(`"${name}" has no output "${key}". It has ${list(known) || 'none'}.`, keySpan);
}

function outputMaps(map: MapValue): readonly Value[] {
  const entry = entryOf(map, 'outputs');
  return entry?.value.kind === 'list' ? entry.value.items : entry ? [entry.value] : [];
}

function list(keys: readonly string[]): string {
  return keys.join(', ');
}

function readAnswer(
  map: MapValue,
  template: (value: Value, path: string) => Template,
  report: Report,
): MockAnswer {
  const data = entryOf(map, 'data');
  const delay = entryOf(map, 'delay')?.value;
  const seconds =
    delay?.kind === 'constant' && typeof delay.value === 'number' && delay.value > 0 ? delay.value : 0;
  const first = data ? [{ data: template(data.value, 'data') }] : [];
  const { outputs, ...error } = readEvents(map, template, report);
  return { source: 'file', delay: seconds, outputs: [...first, ...outputs], ...error };
}

/** `outputs` and `error`. */
function readEvents(
  map: MapValue,
  template: (value: Value, path: string) => Template,
  report: Report,
): Pick<MockAnswer, 'outputs' | 'error'> {
  const outputs = outputMaps(map).flatMap((one) => {
    if (one.kind === 'map')
      return one.entries.map(({ key, value }) => ({ output: key, data: template(value, `outputs.${key}`) }));
    report('`outputs` is a map of output keys and data, or a list of such maps.', one.span);
    return [];
  });
  const error = stringOf(entryOf(map, 'error')?.value);
  return { outputs, ...(error !== undefined && { error }) };
}

function readRecorded(
  value: Value,
  block: BlockDefinition,
  values: ReadonlyMap<string, string>,
  report: Report,
): MockAnswer[] {
  const constant = (inner: Value): { c: Json } => {
    const template = toTemplate(inner, () => {
      report('What is recorded is constant: an expression belongs to a mock by hand.', inner.span);
      return 0;
    });
    return isConstant(template) ? template : { c: null };
  };
  if (value.kind !== 'list') {
    report('`recorded` is a list of answers, each with `when`, and `outputs` or `error`.', value.span);
    return [];
  }
  return value.items.flatMap((item): MockAnswer[] => {
    if (item.kind !== 'map') {
      report(`A recorded answer is a map with ${list(RECORDED)}.`, item.span);
      return [];
    }
    reportOthers(item, RECORDED, 'A recorded answer', report);
    reportOutputs(item, block, report);
    const when = entryOf(item, 'when');
    const read = readEvents(item, (inner) => ({ c: restored(constant(inner).c, values) }), report);
    const events = read.error === undefined ? read : { ...read, error: restoredText(read.error, values) };
    if (MARKER.test(JSON.stringify(events)))
      report(
        `The recording of "${block.name}" holds ${MARKER.exec(JSON.stringify(events))![0]} in the place of a value: the block emits this text.`,
        item.span,
      );
    return [{ source: 'recorded', delay: 0, ...events, ...(when && { when: constant(when.value).c }) }];
  });
}

/** The values that may stand in the places of their markers. */
function restored(recorded: Json, values: ReadonlyMap<string, string>): Json {
  if (typeof recorded === 'string') return restoredText(recorded, values);
  if (typeof recorded !== 'object' || recorded === null) return recorded;
  if (Array.isArray(recorded)) return (recorded as readonly Json[]).map((item) => restored(item, values));
  return Object.fromEntries(
    Object.entries(recorded).map(([key, item]) => [restoredText(key, values), restored(item, values)]),
  );
}

function restoredText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(MARKERS, (marker, key: string) => values.get(key) ?? marker);
}

/**
 * Whether an event's data is what a recorded answer was given to: maps in part, all else exactly. Text that holds a marker fits
 * any text, and number, as nobody knows what stood there; a key that holds one says nothing.
 */
export function fits(when: Json, data: Json): boolean {
  if (typeof when === 'string')
    return when === data || (MARKER.test(when) && (typeof data === 'string' || typeof data === 'number'));
  if (typeof when !== 'object' || when === null) return when === data;
  if (typeof data !== 'object' || data === null || Array.isArray(when) !== Array.isArray(data)) return false;
  if (Array.isArray(when) && Array.isArray(data) && when.length !== data.length) return false;
  return Object.entries(when).every(
    ([key, value]) =>
      MARKER.test(key) ||
      (Object.hasOwn(data, key) && fits(value as Json, (data as { readonly [key: string]: Json })[key]!)),
  );
}

function readSignals(value: Value, report: Report): MockFile['signals'] {
  const template = toTemplate(value, () => {
    report('Signals in a mocks file are constants.', value.span);
    return 0;
  });
  return isConstant(template) &&
    typeof template.c === 'object' &&
    template.c !== null &&
    !Array.isArray(template.c)
    ? (template.c as MockFile['signals'])
    : {};
}

function toExpression(
  { scalar, expression }: ExpressionValue,
  block: number,
  path: string,
  file: string,
  place: (offset: number) => { line: number; character: number },
): ExpressionDefinition {
  return {
    text: scalar.value,
    block,
    path: `mock.${path}`,
    file,
    secrets: secretKeys(expression),
    locate: (offset) => place(scalar.toSource(offset)),
  };
}

/** A stand-in made from the schema that the flow file holds; undefined for blocks without one. */
export function generatedAnswer({ type }: BlockDefinition): MockAnswer | undefined {
  if (type.kind !== 'app' || !type.schema) return undefined;
  const outputs = [...appShape(type.schema).outputs.values()];
  const output = outputs.find(({ isDefault }) => isDefault) ?? outputs[0];
  if (!output) return { source: 'generated', outputs: [], delay: 0 };
  return {
    source: 'generated',
    outputs: [{ output: output.key, data: { c: sampleOf(output.type, output.key) } }],
    delay: 0,
  };
}

/** Where an event without an output key goes (flows-sdk §3.1). */
export function defaultOutput({ type, outputs }: BlockDefinition): string {
  const shape = type.kind === 'app' && type.schema ? appShape(type.schema) : undefined;
  const marked = shape && [...shape.outputs.values()].find(({ isDefault }) => isDefault);
  return marked?.key ?? outputs.find(({ key }) => key === 'default')?.key ?? outputs[0]?.key ?? 'default';
}
