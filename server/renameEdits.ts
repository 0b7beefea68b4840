/**
 * The edits that give a name another text at each place that mentions it, in the right quoting for YAML and JavaScript.
 * One list per document, so that a rename can grow over as many documents as are known.
 */
import type { FlowDocument } from '../flow/document.js';
import type { Access } from '../flow/expression.js';
import { IDENTIFIER } from '../flow/keys.js';
import { insideScalar, rewriteScalar } from '../flow/quoting.js';
import { Segment } from '../flow/segment.js';
import type { Span } from '../flow/text.js';
import type { CodeMention, Mention, NameMention, PlacedMention } from './mentions.js';
import { isInFlow } from './tree.js';

/** Why a rename is refused; its message is shown to the person who asked. */
export class Refusal extends Error {}

export interface PlacedEdit {
  readonly segment: Segment;
  readonly span: Span;
  readonly text: string;
}

/**
 * Edits for all mentions; `textFor` says what each is to become. Throws a Refusal where one cannot be written, so that
 * it is all or nothing.
 */
export function editsFor(
  flow: FlowDocument,
  placed: readonly PlacedMention[],
  textFor: (mention: Mention) => string,
): PlacedEdit[] {
  const edits = new Map<string, PlacedEdit>();
  for (const { segment, mention } of placed) {
    const edit =
      'value' in mention
        ? codeEdit(flow, segment, mention, textFor(mention))
        : nameEdit(flow, segment, mention, textFor(mention), placed);
    // Aliases bring the same place in more than once.
    const id = `${flow.startOf(segment) + edit.span.start}`;
    const known = edits.get(id);
    if (known && known.text !== edit.text) refuse(flow, segment, edit.span, 'stands there through an alias');
    edits.set(id, edit);
  }
  const all = [...edits.values()];
  for (const segment of new Set(all.map((edit) => edit.segment))) {
    check(
      flow,
      segment,
      all.filter((edit) => edit.segment === segment),
    );
  }
  return all;
}

function nameEdit(
  flow: FlowDocument,
  segment: Segment,
  { span }: NameMention,
  text: string,
  placed: readonly PlacedMention[],
): PlacedEdit {
  // The text of an anchor is also that of its aliases: all of them must be meant.
  const anchor = /&([^\s,[\]{}]+)[ \t\r\n]+$/.exec(segment.text.slice(0, span.start))?.[1];
  if (anchor !== undefined) {
    const aliases = segment.text.split(/[\s,[\]{}]+/).filter((word) => word === `*${anchor}`).length;
    const meant = placed.filter(
      (one) => one.segment === segment && 'span' in one.mention && one.mention.span.start === span.start,
    ).length;
    if (aliases + 1 > meant) refuse(flow, segment, span, `is shared with other values through &${anchor}`);
  }
  return { segment, span, text: rewriteScalar(segment.text, span, text, isInFlow(segment, span)) };
}

function codeEdit(flow: FlowDocument, segment: Segment, mention: CodeMention, text: string): PlacedEdit {
  const { value, inner, access, whole } = mention;
  const { scalar } = value;
  if (!scalar.exact || whole) refuse(flow, segment, value.span, 'is written with escapes');
  const shared = segment.expressions.filter((one) => one.span.start === value.span.start).length > 1;
  if (shared && segment.content.blocks.length > 1)
    refuse(flow, segment, value.span, 'is shared between blocks through an alias');
  // In half-typed code the parser guesses: what does not stand there as it is named is not touched.
  const { text: code, syntaxError } = value.expression;
  if (syntaxError && code.slice(inner.start, inner.end) !== mention.text)
    refuse(flow, segment, value.span, 'does not parse');
  const change = access ? accessChange(code, access, text, scalar.style === 'plain') : { span: inner, text };
  if (!change) refuse(flow, segment, scalar.spanToSource(inner), 'cannot take this name');
  return {
    segment,
    span: scalar.spanToSource(change.span),
    text: insideScalar(change.text, scalar.style),
  };
}

/**
 * The change of an expression's text that makes `access` read `key`, which holds letters, digits, `$` and `_` only.
 * Undefined where a comment stands in the way. `tight`: `: ` would end a plain YAML scalar.
 */
export function accessChange(
  text: string,
  { form, span, shorthand, key: old }: Access,
  key: string,
  tight = false,
): { readonly span: Span; readonly text: string } | undefined {
  const isIdentifier = IDENTIFIER.test(key);
  const quoted = /["'`]/.test(text[span.start - 1] ?? '');
  switch (form) {
    case 'member': {
      if (isIdentifier) return { span, text: key };
      const dot = /(\?\.|\.)\s*$/.exec(text.slice(0, span.start));
      if (!dot) return undefined;
      return {
        span: { start: dot.index, end: span.end },
        text: `${dot[1] === '?.' ? '?.' : ''}["${key}"]`,
      };
    }
    case 'destructured': {
      if (quoted) return { span, text: key };
      const property = isIdentifier ? key : `"${key}"`;
      return { span, text: shorthand ? `${property}:${tight ? '' : ' '}${old}` : property };
    }
    case 'bracket':
    case 'in':
      return { span, text: quoted ? key : `"${key}"` };
  }
}

/** A place at which the new text would break the YAML or the expression is a reason to refuse. */
function check(flow: FlowDocument, segment: Segment, edits: readonly PlacedEdit[]): void {
  const changed = new Segment(applied(segment.text, edits), segment.kind, segment.dialect);
  const mistakes = ({ tree, expressions }: Segment): number =>
    tree.problems.length + expressions.filter(({ expression }) => expression.syntaxError).length;
  if (mistakes(changed) > mistakes(segment) || changed.expressions.length !== segment.expressions.length)
    refuse(flow, segment, edits[0]!.span, 'cannot take this name');
}

/** `text` with the edits made, whose spans are those of `text`. */
export function applied(
  text: string,
  edits: readonly { readonly span: Span; readonly text: string }[],
): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.span.start - a.span.start)) {
    result = result.slice(0, edit.span.start) + edit.text + result.slice(edit.span.end);
  }
  return result;
}

function refuse(flow: FlowDocument, segment: Segment, span: Span, why: string): never {
  const { line } = flow.range(segment, span).start;
  throw new Refusal(`What stands in line ${line + 1} ${why}: change it by hand first.`);
}
