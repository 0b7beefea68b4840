/**
 * YAML text to a tree of values with spans. Never throws on text. What plainYaml.ts can read does without the YAML library,
 * which only the modules of this name know.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Alias,
  type Document,
  type Node,
  type Scalar,
  type YAMLError,
} from 'yaml';
import { nearest } from './keys.js';
import type { ExpressionValue, ListValue, MapEntry, MapValue, Value } from './model.js';
import { MERGE_KEY, readPlainYaml } from './plainYaml.js';
import type { Problem } from './problem.js';
import { isClosed, ScalarText, type ScalarStyle } from './scalar.js';
import { TaggedText } from './taggedText.js';
import type { Span } from './text.js';
import { explainYaml } from './yamlErrors.js';
import { mend, type Mend } from './yamlMend.js';
import { EXPRESSION_TAG, mistakesIn, parse, repeatedIn, type Parsed } from './yamlParse.js';
import { Repaired } from './yamlRepair.js';

export { EXPRESSION_TAG };

export interface YamlTree {
  /** Undefined for a text without content. */
  readonly root?: Value;
  readonly problems: readonly Problem[];
  /** Every `!expr` in document order. */
  readonly expressions: readonly ExpressionValue[];
  /** Aliases whose anchor is not in this text. */
  readonly unresolved: readonly string[];
  /** How problems can be mended. */
  readonly mends?: ReadonlyMap<Problem, Mend>;
}

/** Nested deeper than this, values are cut off and reported: recursion over them stays far from the stack's end. */
const MAX_DEPTH = 200;

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

/**
 * Reads one YAML document. Spans are offsets in `text`; paths of expressions are those inside their block.
 * Problems carry the codes `yaml-syntax`, `yaml-unknown-tag`, `yaml-alias`, `yaml-depth`, `expr-on-collection`.
 * `tags`: further tags of this kind of file, for texts only; constants keep them.
 */
export function readYaml(text: string, tags: readonly string[] = []): YamlTree {
  const plain = tags.length === 0 ? readPlainYaml(text, EXPRESSION_TAG) : undefined;
  return plain ? { ...plain, problems: [], unresolved: [] } : readWithLibrary(text, tags);
}

/** The same for every text; exported for the comparison with what is read without the library. */
export function readWithLibrary(text: string, tags: readonly string[] = []): YamlTree {
  const parsed = parse(text, tags);
  return mistakesIn(parsed).length === 0 && repeatedIn(parsed).length < 2
    ? treeOf(parsed, Repaired.of(text), [], tags)
    : readBroken(text, parsed, tags);
}

/** One slip makes a parser stumble over much that is right: what it says of the text as it is does not count. */
function readBroken(text: string, parsed: Parsed, tags: readonly string[]): YamlTree {
  const mended = mend(text, parsed, tags);
  const { repaired, mends } = mended;
  const slips = new Set(mended.problems);
  const problems = [...slips];
  const read = treeOf(mended.parsed, repaired, problems, tags);
  // What else does not fit follows from them.
  const shown = problems.filter((problem) => problem.code !== 'yaml-syntax' || slips.has(problem));
  const tree = { ...read, mends, problems: slips.size > 0 ? shown : problems };
  const lost = repaired.blanked;
  if (lost.length === 0) return tree;
  // What somebody is typing there may be no YAML yet, but it is an expression.
  const { expressions } = treeOf(parsed, Repaired.of(text), [], tags);
  const kept = expressions.filter(
    ({ span }) =>
      lost.some(({ start, end }) => start <= span.start && span.start < end) &&
      !tree.expressions.some((one) => one.span.start < span.end && span.start < one.span.end),
  );
  return {
    ...tree,
    expressions: [...tree.expressions, ...kept].sort((one, two) => one.span.start - two.span.start),
  };
}

/** @param problems those that are known; what else is wrong joins them */
function treeOf(
  { documents, failure }: Parsed,
  repaired: Repaired,
  problems: Problem[],
  tags: readonly string[],
): YamlTree {
  const { length } = repaired.text;
  const isBroken = problems.length > 0;
  if (failure !== undefined) {
    problems.push({
      code: 'yaml-syntax',
      message: `This YAML cannot be read: ${failure}`,
      severity: 'error',
      span: repaired.spanOf({ start: 0, end: length }),
    });
  }
  const reader = new Reader(repaired, tags, problems, documents[0]);
  for (const document of documents) {
    for (const error of document.errors)
      if (!isBroken || error.code === 'TAG_RESOLVE_FAILED') reader.report(error, 'error');
    for (const warning of document.warnings) reader.report(warning, 'warning');
  }
  const contents = documents[0]?.contents;
  const root = contents ? reader.value(contents, '', 0) : undefined;
  if (documents.length > 1) {
    const start = documents[1]!.range[0];
    problems.push({
      code: 'yaml-syntax',
      message:
        'Only the first YAML document of a file is read. Remove the `---` and what follows it, or move it to a file of its own.',
      severity: 'error',
      span: repaired.spanOf({ start, end: Math.min(length, start + 3) }),
    });
  }
  const { expressions, unresolved } = reader;
  return { problems, expressions, unresolved, ...(root && { root }) };
}

