/**
 * How a text is written as a YAML scalar, so that every reader of YAML (1.1 or 1.2) gets back that very string. The
 * style that stands at the place is kept as long as it can hold the text.
 */
import type { ScalarStyle } from './scalar.js';
import type { Span } from './text.js';

/** The style of the scalar that begins at `at`; a plain one cannot begin with the others' indicators. */
export function styleAt(text: string, at: number): ScalarStyle {
  switch (text[at]) {
    case '"':
      return 'double';
    case "'":
      return 'single';
    case '|':
      return 'literal';
    case '>':
      return 'folded';
    default:
      return 'plain';
  }
}

/**
 * What is written over `span`, a whole scalar of `source`, so that it reads as `text`. `inFlow`: it stands inside
 * `{…}` or `[…]`. A block scalar becomes a one-line one and keeps the line breaks behind it.
 */
export function rewriteScalar(source: string, span: Span, text: string, inFlow: boolean): string {
  const style = styleAt(source, span.start);
  if (style !== 'literal' && style !== 'folded') return scalarSource(text, style, inFlow);
  const after = /(?:[ \t]*\r?\n)*$/.exec(source.slice(span.start, span.end))![0];
  return scalarSource(text, 'plain', inFlow) + after;
}

/** `text` as a one-line scalar: in the wanted style where that can hold it, else in single, else in double quotes. */
export function scalarSource(text: string, style: 'plain' | 'single' | 'double', inFlow: boolean): string {
  if (style === 'plain' && isPlain(text, inFlow)) return text;
  if (style !== 'double' && !NEEDS_ESCAPES.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return `"${text.replace(/["\\]/g, '\\$&').replace(new RegExp(NEEDS_ESCAPES, 'gu'), escapeUnit)}"`;
}

/** `text`, part of a scalar's value, as it is written between the scalar's ends. For one-line texts. */
export function insideScalar(text: string, style: ScalarStyle): string {
  if (style === 'single') return text.replaceAll("'", "''");
  if (style === 'double') return text.replace(/["\\]/g, '\\$&');
  return text;
}

/** Line breaks, and what YAML does not take as it is. */
const NEEDS_ESCAPES =
  /[^\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function escapeUnit(unit: string): string {
  if (unit === '\n') return '\\n';
  if (unit === '\r') return '\\r';
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What YAML 1.1 or 1.2 reads as something else than a string: null, booleans, numbers, dates, times, merge keys. */
const OTHER_TYPES =
  /^(?:~|null|true|false|yes|no|on|off|y|n|=|<<|[-+]?(?:0[xob])?[\d_][\d_a-f]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|[-+]?\.\d[\d_]*(?:e[-+]?\d+)?|[-+]?\.(?:inf|nan)|\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?|\d{4}-\d\d?-\d\d?.*)$/i;

function isPlain(text: string, inFlow: boolean): boolean {
  return (
    text !== '' &&
    text.trim() === text &&
    !NEEDS_ESCAPES.test(text) &&
    !/^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/.test(text) &&
    !/:(?:\s|$)|\s#/.test(text) &&
    !(inFlow && /[,[\]{}:?]|^-/.test(text)) &&
    !OTHER_TYPES.test(text)
  );
}
