/**
 * The project file `flows.project.yaml`: the project's id and the secret keys the team shares. Never a value: one that
 * stands there is reported, not read. Edits keep comments, order and style.
 */
import { nearest, secretKeyProblem } from './keys.js';
import type { RuleSettings } from './check.js';
import { CODES, type Code } from './codes.js';
import type { MapEntry, MapValue, Value } from './model.js';
import type { Problem, Severity } from './problem.js';
import { isRuleSeverity, RULE_SEVERITIES } from './rules/settings.js';
import { lineStarts, type Span } from './text.js';
import { entryOf, readYaml, stringOf } from './yaml.js';

export interface Project {
  /** `project`; undefined when the file does not say. */
  readonly id?: string;
  readonly secrets: ReadonlyMap<string, SecretDeclaration>;
  /** Keys in the list that are reported, because they are none: reading one is not reported once more. */
  readonly misnamed: ReadonlySet<string>;
  /** The file has a `secrets` map, so a key that is not in it does not exist; without one nothing is known. */
  readonly complete: boolean;
  /** Severities of diagnostics, for the editor and the command line alike. */
  readonly rules: RuleSettings;
  readonly problems: readonly Problem[];
}

export interface SecretDeclaration {
  readonly key: string;
  /** The last of them, where the key stands several times. */
  readonly keySpan: Span;
  readonly keySpansBefore: readonly Span[];
  readonly description?: string;
  /** False: the value may be shown in output, e.g. a status name. Every declaration of the key has to say so. */
  readonly sensitive: boolean;
}

/** Root keys, with what they are for. */
export const PROJECT_KEYS: Readonly<Record<string, string>> = {
  project: 'name under which the secrets are kept',
  secrets: 'keys that the team shares',
  rules: 'severities of diagnostics',
};
/** Keys of a secret's declaration. */
export const PROJECT_FIELDS: Readonly<Record<string, string>> = {
  description: 'what the secret is for',
  sensitive: 'false: its value may be shown',
};
const ROOT = Object.keys(PROJECT_KEYS);
const FIELDS = Object.keys(PROJECT_FIELDS);

/** Reads a project file. Never throws; problems carry spans of `text`. */
export function parseProject(text: string): Project {
  const { root, problems: syntax } = readYaml(text);
  const problems = [...syntax];
  const secrets = new Map<string, SecretDeclaration>();
  const misnamed = new Set<string>();
  const report = (
    code: Code,
    message: string,
    span: Span,
    severity: Problem['severity'] = 'error',
    data?: Problem['data'],
  ): void => {
    problems.push({ code, message, severity, span, ...(data && { data }) });
  };
  const unknown = (entry: MapEntry, known: readonly string[]): void => {
    const near = nearest(entry.key, known);
    // What resembles nothing may be a value in the wrong place: it is not repeated.
    report(
      'project-field',
      near !== undefined
        ? `Unknown key \`${entry.key}\`. Did you mean \`${near}\`?`
        : `Nobody reads this key. Known here: ${known.join(', ')}.`,
      entry.keySpan,
      'warning',
    );
  };
  if (root && root.kind !== 'map') {
    if (!(root.kind === 'constant' && root.value === null)) {
      report('project-shape', 'A project file is a map with `project` and `secrets`.', root.span);
    }
    return { secrets, misnamed, complete: false, rules: {}, problems };
  }
  for (const entry of root?.entries ?? []) if (!ROOT.includes(entry.key)) unknown(entry, ROOT);

  const idEntry = entryOf(root, 'project');
  const id =
    idEntry?.value.kind === 'constant' && idEntry.value.value !== null
      ? String(idEntry.value.value).trim()
      : undefined;
  if (idEntry && (id === undefined || id === '')) {
    report(
      'project-shape',
      '`project` is the name under which this project’s secrets are kept, e.g. `project: ops`.',
      idEntry.keySpan,
    );
  }

  const list = entryOf(root, 'secrets');
  for (const entry of secretEntries(list, report)) {
    const bad = secretKeyProblem(entry.key);
    if (bad !== undefined) {
      report('project-key', bad, entry.keySpan);
      misnamed.add(entry.key);
      continue;
    }
    const before = secrets.get(entry.key);
    const declaration = readDeclaration(entry, report, unknown);
    secrets.set(entry.key, {
      ...declaration,
      sensitive: declaration.sensitive || before?.sensitive === true,
      keySpansBefore: before ? [...before.keySpansBefore, before.keySpan] : [],
    });
  }
  // A broken file may hide keys: nothing is called undefined because of it.
  const complete = list !== undefined && !syntax.some(({ severity }) => severity === 'error');
  const rules = readRules(entryOf(root, 'rules'), report);
  return { ...(id !== undefined && id !== '' && { id }), secrets, misnamed, complete, rules, problems };
}

