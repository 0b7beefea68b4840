/**
 * The text of an HCL string and the exact mapping between it and its source: quoted templates with escapes, heredocs
 * (`<<EOT`, and `<<-EOT` with its indentation taken off), `$${` and `%%{`. An interpolation is one opaque unit of the
 * text, a mark of a directive (`%{ if … }`) a blank: what they become is known to Terraform alone.
 * Rules: the HCL native syntax specification, "Template Expressions" and "Heredoc Template Expressions".
 */
import { Pieces, type MappedText } from '../pieces.js';
import type { Span } from '../text.js';
import { flatten, spanOf, type HclNode } from './tree.js';

/** Stands for an interpolation in the text: a letter to JavaScript, and nothing that anybody types. */
export const OPAQUE = '\u01c2';

/** A part of a string that Terraform fills in. */
export interface Hole {
  readonly span: Span;
  readonly kind: 'value' | 'mark';
  /** `${~` and `~}`: blanks and a line break beside it are dropped. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

export class HclText implements MappedText {
  readonly value: string;
  readonly exact = true;
  readonly holes: readonly Hole[];
  readonly style: 'quoted' | 'heredoc';
  readonly #pieces: Pieces;
  readonly #start: number;
  /** Value offsets of the units that stand for interpolations. */
  readonly #opaque: readonly number[];

  constructor(
    readonly span: Span,
    pieces: Pieces,
    shape: { start: number; style: 'quoted' | 'heredoc'; holes: readonly Hole[]; opaque: readonly number[] },
  ) {
    this.value = pieces.value;
    this.#pieces = pieces;
    this.#start = shape.start;
    this.#opaque = shape.opaque;
    this.style = shape.style;
    this.holes = shape.holes;
  }

  toSource(offset: number): number {
    return this.#pieces.toSource(offset, this.#start);
  }

  spanToSource(span: Span): Span {
    return this.#pieces.spanToSource(span, this.#start);
  }

  toValue(at: number): number {
    return this.#pieces.toValue(at);
  }

  /** Whether an interpolation has a part in the value's span. */
  isOpaque({ start, end }: Span): boolean {
    return this.#opaque.some((offset) => start <= offset && offset < end);
  }

  /** Whether the source offset is inside an interpolation or directive, where Terraform's own language stands. */
  isInHole(at: number): boolean {
    return this.holes.some(({ span }) => span.start < at && at < span.end);
  }
}

/** The place of a parsed piece in its file: what its offsets lack, and where it ends. Behind that stands what a repair has added. */
export interface Place {
  readonly shift: number;
  readonly limit: number;
}

/** The text of a `string_lit`, `quoted_template` or `heredoc_template`; undefined for other nodes. `source`: the whole file. */
export function readLiteral(node: HclNode, source: string, place: Place): HclText | undefined {
  switch (node.type) {
    case 'string_lit':
    case 'quoted_template':
      return readQuoted(node, source, place);
    case 'heredoc_template':
      return readHeredoc(node, source, place);
    default:
      return undefined;
  }
}

function readQuoted(node: HclNode, source: string, place: Place): HclText {
  const span = placed(spanOf(node), place);
  const start = span.start + 1;
  const close = node.children.at(-1);
  const isClosed = close?.type === 'quoted_template_end' && !close.isMissing;
  const end = isClosed ? Math.min(close.startIndex + place.shift, place.limit) : span.end;
  return build(source, { start, end }, { span, style: 'quoted', holes: holesIn(node, source, place) });
}

function readHeredoc(node: HclNode, source: string, place: Place): HclText {
  const span = placed(spanOf(node), place);
  const names = node.children.filter(({ type }) => type === 'heredoc_identifier');
  const [open, close] = names.map((name) => placed(spanOf(name), place));
  const first = source.indexOf('\n', open?.end ?? span.start);
  const start = first < 0 || first >= span.end ? span.end : first + 1;
  // The closing mark has its line for itself.
  const end =
    close && close.end > close.start ? Math.max(start, source.lastIndexOf('\n', close.start) + 1) : span.end;
  const indented = source.startsWith('<<-', span.start);
  const holes = holesIn(node, source, place);
  return build(source, { start, end }, { span, style: 'heredoc', holes, indented });
}

