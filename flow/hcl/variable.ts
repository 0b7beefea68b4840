/**
 * Takes the value of a `flows_secret` out of its file: Terraform asks for it with a variable from then on. `value` is
 * write-only (flows-platform §4), so an ephemeral variable does, which is in no plan and in no state.
 */
import type { Move } from '../tokens/move.js';
import type { Span } from '../text.js';
import type { ExposedValue, SecretKey } from './terraform.js';

export interface VariableMove extends Move {
  /** The variable's name. */
  readonly variable: string;
  /** Its declaration, behind the resource. */
  readonly declaration: { readonly span: Span; readonly text: string };
}

/** `taken`: names of the module's variables, which mean something else. */
export function moveToVariable(
  { span, style }: ExposedValue,
  { key, resource }: SecretKey,
  source: string,
  taken: ReadonlySet<string>,
): VariableMove {
  const variable = freeName(key, taken);
  const eol = source.includes('\r\n') ? '\r\n' : '\n';
  const lines = [
    '',
    '',
    `variable "${variable}" {`,
    '  type      = string',
    '  sensitive = true',
    '  ephemeral = true',
    '}',
  ];
  const isQuoted = style === 'quoted';
  return {
    span,
    text: `var.${variable}`,
    literal: isQuoted ? { start: span.start + 1, end: span.end - 1 } : span,
    layers: isQuoted ? ['hcl'] : style === 'heredoc' ? ['hcl-heredoc'] : [],
    variable,
    declaration: { span: { start: resource.end, end: resource.end }, text: lines.join(eol) },
  };
}

/** Names that Terraform keeps for the arguments of modules. */
const RESERVED: ReadonlySet<string> = new Set([
  'source',
  'version',
  'providers',
  'count',
  'for_each',
  'lifecycle',
  'depends_on',
  'locals',
]);

/** `API_TOKEN` -> `api_token`, with a number where that is another variable's name. */
function freeName(key: string, taken: ReadonlySet<string>): string {
  const name = key.toLowerCase().replaceAll('$', '_');
  const base = RESERVED.has(name) ? `${name}_value` : name;
  let free = base;
  for (let i = 2; taken.has(free); i++) free = `${base}_${i}`;
  return free;
}

/** The variables that a file declares. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/^[ \t]*variable[ \t]+"?([\w-]+)"?[ \t]*\{/gm)].map(([, name]) => name!);
}

/** The text of a heredoc, with the marks at its ends: `<<-` takes the indentation of the least indented line off all. */
export function heredocText(raw: string): string {
  const [, indented, body = ''] = /^<<(-?)[^\r\n]*\r?\n([^]*?)[ \t]*[^\s]+\s*$/.exec(raw) ?? [];
  const lines = body.split(/(?<=\n)/);
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0].length);
  const indent = indented === '-' && indents.length > 0 ? Math.min(...indents) : 0;
  return lines.map((line) => (line.trim() === '' ? line : line.slice(indent))).join('');
}
