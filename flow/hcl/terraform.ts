/**
 * What a Terraform or OpenTofu file says about flows (flows-platform §4, §5): JavaScript in the strings of
 * `flows_app_installation.config_fields` and `flows_app_installation_config_field.value`, the keys that `flows_secret`
 * makes, the definitions and installation mappings of `flows_flow`. `flows_secret.value` is never read: only whether it is written down.
 */
import { analyzeExpression, type Expression } from '../expression.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';
import { holeText, plainText, readLiteral, type HclText, type Place } from './literal.js';
import { repair } from './repair.js';
import {
  attributesIn,
  elementsOf,
  firstError,
  flatten,
  only,
  resourcesIn,
  spanOf,
  textOf,
  type AttributeNode,
  type HclNode,
  type HclParser,
  type ResourceNode,
} from './tree.js';

export interface TerraformFile {
  /** In file order. */
  readonly expressions: readonly HclExpression[];
  readonly secrets: readonly SecretKey[];
  /** Every `flows_secret` says its key in the file. */
  readonly secretsComplete: boolean;
  readonly flows: readonly FlowResource[];
  /** Values of `flows_secret` that are written in the file. */
  readonly exposed: readonly ExposedValue[];
  /** HCL that cannot be read, in resources of the Flows provider alone. */
  readonly problems: readonly Problem[];
}

/** JavaScript inside an HCL string. */
export interface HclExpression {
  readonly expression: Expression;
  readonly scalar: HclText;
  /** Quotes included. */
  readonly span: Span;
  /** The config field it is the value of, as far as the file says. */
  readonly field?: string;
}

/** A key that a `flows_secret` resource makes. */
export interface SecretKey {
  readonly key: string;
  /** Without quotes. */
  readonly span: Span;
  /** The whole resource. */
  readonly resource: Span;
}

/** A value that stands in the file: its place alone. */
export interface ExposedValue {
  /** As it is written: with its quotes or marks. */
  readonly span: Span;
  /** What it is the value of, where a variable could take its place. */
  readonly of?: SecretKey;
  readonly style: 'quoted' | 'heredoc' | 'number';
}

export interface FlowResource {
  readonly name: string;
  /** The resource's type, where what is missing is reported. */
  readonly head: Span;
  readonly definition?: FlowDefinition;
  readonly mapping?: InstallationMapping;
}

export type FlowDefinition =
  /** `template`: filled in by Terraform, so the file is no flow as it is. Undefined path: known to Terraform alone. */
  | {
      readonly kind: 'file' | 'template';
      /** Relative to the folder of the `.tf`; absolute where it begins with `/`. */
      readonly path: string;
      /** The path without quotes. */
      readonly span: Span;
    }
  | { readonly kind: 'inline'; readonly text: HclText; readonly span: Span };

export interface InstallationMapping {
  readonly nameSpan: Span;
  readonly entries: readonly { readonly key: string; readonly span: Span }[];
  /** All keys are written in the file. */
  readonly complete: boolean;
}

export const NO_TERRAFORM: TerraformFile = {
  expressions: [],
  secrets: [],
  secretsComplete: true,
  flows: [],
  exposed: [],
  problems: [],
};

/** Whether a file has anything to do with the Flows provider; others need no parser. */
export function mentionsFlows(text: string): boolean {
  return /\bflows_(?:app_installation|secret|flow)/.test(text);
}

/** Reads a file. Never throws; what does not parse is left out and, where it concerns flows, named. */
export function readTerraform(text: string, parse: HclParser): TerraformFile {
  if (!mentionsFlows(text)) return NO_TERRAFORM;
  const reader = new Reader(text);
  const parses = parse(text, (root) => {
    if (root.hasError) return false;
    reader.read(root, text, { shift: 0, limit: text.length });
    return true;
  });
  if (!parses) {
    for (const chunk of repair(text)) {
      if (!mentionsFlows(chunk.text)) continue;
      const place = { shift: chunk.start, limit: chunk.start + chunk.length };
      parse(chunk.text, (root) => {
        reader.read(root, chunk.text, place);
        const error = chunk.problems.length > 0 ? undefined : firstError(root);
        if (error) reader.unreadable(error, place);
      });
      for (const { message, span } of chunk.problems)
        reader.problems.push({ code: 'hcl-syntax', message, severity: 'error', span });
    }
  }
  return reader;
}

class Reader implements TerraformFile {
  readonly expressions: HclExpression[] = [];
  readonly secrets: SecretKey[] = [];
  readonly flows: FlowResource[] = [];
  readonly exposed: ExposedValue[] = [];
  readonly problems: Problem[] = [];
  secretsComplete = true;

