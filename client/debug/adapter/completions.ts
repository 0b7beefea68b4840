/** What can stand at the cursor of the debug console: names of an expression's scope, keys of what a path leads to, members. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Inspection, RunnerMethods } from '../../runner/protocol.js';
import { isIdentifier, parsePath, valueAt } from './paths.js';
import { parse } from './scopes.js';

const NAMES = ['outputs', 'previous', 'event', 'signals', 'secrets'];
const GLOBALS = [
  'JSON',
  'Object',
  'Array',
  'Math',
  'Date',
  'Number',
  'String',
  'RegExp',
  'encodeURIComponent',
];

/** A path up to its last dot or bracket, and the beginning of a name behind that. */
const TAIL =
  /(?:^|[^\p{ID_Continue}$.\])])((?:[\p{ID_Start}$_](?:[\p{ID_Continue}$]|\??\.|\[(?:\d+|"(?:[^"\\\n]|\\.)*")\])*?)?)(\??\.)?([\p{ID_Continue}$]*)$/u;

/** Most keys that are offered. */
const MAX = 500;

/**
 * @param text up to the cursor, @param inspect gives what is known of the event that expressions are evaluated for,
 * @param variables of the call that the run stands in, if it does
 */
export async function complete(
  text: string,
  inspect: () => Promise<Inspection | undefined>,
  variables: RunnerMethods['variables']['result'] = { locals: [], closure: [] },
): Promise<DebugProtocol.CompletionItem[]> {
  const own = [...variables.locals, ...variables.closure];
  const match = TAIL.exec(text);
  if (!match) return [];
  const [, base = '', dot, typed = ''] = match;
  if (dot === undefined) {
    const start = text.length - (base + typed).length;
    const length = text.length - start;
    return [
      ...own.map(({ name: label }) => ({ label, type: 'variable' as const, start, length })),
      ...NAMES.map((label) => ({ label, type: 'variable' as const, start, length })),
      ...GLOBALS.map((label) => ({ label, type: 'class' as const, start, length })),
    ].filter(({ label }) => label.startsWith(base + typed));
  }
  const path = parsePath(base);
  if (!path) return [];
  const variable = own.find(({ name }) => name === path.root);
  const inspection = variable ? undefined : await inspect();
  if (!variable && !inspection) return [];
  const { found, value } = variable
    ? { found: true, value: valueAt(parse(variable.value), path.keys) }
    : lookUp(inspection!, path.root, path.keys);
  if (!found) return [];
  const start = text.length - typed.length;
  const keys = keysOf(value)
    .slice(0, MAX)
    .map((label): DebugProtocol.CompletionItem => {
      if (isIdentifier(label)) return { label, type: 'property', start, length: typed.length };
      // Not after a dot: the dot goes.
      const drop = dot.length + typed.length;
      return {
        label,
        text: `[${JSON.stringify(label)}]`,
        type: 'property',
        start: text.length - drop,
        length: drop,
      };
    });
  const members = membersOf(value).map((label): DebugProtocol.CompletionItem => ({
    label,
    type: 'method',
    sortText: `~${label}`,
    start,
    length: typed.length,
  }));
  return [...keys, ...members].filter(({ label }) => label.startsWith(typed));
}

function lookUp(
  { event, outputs, signals, secrets }: Inspection,
  root: string,
  keys: readonly (string | number)[],
): { readonly found: boolean; readonly value?: unknown } {
  const [first, ...rest] = keys;
  const within = (records: Readonly<Record<string, string>>): { found: boolean; value?: unknown } => {
    if (first === undefined) return { found: true, value: records };
    if (!Object.hasOwn(records, first)) return { found: false };
    return { found: true, value: valueAt(parse(records[first]!), rest) };
  };
  switch (root) {
    case 'outputs':
      return within(outputs);
    case 'signals':
      return within(signals);
    case 'secrets':
      // A value's own members would tell what type it is.
      return first === undefined
        ? { found: true, value: Object.fromEntries(secrets.map((key) => [key, null])) }
        : { found: false };
    case 'previous':
      return { found: true, value: valueAt(parse(event.data), keys) };
    case 'event': {
      const { id, block, output, data } = event;
      if (first === 'data') return { found: true, value: valueAt(parse(data), rest) };
      return { found: true, value: valueAt({ id, block, output, data: null }, keys) };
    }
    default:
      return { found: false };
  }
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function membersOf(value: unknown): string[] {
  if (Array.isArray(value)) return members(Array.prototype);
  switch (typeof value) {
    case 'string':
      return members(String.prototype);
    case 'number':
      return members(Number.prototype);
    default:
      return [];
  }
}

function members(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor' && isIdentifier(name));
}
