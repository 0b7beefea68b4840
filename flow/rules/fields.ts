/** Rules about a block's fields, from its shape: unknown, missing, of the wrong type; and those of single core blocks. */
import { coreBlock, CORE_BLOCKS, shapeOf } from '../catalog.js';
import { nearest } from '../keys.js';
import type { Block, MapValue, Name, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { FieldShape } from '../shape.js';
import { typeName, type JsonSchema } from '../shape.js';
import type { Span } from '../text.js';
import { entryOf } from '../yaml.js';
import { checkEndpoint, checkRequest } from './http.js';
import { checkSchedule } from './schedule.js';
import { checkTool } from './tool.js';

const CHECKS: Readonly<Record<string, (block: Block, problems: Problem[]) => void>> = {
  httpEndpoint: checkEndpoint,
  httpRequest: checkRequest,
  mcpTool: checkTool,
  schedule: checkSchedule,
};

export function checkFields(block: Block): Problem[] {
  const { type } = block;
  if (!type) return [];
  const problems: Problem[] = [];
  if (type.kind === 'core' && !coreBlock(type.name.text)) {
    const problem = unknownCoreBlock(type.name);
    if (problem) problems.push(problem);
  }
  const shape = shapeOf(block);
  if (!shape) return problems;
  const label = shape.label || block.name.text;
  const rules: MapRules = { open: shape.open, core: type.kind === 'core' };
  checkMap(block.config, shape.config, label, rules, block.name.span, problems);
  for (const [key, input] of block.inputs) {
    const known = shape.inputs.get(key);
    if (known) {
      checkMap(input.config, known.config, `input \`${key}\` of ${label}`, rules, input.key.span, problems);
    } else if (!shape.open) {
      problems.push(unknownField(input.key, shape.inputs.keys(), `input of ${label}`));
    }
  }
  for (const [key, output] of block.outputs) {
    const known = [...shape.outputs.keys(), ...block.dynamicOutputKeys];
    if (shape.open || known.includes(key)) continue;
    // What a synchronised block makes at run time is in no list: only a near miss is a mistake.
    if (shape.openOutputs && nearest(key, known) === undefined) continue;
    problems.push(unknownField(output.key, known, `output of ${label}`));
  }
  if (type.kind === 'core') CHECKS[type.name.text]?.(block, problems);
  return problems;
}

/** Families of core blocks that are documented without the names they have in files (flows-platform §2, §8.1). */
const UNNAMED_FAMILY = /table|group|error/i;

/** Only a near miss is called a mistake: the platform has core blocks whose names are not documented. */
function unknownCoreBlock({ text, span }: Name): Problem | undefined {
  const known = CORE_BLOCKS.map(({ id }) => id);
  const near = nearest(text, known);
  if (near === undefined && UNNAMED_FAMILY.test(text)) return undefined;
  return {
    code: 'unknown-core-block',
    message: `\`${text}\` is not among the core blocks that are known here${near === undefined ? `, so its fields are not checked. Known: ${known.join(', ')}.` : `. Did you mean \`${near}\`?`}`,
    severity: near === undefined ? 'information' : 'warning',
    span,
    data: near === undefined ? { name: text } : { name: text, near },
  };
}

export interface MapRules {
  /** The list of fields may lack something. */
  readonly open: boolean;
  /** A core block: where its list is open, its types are guesses as well, and the case of names is not documented. */
  readonly core: boolean;
}

/** Unknown, missing and wrong fields of a map. `head`: where missing ones are reported. */
export function checkMap(
  map: MapValue | undefined,
  fields: ReadonlyMap<string, FieldShape>,
  where: string,
  { open, core }: MapRules,
  head: Span,
  problems: Problem[],
): void {
  for (const { key, keySpan, value } of map?.entries ?? []) {
    const field = fields.get(key);
    if (field) {
      const problem = core && open ? undefined : wrongType(field, value, core);
      if (problem) problems.push(problem);
    } else if (!open) {
      problems.push(unknownField({ text: key, span: keySpan }, fields.keys(), `field of ${where}`));
    }
  }
  for (const field of fields.values()) {
    if (!field.required || field.default !== undefined || entryOf(map, field.key)) continue;
    // An empty list need not be written: exports leave it out.
    if (field.type.type === 'array') continue;
    problems.push({
      code: 'missing-field',
      message: `${where.charAt(0).toUpperCase()}${where.slice(1)} needs \`${field.key}\`${field.description ? `: ${firstSentence(field.description)}` : '.'}`,
      severity: 'warning',
      span: head,
      data: { field: field.key },
    });
  }
}