  /** The piece that is read, as the parser has got it, and its place in the file. */
  #piece = '';
  #place: Place = { shift: 0, limit: 0 };

  constructor(
    /** The whole file, as it is. */
    readonly text: string,
  ) {}

  read(root: HclNode, piece: string, place: Place): void {
    this.#piece = piece;
    this.#place = place;
    for (const resource of resourcesIn(root, piece)) {
      switch (resource.type) {
        case 'flows_app_installation':
          for (const { name, value } of attributesIn(resource.content, piece))
            if (name === 'config_fields') this.#fields(value);
          break;
        case 'flows_app_installation_config_field':
          this.#configField(resource);
          break;
        case 'flows_secret':
          this.#secret(resource);
          break;
        case 'flows_flow':
          this.#flow(resource);
      }
    }
  }

  unreadable(node: HclNode, { shift, limit }: Place): void {
    const start = Math.min(node.startIndex + shift, Math.max(0, limit - 1));
    const line = this.text.indexOf('\n', start);
    const end = Math.min(node.endIndex + shift, line < 0 ? limit : line, limit);
    this.problems.push({
      code: 'hcl-syntax',
      message:
        'Terraform cannot read this. What belongs to flows nearby is checked as far as it can be made out.',
      severity: 'error',
      span: { start, end: Math.max(start + 1, end) },
    });
  }

