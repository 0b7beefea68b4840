/** Rules about a block's fields, from its shape: unknown, missing, of the wrong type; paths, methods, schedules. */
import { coreBlock, CORE_BLOCKS, HTTP_METHODS, shapeOf } from '../catalog.js';
import { nearest } from '../keys.js';
import type { Block, MapValue, Name, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { FieldShape } from '../shape.js';
import { typeName, type JsonSchema } from '../shape.js';
import type { Span } from '../text.js';
import { entryOf, stringOf } from '../yaml.js';
import { cronProblem, timeZoneProblem } from './schedule.js';

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
  if (type.kind === 'core') {
    if (type.name.text === 'httpEndpoint') checkEndpoint(block, problems);
    if (type.name.text === 'schedule') checkSchedule(block.config, problems);
  }
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
  if (value.kind === 'expression' || fits(value, field.type, anyCase)) return undefined;
  return {
    code: 'field-type',
    message: Array.isArray(field.type.enum)
      ? `\`${field.key}\` is one of ${typeName(field.type).replaceAll(' | ', ', ')} here.`
      : `\`${field.key}\` is ${typeNoun(field.type)} here, not ${describe(value)}.`,
    severity: 'warning',
    span: value.span,
  };
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
      return (
        value.kind === 'constant' && (typeof value.value === 'number' || /^\s*-?\d/.test(String(value.value)))
      );
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

/** What HTTP knows; the catalogue lists what people use. */
const METHODS: ReadonlySet<string> = new Set([...HTTP_METHODS, 'CONNECT', 'TRACE']);

function checkEndpoint({ config }: Block, problems: Problem[]): void {
  const path = entryOf(config, 'path')?.value;
  const text = stringOf(path);
  if (path && text !== undefined) {
    const wrong = pathProblem(text);
    if (wrong !== undefined)
      problems.push({ code: 'invalid-path', message: wrong, severity: 'error', span: path.span });
  }
  const methods = entryOf(config, 'methods')?.value;
  for (const item of methods?.kind === 'list' ? methods.items : []) {
    const method = stringOf(item);
    if (method === undefined || METHODS.has(method)) continue;
    const near = (HTTP_METHODS as readonly string[]).includes(method.toUpperCase())
      ? method.toUpperCase()
      : nearest(method, HTTP_METHODS);
    problems.push({
      code: 'invalid-method',
      message: `\`${method}\` is no HTTP method. ${near === undefined ? `Known: ${HTTP_METHODS.join(', ')}.` : `Did you mean \`${near}\`?`}`,
      severity: 'error',
      span: item.span,
      data: near === undefined ? { name: method } : { name: method, near },
    });
  }
}

/** What is wrong with an endpoint's path; `{name}` parts become parameters. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'A path begins with `/`.';
  if (/[?#]/.test(path)) return 'A path has no query or fragment: the query arrives as `query`.';
  if (/\s/.test(path)) return 'A path holds no blanks.';
  const names = new Set<string>();
  for (const part of path.split('/')) {
    const opened = part.split('{').length - 1;
    if (opened !== part.split('}').length - 1 || /\{[^}]*\{|\}[^{]*\}/.test(part))
      return 'The braces of the path do not match.';
    for (const [, name] of part.matchAll(/\{([^}]*)\}/g)) {
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$-]*$/u.test(name!))
        return 'A parameter needs a name, e.g. `{id}`: it becomes `params.id`.';
      if (names.has(name!)) return `The parameter \`${name!}\` stands twice in the path.`;
      names.add(name!);
    }
  }
  return undefined;
}

/** The keys of a schedule's config are not documented: every `cron` and time zone in it is checked, wherever it stands. */
function checkSchedule(config: Value | undefined, problems: Problem[]): void {
  if (config?.kind !== 'map') return;
  for (const { key, value } of config.entries) {
    const text = stringOf(value);
    if (text !== undefined) {
      const wrong = /^(?:cron|expression)$/.test(key)
        ? cronProblem(text)
        : /^(?:location|time_?zone)$/i.test(key)
          ? timeZoneProblem(text)
          : undefined;
      // `type: cron` names a kind of schedule and `cron: …` holds one.
      if (wrong !== undefined)
        problems.push({ code: 'invalid-schedule', message: wrong, severity: 'error', span: value.span });
    } else {
      checkSchedule(value, problems);
    }
  }
}