function unknownField({ text, span }: Name, known: Iterable<string>, what: string): Problem {
  const names = [...known];
  const near = nearest(text, names);
  return {
    code: 'unknown-field',
    message: `\`${text}\` is no ${what}. ${near !== undefined ? `Did you mean \`${near}\`?` : names.length > 0 ? `Known: ${names.join(', ')}.` : 'It has none.'}`,
    severity: 'warning',
    span,
    data: near === undefined ? { name: text } : { name: text, near },
  };
}

function wrongType(field: FieldShape, value: Value, anyCase: boolean): Problem | undefined {
  if (value.kind === 'expression' || hasTag(value)) return undefined;
  const isFit = fits(value, field.type, anyCase);
  const limits = isFit ? outOf(field.type, value) : undefined;
  if (isFit && limits === undefined) return undefined;
  return {
    code: 'field-type',
    message: Array.isArray(field.type.enum)
      ? `\`${field.key}\` is one of ${typeName(field.type).replaceAll(' | ', ', ')} here.`
      : `\`${field.key}\` is ${limits ?? typeNoun(field.type)} here, not ${limits === undefined ? describe(value) : numberOf(value)}.`,
    severity: 'warning',
    span: value.span,
  };
}

/** It is reported as unknown; what it would give is not known. */
function hasTag(value: Value): boolean {
  return value.kind === 'constant' && value.tag !== undefined;
}

/** The limits of a schema, in words, where a number that fits it otherwise is beyond them. */
function outOf({ type, minimum, maximum }: JsonSchema, value: Value): string | undefined {
  const number = numberOf(value);
  if ((type !== 'number' && type !== 'integer') || number === undefined) return undefined;
  const [least, most] = [minimum, maximum].map((limit) => (typeof limit === 'number' ? limit : undefined));
  if (number >= (least ?? -Infinity) && number <= (most ?? Infinity)) return undefined;
  if (least === undefined) return `${most} or less`;
  return most === undefined ? `${least} or more` : `a number from ${least} to ${most}`;
}

/** Digits in quotes are a number as well. */
function numberOf(value: Value): number | undefined {
  if (value.kind !== 'constant' || value.value === null || typeof value.value === 'boolean') return undefined;
  if (typeof value.value === 'string' && value.value.trim() === '') return undefined;
  const number = Number(value.value);
  return Number.isFinite(number) ? number : undefined;
}

/** Whether a constant fits a schema, as far as both are plain; what is unclear fits. */
function fits(value: Value, schema: JsonSchema, anyCase: boolean): boolean {
  if (value.kind === 'constant' && value.value === null) return true;
  if (Array.isArray(schema.enum)) {
    const fold = (one: unknown): string => (anyCase ? String(one).toLowerCase() : String(one));
    return value.kind === 'constant' && schema.enum.some((one) => fold(one) === fold(value.value));
  }
  switch (schema.type) {
    case 'string':
      // YAML reads `version: 1.2` as a number; as a string it is what is written.
      return value.kind === 'constant';
    case 'number':
    case 'integer':
      return numberOf(value) !== undefined;
    case 'boolean':
      return value.kind === 'constant' && typeof value.value === 'boolean';
    case 'array':
      return value.kind === 'list';
    case 'object':
      return value.kind === 'map';
    default:
      return true;
  }
}

/** In YAML's words, as `describe` has them. */
function typeNoun({ type }: JsonSchema): string {
  if (type === 'array') return 'a list';
  if (type === 'object') return 'a map';
  return type === 'boolean' || type === 'string' ? `a ${type}` : 'a number';
}

function describe(value: Value): string {
  if (value.kind === 'map') return 'a map';
  if (value.kind === 'list') return 'a list';
  return `a ${value.kind === 'constant' ? typeof value.value : 'value'}`;
}

function firstSentence(text: string): string {
  const end = /[.\n](?:\s|$)/.exec(text);
  return `${(end ? text.slice(0, end.index) : text).trim()}.`;
}