function placed({ start, end }: Span, { shift, limit }: Place): Span {
  return { start: Math.min(start + shift, limit), end: Math.min(end + shift, limit) };
}

const MARKS: ReadonlySet<string> = new Set([
  'template_for_start',
  'template_for_end',
  'template_if_intro',
  'template_else_intro',
  'template_if_end',
]);

function holesIn(node: HclNode, source: string, place: Place): Hole[] {
  return flatten(node.children).flatMap((child): Hole[] => {
    const isValue = child.type === 'template_interpolation';
    if (!isValue && !MARKS.has(child.type)) {
      return child.type.startsWith('template_') && child.type !== 'template_literal'
        ? holesIn(child, source, place)
        : [];
    }
    const span = placed(spanOf(child), place);
    const text = source.slice(span.start, span.end);
    return [
      {
        span,
        kind: isValue ? 'value' : 'mark',
        stripsLeft: /^[$%]\{~/.test(text),
        stripsRight: text.endsWith('~}'),
      },
    ];
  });
}

interface Shape {
  readonly span: Span;
  readonly style: 'quoted' | 'heredoc';
  readonly holes: readonly Hole[];
  /** `<<-` */
  readonly indented?: boolean;
}

/** A run of literal text on one line (the whole of it in quotes), or a hole. */
type Token = Span & { readonly hole?: Hole; readonly startsLine: boolean };

function build(source: string, content: Span, shape: Shape): HclText {
  const tokens = tokensOf(source, content, shape);
  if (shape.indented) dropIndent(source, tokens);
  strip(source, tokens);
  const pieces = new Pieces();
  const opaque: number[] = [];
  for (const token of tokens) {
    if (!token.hole) {
      if (shape.style === 'quoted') decodeQuoted(pieces, source, token);
      else decodeRaw(pieces, source, token);
    } else if (token.hole.kind === 'value') {
      opaque.push(pieces.value.length);
      pieces.atomic(OPAQUE, token.start, token.end - token.start);
    } else {
      pieces.atomic(' ', token.start, token.end - token.start);
    }
  }
  return new HclText(shape.span, pieces, {
    start: content.start,
    style: shape.style,
    holes: shape.holes,
    opaque,
  });
}

function tokensOf(source: string, content: Span, { holes, style }: Shape): Token[] {
  const tokens: Token[] = [];
  let at = content.start;
  let startsLine = true;
  const literal = (until: number): void => {
    while (at < until) {
      const lf = style === 'heredoc' ? source.indexOf('\n', at) : -1;
      const end = lf < 0 || lf >= until ? until : lf + 1;
      tokens.push({ start: at, end, startsLine });
      startsLine = end === lf + 1;
      at = end;
    }
  };
  for (const hole of holes) {
    if (hole.span.start < at || hole.span.end > content.end) continue;
    literal(hole.span.start);
    tokens.push({ ...hole.span, hole, startsLine });
    startsLine = false;
    at = hole.span.end;
  }
  literal(content.end);
  return tokens;
}

/** `<<-`: the indentation of the least indented line is taken off all; lines of blanks alone stay as they are. */
function dropIndent(source: string, tokens: Token[]): void {
  const blanks = (token: Token): number =>
    token.hole ? 0 : /^\s*/.exec(source.slice(token.start, token.end))![0].length;
  const isBlankLine = (token: Token): boolean =>
    !token.hole && source[token.end - 1] === '\n' && blanks(token) === token.end - token.start;
  const lines = tokens.filter((token) => token.startsLine && !isBlankLine(token));
  const indent = Math.min(...lines.map(blanks));
  for (const [i, token] of tokens.entries()) {
    if (token.startsLine && !token.hole && !isBlankLine(token))
      tokens[i] = { ...token, start: token.start + indent };
  }
}

function strip(source: string, tokens: Token[]): void {
  for (const [i, { hole }] of tokens.entries()) {
    const before = tokens[i - 1];
    if (hole?.stripsLeft && before && !before.hole) {
      const kept = source.slice(before.start, before.end).trimEnd().length;
      tokens[i - 1] = { ...before, end: before.start + kept };
    }
    const after = tokens[i + 1];
    if (hole?.stripsRight && after && !after.hole) {
      const kept = source.slice(after.start, after.end).trimStart().length;
      tokens[i + 1] = { ...after, start: after.end - kept };
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

function decodeQuoted(pieces: Pieces, source: string, { start, end }: Span): void {
  let run = start;
  let at = start;
  const atomic = (value: string, length: number): void => {
    pieces.verbatim(source, run, at - run);
    pieces.atomic(value, at, length);
    run = at += length;
  };
  while (at < end) {
    if (source[at] === '\\') {
      const next = source[at + 1] ?? '';
      const digits = next === 'u' ? 4 : next === 'U' ? 8 : 0;
      const hex = source.slice(at + 2, Math.min(at + 2 + digits, end));
      const code = digits > 0 && hex.length === digits && /^[\da-f]+$/i.test(hex) ? parseInt(hex, 16) : NaN;
      const simple = ESCAPES[next];
      if (simple !== undefined && at + 1 < end) atomic(simple, 2);
      else if (code <= 0x10ffff) atomic(String.fromCodePoint(code), 2 + digits);
      // What is no escape is Terraform's to report: it stands as it is written.
      else at += 2;
    } else if (isEscapedHole(source, at, end)) {
      atomic(source.slice(at + 1, at + 3), 3);
    } else {
      at++;
    }
  }
  at = Math.min(at, end);
  pieces.verbatim(source, run, at - run);
}

function decodeRaw(pieces: Pieces, source: string, { start, end }: Span): void {
  let run = start;
  for (let at = start; at < end; at++) {
    if (!isEscapedHole(source, at, end)) continue;
    pieces.verbatim(source, run, at - run);
    pieces.atomic(source.slice(at + 1, at + 3), at, 3);
    run = at + 3;
    at += 2;
  }
  pieces.verbatim(source, run, end - run);
}

/** `$${` or `%%{` */
function isEscapedHole(source: string, at: number, end: number): boolean {
  const unit = source[at];
  return at + 2 < end && (unit === '$' || unit === '%') && source[at + 1] === unit && source[at + 2] === '{';
}

/** `text` as it is written in a string of this style. For texts of one line. */
export function insideHcl(text: string, style: HclText['style']): string {
  const quoted = style === 'quoted';
  const escaped = quoted
    ? text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')
    : text;
  // A sign before an escaped one would be taken for a part of the escape.
  return escaped.replace(/((?:\$+(?=\$\{)|%+(?=%\{))?)([$%])\{/g, (_, before: string, sign: string) => {
    const apart = quoted
      ? before.replaceAll('$', '\\u0024').replaceAll('%', '\\u0025')
      : before && `\${"${before}"}`;
    return `${apart}${sign}${sign}{`;
  });
}

/** The Terraform expression inside an interpolation. */
export function holeText({ span, stripsLeft, stripsRight }: Hole, source: string): string {
  return source.slice(span.start + (stripsLeft ? 3 : 2), span.end - (stripsRight ? 2 : 1)).trim();
}

/** The text of a plain string without interpolations, as identifiers and keys are written. */
export function plainText(node: HclNode, source: string, place: Place): HclText | undefined {
  const text = readLiteral(node, source, place);
  return text && text.holes.length === 0 ? text : undefined;
}
