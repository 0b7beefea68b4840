/**
 * YAML text to a tree of values with spans: the only module that knows the YAML library. Never throws on text. What
 * plainYaml.ts can read does without the library.
 */
import {
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Parser,
  type Alias,
  type Document,
  type Node,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { ExpressionValue, ListValue, MapEntry, MapValue, Value } from './model.js';
import { readPlainYaml } from './plainYaml.js';
import type { Problem } from './problem.js';
import { isClosed, ScalarText, type ScalarStyle } from './scalar.js';
import { TaggedText } from './taggedText.js';
import type { Span } from './text.js';
import { explainYaml } from './yamlErrors.js';

export const EXPRESSION_TAG = '!expr';

export interface YamlTree {
  /** Undefined for a text without content. */
  readonly root?: Value;
  readonly problems: readonly Problem[];
  /** Every `!expr` in document order. */
  readonly expressions: readonly ExpressionValue[];
  /** Aliases whose anchor is not in this text. */
  readonly unresolved: readonly string[];
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

const COMPOSER_OPTIONS = {
  keepSourceTokens: true,
  prettyErrors: false,
  logLevel: 'silent',
  strict: true,
} as const;

const EXPRESSION_TAGS = [
  { tag: EXPRESSION_TAG, resolve: (text: string) => text },
  { tag: EXPRESSION_TAG, collection: 'map' as const, resolve: (node: unknown) => node },
  { tag: EXPRESSION_TAG, collection: 'seq' as const, resolve: (node: unknown) => node },
];

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
  const documents: Document.Parsed[] = [];
  const problems: Problem[] = [];
  try {
    const customTags = [
      ...EXPRESSION_TAGS,
      ...tags.map((tag) => ({ tag, resolve: (content: string) => content })),
    ];
    const options = { ...COMPOSER_OPTIONS, customTags };
    const composer = new Composer(options);
    for (const document of composer.compose(new Parser().parse(text), true, text.length)) {
      documents.push(document);
    }
  } catch (error) {
    // The library reports bad text; should it fail on some text nevertheless, that is a report as well.
    problems.push({
      code: 'yaml-syntax',
      message: `This YAML cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      severity: 'error',
      span: { start: 0, end: text.length },
    });
  }
  const reader = new Reader(text, tags, problems, documents[0]);
  for (const document of documents) {
    for (const error of document.errors) reader.report(error, 'error');
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
      span: { start, end: Math.min(text.length, start + 3) },
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

  constructor(
    readonly text: string,
    readonly tags: readonly string[],
    readonly problems: Problem[],
    readonly document: Document.Parsed | undefined,
  ) {}

  report(error: YAMLError, severity: 'error' | 'warning'): void {
    const start = Math.min(error.pos[0], this.text.length);
    const end = Math.min(Math.max(error.pos[1], start), this.text.length);
    if (error.code === 'TAG_RESOLVE_FAILED') {
      this.problems.push({
        code: 'yaml-unknown-tag',
        message: `Unknown tag ${this.text.slice(start, end)}. ${
          this.tags.length === 0
            ? `A flow definition knows ${EXPRESSION_TAG} only.`
            : `This file knows ${[...this.tags, EXPRESSION_TAG].join(', ')}.`
        }`,
        severity: 'warning',
        span: { start, end },
      });
      return;
    }
    const { message, span } = explainYaml(error, this.text);
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
    for (const item of items) {
      if (!isPair<Node | null, Node | null>(item)) continue;
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
    return { kind: 'map', entries, span };
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
    const tag = node.tag !== undefined && this.tags.includes(node.tag) ? node.tag : undefined;
    if (tag !== undefined) {
      const at = { start: this.#tagStart(span.start, tag), end: Math.max(span.end, span.start) };
      return { kind: 'constant', value, span: at, tag };
    }
    if (span.end === span.start) return { kind: 'constant', value, span };
    const text = typeof value === 'string' ? value : (node.source ?? '');
    return { kind: 'constant', value, span, scalar: this.#scalarText(node, style, span, text) };
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
    return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 };
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