type Report = (
  code: Code,
  message: string,
  span: Span,
  severity?: Problem['severity'],
  data?: Problem['data'],
) => void;

function readRules(entry: MapEntry | undefined, report: Report): RuleSettings {
  if (!entry || (entry.value.kind === 'constant' && entry.value.value === null)) return {};
  if (entry.value.kind !== 'map') {
    report(
      'project-shape',
      '`rules` is a map of diagnostic codes and severities, e.g. `dynamic-secret: off`.',
      entry.keySpan,
    );
    return {};
  }
  const rules: Record<string, Severity | 'off'> = {};
  for (const { key, keySpan, value } of entry.value.entries) {
    const near = nearest(key, Object.keys(CODES));
    // YAML 1.1 habits: `off` may be written as a word that reads as false.
    const severity = value.kind === 'constant' ? (value.value === false ? 'off' : String(value.value)) : '';
    if (!(key in CODES)) {
      report(
        'project-field',
        `There is no diagnostic \`${key}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
        keySpan,
        'warning',
      );
    } else if (!isRuleSeverity(severity)) {
      report(
        'project-shape',
        `A severity is one of ${RULE_SEVERITIES.join(', ')}.`,
        value.span.end > value.span.start ? value.span : keySpan,
      );
    } else {
      rules[key] = severity;
    }
  }
  return rules;
}

function secretEntries(list: MapEntry | undefined, report: Report): readonly MapEntry[] {
  if (!list || (list.value.kind === 'constant' && list.value.value === null)) return [];
  if (list.value.kind === 'map') return list.value.entries;
  if (list.value.kind === 'list') {
    // A list of names is what many write first: it is understood and reported in one go.
    report(
      'project-shape',
      '`secrets` is a map: write `KEY:` or `KEY: { description: … }` per line, without dashes.',
      list.keySpan,
    );
    return list.value.items.flatMap((item): MapEntry[] => {
      const key = stringOf(item);
      return key === undefined
        ? []
        : [{ key, keySpan: item.span, value: { kind: 'constant', value: null, span: item.span } }];
    });
  }
  report('project-shape', '`secrets` is a map of keys: `KEY: { description: … }`.', list.keySpan);
  return [];
}

function readDeclaration(
  entry: MapEntry,
  report: Report,
  unknown: (entry: MapEntry, known: readonly string[]) => void,
): Omit<SecretDeclaration, 'keySpansBefore'> {
  const { key, keySpan, value } = entry;
  if (value.kind === 'constant' && value.value === null) return { key, keySpan, sensitive: true };
  if (value.kind !== 'map') {
    report('project-value', valueMessage(key), value.span, 'error', { key });
    return { key, keySpan, sensitive: true };
  }
  for (const field of value.entries) {
    if (field.key === 'value') report('project-value', valueMessage(key), field.value.span, 'error', { key });
    else if (!FIELDS.includes(field.key)) unknown(field, FIELDS);
  }
  const text = entryOf(value, 'description')?.value;
  const description = stringOf(text);
  if (text && text.kind !== 'constant') {
    report('project-shape', '`description` is text: what the secret is for.', text.span);
  }
  const sensitive = entryOf(value, 'sensitive');
  const flag = sensitive?.value.kind === 'constant' ? sensitive.value.value : undefined;
  if (sensitive && typeof flag !== 'boolean') {
    report(
      'project-shape',
      '`sensitive` is true or false. Until then the secret counts as sensitive.',
      sensitive.value.span,
    );
  }
  return { key, keySpan, sensitive: flag !== false, ...(description !== undefined && { description }) };
}

const valueMessage = (key: string): string =>
  `A project file holds no values: it is shared. Remove this one, treat it as leaked, and store a new value with "Flows: Add Secret" (${key}).`;

/** Replacement of a span of the file's text. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** A file that declares one key; what is written where no project file exists. */
export function newProjectFile(id: string, key?: string): string {
  const name = /^[A-Za-z][\w.-]*$/.test(id) ? id : JSON.stringify(id);
  return `# Secret keys of this project. No values: those stay in the keychain of each machine.\nproject: ${name}\nsecrets:${key === undefined ? ' {}' : `\n  ${key}:`}\n`;
}

/**
 * The edit that declares `key`, or undefined when it stands there already. Comments, order, indentation and line ends
 * stay. Throws where the file is so broken that no edit is safe; the message says so.
 */
export function declareKey(text: string, key: string, description?: string): TextEdit | undefined {
  const { root } = readYaml(text);
  if (root && root.kind !== 'map' && !(root.kind === 'constant' && root.value === null)) {
    throw new Error(
      'The project file is no map of `project` and `secrets`: mend it first, then declare the key.',
    );
  }
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const map = root?.kind === 'map' ? root : undefined;
  const entry = entryOf(map, 'secrets');
  const secrets = entry?.value;
  const declaration = `${key}:${description === undefined ? '' : ` { description: ${JSON.stringify(description)} }`}`;
  if (!entry || !secrets) {
    const gap = text === '' || /\n$/.test(text) ? '' : eol;
    return {
      span: { start: text.length, end: text.length },
      text: `${gap}secrets:${eol}  ${declaration}${eol}`,
    };
  }
  if (secrets.kind === 'constant' && secrets.value === null) {
    const at = lineEnd(text, Math.max(secrets.span.end, entry.keySpan.end));
    return { span: { start: at, end: at }, text: `${eol}  ${declaration}` };
  }
  if (secrets.kind !== 'map') {
    throw new Error('`secrets` in the project file is no map of keys: mend it first, then declare the key.');
  }
  if (secrets.entries.some((known) => known.key === key)) return undefined;
  return text[secrets.span.start] === '{'
    ? intoFlowMap(secrets, declaration, eol, entry)
    : intoBlockMap(text, secrets, declaration, eol);
}

function intoBlockMap(text: string, secrets: MapValue, declaration: string, eol: string): TextEdit {
  const first = secrets.entries[0]!;
  const last = secrets.entries.at(-1)!;
  const starts = lineStarts(text);
  const line = starts.findLast((start) => start <= first.keySpan.start) ?? 0;
  const indent = ' '.repeat(first.keySpan.start - line);
  let end = Math.max(last.keySpan.end, endOf(last.value));
  // A block scalar's range ends after its line break already.
  if (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  const at = lineEnd(text, end);
  return { span: { start: at, end: at }, text: `${eol}${indent}${declaration}` };
}

function intoFlowMap(secrets: MapValue, declaration: string, eol: string, entry: MapEntry): TextEdit {
  if (secrets.entries.length === 0) {
    return { span: { start: entry.keySpan.end, end: secrets.span.end }, text: `:${eol}  ${declaration}` };
  }
  const at = Math.max(secrets.entries.at(-1)!.keySpan.end, endOf(secrets.entries.at(-1)!.value));
  // `{ A, B }`: a key without a value may stand there without its colon.
  return {
    span: { start: at, end: at },
    text: `, ${declaration.endsWith(':') ? `${declaration} ` : declaration}`.trimEnd(),
  };
}

function endOf(value: Value): number {
  return value.span.end;
}

/** End of the line that holds `offset`, before its line break. */
function lineEnd(text: string, offset: number): number {
  const lf = text.indexOf('\n', offset);
  if (lf < 0) return text.length;
  return text[lf - 1] === '\r' ? lf - 1 : lf;
}