  #shifted({ start, end }: Span): Span {
    const { shift, limit } = this.#place;
    return { start: start + shift, end: Math.min(end + shift, limit) };
  }

  #plain(nodes: readonly HclNode[]): HclText | undefined {
    const [node] = this.#values(nodes);
    return node && plainText(node, this.text, this.#place);
  }

  #fields(value: readonly HclNode[]): void {
    for (const { key, value: node } of this.#elements(value)) this.#expressionsIn([node], key?.text);
  }

  #configField({ content }: ResourceNode): void {
    const attributes = new Map<string, AttributeNode>();
    for (const attribute of attributesIn(content, this.#piece)) attributes.set(attribute.name, attribute);
    const value = attributes.get('value');
    const key = attributes.get('key');
    if (value) this.#expressionsIn(value.value, key && this.#plain(key.value)?.value);
  }

  #expressionsIn(nodes: readonly HclNode[], field: string | undefined): void {
    for (const node of this.#values(nodes)) {
      const scalar = readLiteral(node, this.text, this.#place);
      if (!scalar) continue;
      this.expressions.push({
        expression: analyzeHcl(scalar),
        scalar,
        span: scalar.span,
        ...(field !== undefined && { field }),
      });
    }
  }

  #secret({ content, span }: ResourceNode): void {
    let key: readonly HclNode[] | undefined;
    let forEach: readonly HclNode[] | undefined;
    let counted = false;
    let value: readonly HclNode[] = [];
    for (const attribute of attributesIn(content, this.#piece)) {
      if (attribute.name === 'key') key = attribute.value;
      if (attribute.name === 'for_each') forEach = attribute.value;
      if (attribute.name === 'count') counted = true;
      if (attribute.name === 'value') value = attribute.value;
    }
    const resource = this.#shifted(span);
    const literal = key && this.#plain(key);
    const declared = literal && {
      key: literal.value,
      span: literal.spanToSource({ start: 0, end: literal.value.length }),
      resource,
    };
    const values = this.#isEach(value, 'value') && forEach ? this.#mapValues(forEach) : [value];
    for (const one of values) this.#expose(one, one === value && !forEach ? declared : undefined);
    if (!key) return;
    if (declared) {
      this.secrets.push(declared);
      return;
    }
    const each = this.#isEach(key, 'key') ? 'key' : this.#isEach(key, 'value') ? 'value' : undefined;
    const keys = each && !counted && forEach && this.#eachKeys(forEach, each === 'value');
    if (!keys) {
      this.secretsComplete = false;
      return;
    }
    for (const one of keys) this.secrets.push({ ...one, resource });
  }

  #isEach(nodes: readonly HclNode[], part: 'key' | 'value'): boolean {
    return (
      nodes
        .map((node) => textOf(node, this.#piece))
        .join('')
        .trim() === `each.${part}`
    );
  }

  /** The values of a map that is written out. */
  #mapValues(nodes: readonly HclNode[]): (readonly HclNode[])[] {
    const term = this.#term(nodes);
    const object = term?.type === 'collection_value' ? only(term) : undefined;
    return object?.type === 'object'
      ? elementsOf(flatten(object.children), this.#piece).map(({ value }) => [value])
      : [];
  }

  /** Where a value is written down, not given by a variable. Its text is not looked at. */
  #expose(nodes: readonly HclNode[], of: SecretKey | undefined): void {
    const literals = this.#values(nodes, VALUES).filter(
      ({ type, children }) =>
        type === 'numeric_lit' ||
        (children.some((child) => child.type === 'template_literal') &&
          !children.some((child) => /^template_(?:interpolation|directive)$/.test(child.type))),
    );
    const whole = nodes.map((node) => textOf(node, this.#piece)).join('');
    for (const node of literals) {
      // What else is done with it decides what the secret is in the end.
      const isAll = whole.replace(textOf(node, this.#piece), '').replace(/[\s()]|\bsensitive\b/g, '') === '';
      this.exposed.push({
        span: this.#shifted(spanOf(node)),
        style: STYLES[node.type] ?? 'quoted',
        ...(isAll && of && { of }),
      });
    }
  }

  /** The keys of a map, or the texts of a set: what `each.key` goes through. Undefined where the file does not say. */
  #eachKeys(nodes: readonly HclNode[], ofValues: boolean): { key: string; span: Span }[] | undefined {
    const term = this.#term(nodes);
    const call = term?.type === 'function_call' ? term : undefined;
    if (call) {
      const [name, args] = this.#call(call);
      const tuple = name === 'toset' && args.length === 1 ? this.#term(args) : undefined;
      const list = tuple?.type === 'collection_value' ? only(tuple) : undefined;
      if (list?.type !== 'tuple') return undefined;
      const texts = flatten(list.children)
        .filter(({ type }) => type === 'expression')
        .map((node) => this.#plain([node]));
      if (texts.some((text) => text === undefined)) return undefined;
      return texts.map((text) => ({
        key: text!.value,
        span: text!.spanToSource({ start: 0, end: text!.value.length }),
      }));
    }
    // The values of a map may be secret ones: nobody looks at them.
    const object = term?.type === 'collection_value' && !ofValues ? only(term) : undefined;
    if (object?.type !== 'object') return undefined;
    const keys = elementsOf(flatten(object.children), this.#piece).map(({ key }) => key);
    if (keys.some((key) => key === undefined)) return undefined;
    return keys.map((key) => ({ key: key!.text, span: this.#shifted(key!.span) }));
  }

  #flow({ content, name, typeSpan }: ResourceNode): void {
    let definition: FlowDefinition | undefined;
    let mapping: InstallationMapping | undefined;
    for (const attribute of attributesIn(content, this.#piece)) {
      if (attribute.name === 'definition') definition = this.#definition(attribute.value);
      if (attribute.name === 'app_installation_mapping') mapping = this.#mapping(attribute);
    }
    const head = this.#shifted(typeSpan);
    this.flows.push({ name, head, ...(definition && { definition }), ...(mapping && { mapping }) });
  }

  #definition(nodes: readonly HclNode[]): FlowDefinition | undefined {
    const term = this.#term(nodes);
    if (term?.type === 'function_call') {
      const [name, args] = this.#call(term);
      const first = args[0];
      if (!first || (name !== 'file' && name !== 'templatefile')) return undefined;
      const path = this.#path(first);
      return path && { kind: name === 'file' ? 'file' : 'template', ...path };
    }
    const [node] = this.#values(nodes);
    const text = node && plainText(node, this.text, this.#place);
    return text && { kind: 'inline', text, span: text.span };
  }

  /** `"${path.module}/flow.yaml"` and `"flow.yaml"`. Other paths are known to Terraform alone. */
  #path(node: HclNode): { path: string; span: Span } | undefined {
    const [literal] = this.#values([node]);
    const text = literal && readLiteral(literal, this.text, this.#place);
    if (!text || text.style !== 'quoted' || text.holes.length > 1) return undefined;
    const span = { start: text.span.start + 1, end: Math.max(text.span.start + 1, text.span.end - 1) };
    const [hole] = text.holes;
    if (!hole) return { path: text.value, span };
    const isFolder = /^path\.(?:module|root|cwd)$/.test(holeText(hole, this.text));
    if (!isFolder || hole.span.start !== span.start || text.value[1] !== '/') return undefined;
    return { path: `.${text.value.slice(1)}`, span };
  }

  #mapping({ nameSpan, value }: AttributeNode): InstallationMapping {
    const term = this.#term(value);
    const object = term?.type === 'collection_value' ? only(term) : undefined;
    const place = this.#shifted(nameSpan);
    if (object?.type !== 'object') return { nameSpan: place, entries: [], complete: false };
    const elements = elementsOf(flatten(object.children), this.#piece);
    const entries = elements.flatMap(({ key }) =>
      key ? [{ key: key.text, span: this.#shifted(key.span) }] : [],
    );
    return {
      nameSpan: place,
      entries,
      complete: entries.length === elements.length,
    };
  }

  /** The elements of the objects that a value is made of: `{ … }`, `merge({ … }, …)`, `x ? { … } : { … }`. */
  #elements(nodes: readonly HclNode[]): ReturnType<typeof elementsOf> {
    if (nodes.some(({ type }) => type === 'object_start')) return elementsOf(nodes, this.#piece);
    return flatten(nodes).flatMap((node) => {
      switch (node.type) {
        case 'object':
          return elementsOf(flatten(node.children), this.#piece);
        case 'function_call': {
          const [name, args] = this.#call(node);
          return name === 'merge' ? this.#elements(args) : [];
        }
        case 'conditional':
          return this.#elements(branches(node));
        case 'expression':
        case 'collection_value':
          return this.#elements(node.children);
        default:
          return [];
      }
    });
  }

  /** The strings that can be the value: also those in parentheses, of both branches, and of what only trims or marks them. */
  #values(nodes: readonly HclNode[], wanted: ReadonlySet<string> = STRINGS): HclNode[] {
    const parts = flatten(nodes).filter(({ type }) => type !== 'comment' && type !== '(' && type !== ')');
    // `"a".b`, `"a"[0]`: made of a string, but not it.
    if (parts.length !== 1) return [];
    const [node] = parts;
    if (wanted.has(node!.type)) return [node!];
    switch (node!.type) {
      case 'conditional':
        return branches(node!).flatMap((branch) => this.#values([branch], wanted));
      case 'function_call': {
        const [name, args] = this.#call(node!);
        return KEEPS_TEXT.has(name) && args[0] ? this.#values([args[0]], wanted) : [];
      }
      case 'expression':
      case 'literal_value':
      case 'template_expr':
        return this.#values(node!.children, wanted);
      default:
        return [];
    }
  }

  /** What an expression is, without its wrappings. */
  #term(nodes: readonly HclNode[]): HclNode | undefined {
    const parts = flatten(nodes).filter(({ type }) => type !== 'comment' && type !== '(' && type !== ')');
    if (parts.length !== 1) return undefined;
    return parts[0]!.type === 'expression' ? this.#term(parts[0]!.children) : parts[0];
  }

  #call(node: HclNode): [name: string, args: readonly HclNode[]] {
    const children = flatten(node.children);
    const args = children.find(({ type }) => type === 'function_arguments');
    return [
      children[0] ? textOf(children[0], this.#piece) : '',
      args ? flatten(args.children).filter(({ type }) => type === 'expression') : [],
    ];
  }
}

const STRINGS: ReadonlySet<string> = new Set(['string_lit', 'quoted_template', 'heredoc_template']);
const VALUES: ReadonlySet<string> = new Set([...STRINGS, 'numeric_lit']);
const STYLES: Readonly<Record<string, ExposedValue['style']>> = {
  heredoc_template: 'heredoc',
  numeric_lit: 'number',
};

/** Functions whose answer is their argument, but for blanks and marks. */
const KEEPS_TEXT: ReadonlySet<string> = new Set([
  'chomp',
  'trimspace',
  'sensitive',
  'nonsensitive',
  'tostring',
]);

/** The two values of `x ? a : b`. */
function branches(conditional: HclNode): HclNode[] {
  return flatten(conditional.children)
    .filter(({ type }) => type === 'expression')
    .slice(1);
}

/** The analysis of JavaScript in a string. What an interpolation has a part in is known to Terraform alone. */
function analyzeHcl(scalar: HclText): Expression {
  const expression = analyzeExpression(scalar.value);
  if (scalar.holes.length === 0) return expression;
  const filled = expression.accesses.filter(({ span }) => scalar.isOpaque(span));
  return {
    ...expression,
    accesses: expression.accesses.filter(({ span }) => !scalar.isOpaque(span)),
    refs: expression.refs.filter(({ span }) => !scalar.isOpaque(span)),
    computedRefs: expression.computedRefs.filter((span) => !scalar.isOpaque(span)),
    dynamic: [
      ...expression.dynamic,
      ...filled
        .filter(({ root }) => root === 'secrets')
        .map(({ span }) => ({ kind: 'computed' as const, span })),
    ],
  };
}