class Reader {
  readonly expressions: ExpressionValue[] = [];
  readonly unresolved: string[] = [];
  /** Nodes being read, so that an alias inside its own anchor ends. */
  readonly #open = new Set<Node>();

  /** As it is written. */
  readonly text: string;

  constructor(
    readonly repaired: Repaired,
    readonly tags: readonly string[],
    readonly problems: Problem[],
    readonly document: Document.Parsed | undefined,
  ) {
    this.text = repaired.source;
  }

  report(error: YAMLError, severity: 'error' | 'warning'): void {
    const { start, end } = this.repaired.spanOf({ start: error.pos[0], end: error.pos[1] });
    if (error.code === 'TAG_RESOLVE_FAILED') {
      const tag = this.text.slice(start, end);
      const known = [...this.tags, EXPRESSION_TAG];
      const near = nearest(
        tag.slice(1),
        known.map((one) => one.slice(1)),
      );
      this.problems.push({
        code: 'yaml-unknown-tag',
        message: `Unknown tag ${tag}. ${
          this.tags.length === 0
            ? `A flow definition knows ${EXPRESSION_TAG} only.`
            : `This file knows ${known.join(', ')}.`
        }`,
        severity: 'warning',
        span: { start, end },
        ...(near !== undefined && { data: { name: tag, near: `!${near}` } }),
      });
      return;
    }
    const { message, span: found } = explainYaml(error, this.repaired.text);
    const span = this.repaired.spanOf(found);
    // One mistake is noticed at several places of its line.
    const last = this.problems.at(-1);
    if (last?.message === message && !this.text.slice(last.span.start, span.start).includes('\n')) return;
    this.problems.push({ code: 'yaml-syntax', message, severity, span });
  }

  value(node: Node, path: string, depth: number): Value {
    const span = this.#span(node);
    if (isAlias(node)) return this.#alias(node, span, path, depth);
    if (depth > MAX_DEPTH) {
      this.problems.push({
        code: 'yaml-depth',
        message: `Values nested deeper than ${MAX_DEPTH} levels are not read.`,
        severity: 'error',
        span,
      });
      return { kind: 'constant', value: null, span };
    }
    this.#open.add(node);
    try {
      if (isMap(node) || isSeq(node)) {
        if (node.tag === EXPRESSION_TAG) this.#collectionExpression(node, span);
        return isMap(node)
          ? this.#map(node.items, span, path, depth)
          : this.#list(node.items, span, path, depth);
      }
      if (isScalar(node)) return this.#scalar(node, span, path);
    } finally {
      this.#open.delete(node);
    }
    return { kind: 'constant', value: null, span };
  }

