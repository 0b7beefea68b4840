/**
 * Every place of a flow that names a block, an output, a secret key or an installation: in YAML and inside expressions.
 * Found once per segment; what a mention means is decided by targets.ts, since that hangs on the other segments.
 */
import type { FlowDocument } from '../flow/document.js';
import type { Access } from '../flow/expression.js';
import type { Block, ExpressionValue, Link, Name } from '../flow/model.js';
import type { Segment } from '../flow/segment.js';
import { contains, type Position, type Span } from '../flow/text.js';
import { unquoted } from './tree.js';

export type Mention = NameMention | CodeMention;

/** A name in YAML. `span` is the whole scalar, quotes included. */
export type NameMention = { readonly text: string; readonly span: Span } & (
  | {
      readonly kind: 'block';
      readonly role: 'name' | 'link' | 'errorHandler' | 'group';
      readonly block: Block;
    }
  /** `output:` of a link. */
  | { readonly kind: 'output'; readonly link: Link; readonly block: Block }
  /** `entry`: the key in `appInstallations`. */
  | { readonly kind: 'installation'; readonly role: 'entry' | 'use' }
);

/** A name inside an expression. */
export interface CodeMention {
  /** `read`: `outputs.<key>`; `signal`: the owner in `ref("signal.<owner>.…")` or `signals.<owner>`. */
  readonly kind: 'secret' | 'read' | 'signal' | 'previous';
  readonly text: string;
  readonly value: ExpressionValue;
  /** In the expression's own text. */
  readonly inner: Span;
  /** The block that holds the expression; absent outside of blocks. */
  readonly block?: Block;
  /** Absent for `ref` and `previous`. */
  readonly access?: Access;
  /** `ref` only, where the text goes that far. */
  readonly signal?: string;
  /** The literal has escapes, so that `inner` is all of it. */
  readonly whole?: true;
}

export interface PlacedMention {
  readonly segment: Segment;
  readonly mention: Mention;
}

const known = new WeakMap<Segment, readonly Mention[]>();

/** In no certain order. */
export function mentionsIn(segment: Segment): readonly Mention[] {
  let mentions = known.get(segment);
  if (!mentions) known.set(segment, (mentions = [...find(segment)]));
  return mentions;
}

function* find(segment: Segment): Generator<Mention> {
  const { installations, blocks } = segment.content;
  for (const { key } of installations.values()) yield { kind: 'installation', role: 'entry', ...key };
  const inBlocks = new Set<ExpressionValue>();
  for (const block of blocks) {
    const { name, errorHandler, group, type, inputs } = block;
    const named = (role: 'name' | 'link' | 'errorHandler' | 'group', one: Name): Mention => ({
      kind: 'block',
      role,
      block,
      ...one,
    });
    if (name.text !== '') yield named('name', name);
    if (errorHandler) yield named('errorHandler', errorHandler);
    if (group) yield named('group', group);
    if (type?.kind === 'app') yield { kind: 'installation', role: 'use', ...type.installation };
    for (const { links } of inputs.values()) {
      for (const link of links) {
        yield named('link', link.block);
        yield { kind: 'output', link, block, ...link.output };
      }
    }
    for (const value of block.expressions) {
      inBlocks.add(value);
      yield* inExpression(value, block);
    }
  }
  for (const value of segment.expressions) if (!inBlocks.has(value)) yield* inExpression(value, undefined);
}

const KINDS = { secrets: 'secret', outputs: 'read', signals: 'signal', previous: undefined } as const;

/** The names in an expression that stands in a block of a flow. */
export function* inExpression(value: ExpressionValue, block: Block | undefined): Generator<CodeMention> {
  const at = { value, ...(block && { block }) };
  for (const access of value.expression.accesses) {
    const kind = KINDS[access.root];
    if (kind && access.key !== '') yield { kind, text: access.key, inner: access.span, access, ...at };
  }
  for (const { root, span } of value.expression.roots) {
    if (root === 'previous') yield { kind: 'previous', text: root, inner: span, ...at };
  }
  for (const { text, span } of value.expression.refs) {
    const [, owner, signal] = /^signal\.([^.]+)(?:\.(.+))?$/s.exec(text) ?? [];
    if (owner === undefined) continue;
    const exact = span.end - span.start === text.length;
    const start = span.start + 'signal.'.length;
    yield {
      kind: 'signal',
      text: owner,
      inner: exact ? { start, end: start + owner.length } : span,
      ...(signal !== undefined && { signal }),
      ...(!exact && { whole: true }),
      ...at,
    };
  }
}

/** The place in the segment: without quotes. */
export function placeOf(segment: Segment, mention: Mention): Span {
  return 'value' in mention
    ? mention.value.scalar.spanToSource(mention.inner)
    : unquoted(segment.text, mention.span);
}

/** The mention under a cursor; ends count as inside. */
export function mentionAt(flow: FlowDocument, position: Position): PlacedMention | undefined {
  const { segment, offset } = flow.at(flow.offsetAt(position));
  const mention = mentionsIn(segment).find(
    (one) =>
      contains('value' in one ? one.value.span : one.span, offset) && contains(placeOf(segment, one), offset),
  );
  return mention && { segment, mention };
}
