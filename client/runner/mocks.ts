/**
 * Stand-ins for app blocks: what they emit when an event arrives. Written by hand in a file beside the flow
 * (`<flow>.mocks.yaml`), or made from the schema of the block's outputs.
 *
 * The file: `blocks: { <block name>: … }` with, per block, `data` (the event on the default output), `outputs` (a map of
 * output keys to data, one event each), or `error` (a message with which it fails), and optionally `delay` in seconds;
 * and `signals: { <owner key>: { <signal>: value } }`. Data may be an `!expr`, which sees what the block's own
 * configuration sees, and the evaluated configuration as `config`.
 */
import { secretKeys } from '../../flow/expression.js';
import { nearest } from '../../flow/keys.js';
import type { ExpressionValue, MapValue, Value } from '../../flow/model.js';
import { appShape } from '../../flow/shape.js';
import { floorIndex, lineStarts } from '../../flow/text.js';
import { entryOf, readYaml, stringOf } from '../../flow/yaml.js';
import type { BlockDefinition, ExpressionDefinition, Mock, Template } from './definition.js';
import { sampleOf } from './sample.js';
import { isConstant, toTemplate } from './template.js';

/** The mocks file beside a flow: `a.flow.yaml` has `a.mocks.yaml`. Works on paths and URIs. */
export function mocksFileOf(flowFile: string): string {
  return flowFile.replace(/(?:\.flow)?\.(ya?ml)$/i, '.mocks.$1');
}

export interface MockFile {
  readonly mocks: ReadonlyMap<string, Mock>;
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface MockReader {
  readonly file: string;
  /** Names of the flow's blocks, by index. */
  readonly names: readonly string[];
  /** Takes over an expression and gives its index. */
  readonly add: (expression: ExpressionDefinition) => number;
  readonly report: (problem: string) => void;
}

const KEYS = ['data', 'outputs', 'error', 'delay'];

/** Never throws: what cannot be read is reported and left out. */
export function readMocks(text: string, reader: MockReader): MockFile {
  const { root, problems } = readYaml(text);
  const starts = lineStarts(text);
  const place = (offset: number): { line: number; character: number } => {
    const line = Math.max(0, floorIndex(starts, offset));
    return { line, character: offset - starts[line]! };
  };
  const report = (message: string, { start }: { readonly start: number }): void =>
    reader.report(`${reader.file}:${place(start).line + 1}: ${message}`);
  for (const { severity, message, span } of problems) if (severity === 'error') report(message, span);

  const mocks = new Map<string, Mock>();
  const blocks = root?.kind === 'map' ? entryOf(root, 'blocks')?.value : undefined;
  if (root && root.kind !== 'map') report('A mocks file is a map of `blocks` and `signals`.', root.span);
  for (const { key: name, keySpan, value } of blocks?.kind === 'map' ? blocks.entries : []) {
    const block = reader.names.indexOf(name);
    if (block < 0) {
      const near = nearest(name, reader.names);
      report(
        `No block of the flow is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
        keySpan,
      );
      continue;
    }
    if (value.kind !== 'map') {
      report(`The mock of "${name}" is a map with ${KEYS.join(', ')}.`, value.span);
      continue;
    }
    for (const entry of value.entries) {
      if (!KEYS.includes(entry.key))
        report(`A mock has ${KEYS.join(', ')}, not "${entry.key}".`, entry.keySpan);
    }
    const template = (inner: Value, path: string): Template =>
      toTemplate(inner, (expression) =>
        reader.add(toExpression(expression, block, path, reader.file, place)),
      );
    mocks.set(name, readMock(value, template));
  }
  const signals = root?.kind === 'map' ? entryOf(root, 'signals')?.value : undefined;
  return { mocks, signals: signals ? readSignals(signals, report) : {} };
}

function readMock(map: MapValue, template: (value: Value, path: string) => Template): Mock {
  const outputs: { output?: string; data: Template }[] = [];
  const data = entryOf(map, 'data');
  if (data) outputs.push({ data: template(data.value, 'data') });
  const list = entryOf(map, 'outputs')?.value;
  for (const { key, value } of list?.kind === 'map' ? list.entries : []) {
    outputs.push({ output: key, data: template(value, `outputs.${key}`) });
  }
  const error = stringOf(entryOf(map, 'error')?.value);
  const delay = entryOf(map, 'delay')?.value;
  const seconds =
    delay?.kind === 'constant' && typeof delay.value === 'number' && delay.value > 0 ? delay.value : 0;
  return { source: 'file', outputs, delay: seconds, ...(error !== undefined && { error }) };
}

function readSignals(
  value: Value,
  report: (message: string, span: { readonly start: number }) => void,
): MockFile['signals'] {
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
export function generatedMock({ type }: BlockDefinition): Mock | undefined {
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