  #map(items: readonly unknown[], span: Span, path: string, depth: number): MapValue {
    const entries: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const item of items) {
      if (!isPair<Node | null, Node | null>(item)) continue;
      const from = this.#merged(item.key, item.value, path, depth);
      if (from) {
        merged.push(...from);
        continue;
      }
      const key = isScalar(item.key) ? (item.key.source ?? '') : undefined;
      const keySpan = item.key ? this.#span(item.key) : { start: span.start, end: span.start };
      if (key === undefined) {
        this.problems.push({
          code: 'yaml-syntax',
          message: 'A key must be plain text here, not a map or list.',
          severity: 'error',
          span: keySpan,
        });
        continue;
      }
      const child = path === '' ? key : `${path}.${key}`;
      const value: Value = item.value
        ? this.value(item.value, child, depth + 1)
        : { kind: 'constant', value: null, span: { start: keySpan.end, end: keySpan.end } };
      entries.push({ key, keySpan, value });
    }
    // Own keys win, and of what is merged the first.
    const keys = new Set(entries.map(({ key }) => key));
    const more = merged.filter(({ key }) => !keys.has(key) && keys.add(key));
    return { kind: 'map', entries: [...more, ...entries], span };
  }

  /** The entries that `<<: *anchor` adds; undefined for any other key. */
  #merged(key: Node | null, value: Node | null, path: string, depth: number): MapEntry[] | undefined {
    if (!isScalar(key) || key.source !== MERGE_KEY || key.type !== 'PLAIN' || !value) return undefined;
    const maps = isSeq(value) ? (value.items as Node[]) : [value];
    const sources = maps.map((one) => (isAlias(one) && this.document ? one.resolve(this.document) : one));
    if (sources.length === 0 || !sources.every(isMap)) return undefined;
    this.problems.push({
      code: 'unknown-field',
      message:
        'Whether the platform reads merge keys (`<<`) is not documented. Write the keys out, or use an alias for a whole value.',
      severity: 'warning',
      span: this.#span(key),
    });
    return maps.flatMap((one) => {
      const from = this.value(one, path, depth + 1);
      return from.kind === 'map' ? from.entries : [];
    });
  }

  #list(items: readonly unknown[], span: Span, path: string, depth: number): ListValue {
    const values = items.map((item, i): Value => {
      // Items of the root's list or of `blocks` are blocks: paths begin anew in each.
      const child = path === '' || path === 'blocks' ? '' : `${path}[${i}]`;
      if (isPair<Node, Node | null>(item)) return this.#map([item], span, child, depth + 1);
      return this.value(item as Node, child, depth + 1);
    });
    return { kind: 'list', items: values, span };
  }

  #scalar(node: Scalar, span: Span, path: string): Value {
    const style = STYLES[node.type ?? 'PLAIN'] ?? 'plain';
    if (node.tag === EXPRESSION_TAG) {
      const scalar = this.#scalarText(
        node,
        style,
        span,
        typeof node.value === 'string' ? node.value : (node.source ?? ''),
      );
      const tagged = { start: this.#tagStart(span.start), end: scalar.span.end };
      const value = new TaggedText(scalar, tagged, path);
      this.expressions.push(value);
      return value;
    }
    const raw = this.#isOpen(style, span) ? this.#scalarText(node, style, span, '').value : node.value;
    const value =
      typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' || raw === null
        ? raw
        : (node.source ?? null);
    // A tag that is not known may mean any value.
    const tag = node.tag?.startsWith('!') ? node.tag : undefined;
    if (tag !== undefined && this.tags.includes(tag)) {
      const at = { start: this.#tagStart(span.start, tag), end: Math.max(span.end, span.start) };
      return { kind: 'constant', value, span: at, tag };
    }
    if (span.end === span.start) return { kind: 'constant', value, span };
    const text = typeof value === 'string' ? value : (node.source ?? '');
    const scalar = this.#scalarText(node, style, span, text);
    return {
      kind: 'constant',
      value,
      span,
      scalar,
      ...(tag !== undefined && this.tags.length === 0 && { tag }),
    };
  }

  #scalarText(node: Scalar, style: ScalarStyle, span: Span, value: string): ScalarText {
    const token = node.srcToken as { indent?: number } | undefined;
    const indent = style === 'literal' || style === 'folded' ? Math.max(0, token?.indent ?? 0) : 0;
    if (this.#isOpen(style, span)) {
      // All that follows would belong to it. Whoever is still typing means this line.
      const line = /^.*/.exec(this.text.slice(span.start, span.end))![0];
      return ScalarText.of({
        style,
        text: this.text,
        span: { start: span.start, end: span.start + line.length },
        indent,
      });
    }
    return new ScalarText(value, { style, text: this.text, span, indent });
  }

  /** Quoted, and its closing quote is missing. */
  #isOpen(style: ScalarStyle, { start, end }: Span): boolean {
    return (style === 'single' || style === 'double') && !isClosed(this.text.slice(start, end));
  }

  #alias(node: Alias, span: Span, path: string, depth: number): Value {
    const target = this.document ? node.resolve(this.document) : undefined;
    if (target && !this.#open.has(target) && depth <= MAX_DEPTH && this.#budget-- > 0) {
      return this.value(target, path, depth + 1);
    }
    if (!target) this.unresolved.push(node.source);
    this.problems.push({
      code: 'yaml-alias',
      message: !target
        ? `There is no anchor &${node.source} before this alias.`
        : this.#open.has(target)
          ? `The alias *${node.source} stands inside its own anchor: it would never end.`
          : `Too many aliases: *${node.source} is not followed.`,
      severity: 'error',
      span,
    });
    return { kind: 'constant', value: null, span };
  }

  /** Aliases followed per document: an alias bomb costs no more than this. */
  #budget = 1000;

  #collectionExpression(node: Node, span: Span): void {
    const start = this.#tagStart(span.start);
    this.problems.push({
      code: 'expr-on-collection',
      message: `${EXPRESSION_TAG} needs text: write the whole ${isMap(node) ? 'map' : 'list'} as one JavaScript expression, e.g. ${EXPRESSION_TAG} '${isMap(node) ? '{ key: outputs.x }' : '[outputs.x]'}'.`,
      severity: 'error',
      span: { start, end: Math.min(start + EXPRESSION_TAG.length, span.end) },
    });
  }

  #span(node: Node): Span {
    const range = node.range;
    return range ? this.repaired.spanOf({ start: range[0], end: range[1] }) : { start: 0, end: 0 };
  }

  /** The tag stands before the node's range, with blanks, line breaks, comments and an anchor between at most. */
  #tagStart(nodeStart: number, tag = EXPRESSION_TAG): number {
    const start = this.text.lastIndexOf(tag, nodeStart);
    return start < 0 ? nodeStart : start;
  }
}

const NO_ENTRIES: readonly MapEntry[] = [];

/** The entry of `key`, or undefined. The last one wins where a key stands twice. */
export function entryOf(map: MapValue | undefined, key: string): MapEntry | undefined {
  const entries = map?.entries ?? NO_ENTRIES;
  for (let i = entries.length - 1; i >= 0; i--) if (entries[i]!.key === key) return entries[i];
  return undefined;
}

/** The constant text of a value, or undefined when it is no string. */
export function stringOf(value: Value | undefined): string | undefined {
  return value?.kind === 'constant' && typeof value.value === 'string' ? value.value : undefined;
}
