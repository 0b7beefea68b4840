/**
 * The change that puts a reference to a secret in a token's place, in the right quoting for YAML, JavaScript and HCL; and
 * how the token is read from the source by whoever stores it. Nothing here holds the token itself.
 */
import { Parser } from 'acorn';
import { HclText, insideHcl } from '../hcl/literal.js';
import { heredocText } from '../hcl/variable.js';
import { insideScalar, scalarSource } from '../quoting.js';
import { ScalarText } from '../scalar.js';
import type { Span } from '../text.js';
import { entryOf, readYaml, stringOf } from '../yaml.js';
import { fieldAsExpression } from './fieldAsExpression.js';
import type { Holder, NestedField, Read, TokenLiteral } from './literals.js';

export interface Move {
  /** What is replaced, in the source. */
  readonly span: Span;
  readonly text: string;
  /** What is to be stored, in the source, as it is written there. */
  readonly literal: Span;
  /** How that is decoded, outermost first. */
  readonly layers: readonly Layer[];
}

/** `yaml`: a whole scalar; `hcl-heredoc`: with its marks; the others: what is between quotes. */
export type Layer =
  'yaml' | 'yaml-single' | 'yaml-double' | 'hcl' | 'hcl-heredoc' | 'js-single' | 'js-double' | 'js-template';

/** Undefined where no reference can stand. `source`: the text that spans are relative to; `key`: must be an identifier. */
export function moveToSecret({ span, holder }: TokenLiteral, source: string, key: string): Move | undefined {
  if (!holder) return undefined;
  if (holder.kind === 'code') return moveCode(holder, span, key);
  return holder.field
    ? moveNested(holder, holder.field, span, source, key)
    : moveConstant(holder, span, source, key);
}

/** JavaScript that gives what has stood there. */
function reference(key: string, read?: Read): string {
  if (read === 'boolean') return `secrets.${key} === "true"`;
  return read === 'number' ? `Number(secrets.${key})` : `secrets.${key}`;
}

/** The field becomes one expression, since `!expr` stands at the top of a field alone. */
function moveNested(
  { value, inner, read }: Holder & { kind: 'constant' },
  field: NestedField,
  token: Span,
  source: string,
  key: string,
): Move | undefined {
  const { scalar, span } = value;
  if (!scalar?.exact) return undefined;
  const text = scalar.value;
  const [before, behind] = [text.slice(0, inner.start), text.slice(inner.end)];
  const isWhole = before.trim() === '' && behind.trim() === '';
  const change = fieldAsExpression(field, source, (one) =>
    one === value ? (isWhole ? reference(key, read) : template(before, key, behind)) : undefined,
  );
  if (!change) return undefined;
  return {
    ...change,
    literal: isWhole ? withoutBreaks(source, span) : token,
    layers: isWhole ? ['yaml'] : yamlLayers(scalar),
  };
}

/** A block scalar's range goes on to the next line; its text, as far as it counts, does not. */
function withoutBreaks(source: string, { start, end }: Span): Span {
  return { start, end: start + source.slice(start, end).trimEnd().length };
}

function moveConstant(
  { value, inner, read }: Holder & { kind: 'constant' },
  token: Span,
  source: string,
  key: string,
): Move | undefined {
  const { scalar, span } = value;
  if (!scalar?.exact) return undefined;
  const text = scalar.value;
  const isBlock = scalar.style === 'literal' || scalar.style === 'folded';
  // A block scalar's range goes on to the next line, which stays.
  const after = isBlock ? /(?:[ \t]*\r?\n)*$/.exec(source.slice(span.start, span.end))![0] : '';
  const before = text.slice(0, inner.start);
  const behind = text.slice(inner.end);
  if (before.trim() === '' && behind.trim() === '') {
    const end = span.end - after.length;
    return {
      span,
      text: `!expr ${reference(key, read)}${after}`,
      literal: { start: span.start, end: isBlock ? span.end : end },
      layers: ['yaml'],
    };
  }
  const code = template(before, key, behind);
  return {
    span,
    text: `!expr ${scalarSource(code, 'single', true)}${after}`,
    literal: token,
    layers: yamlLayers(scalar),
  };
}

function moveCode(
  { value, inner, literal, quote, read }: Holder & { kind: 'code' },
  token: Span,
  key: string,
): Move {
  const { scalar, expression } = value;
  const { text } = expression;
  const isTemplate = quote === '' && (text[literal.start - 1] === '`' || text[literal.start - 1] === '}');
  let change: { span: Span; text: string };
  if (quote === '') {
    change = { span: inner, text: isTemplate ? `\${secrets.${key}}` : reference(key, read) };
  } else {
    const before = decodeLiteral(text.slice(literal.start + 1, inner.start), jsLayers(quote));
    const behind = decodeLiteral(text.slice(inner.end, literal.end - 1), jsLayers(quote));
    const isWhole = before === '' && behind === '';
    change = { span: literal, text: isWhole ? `secrets.${key}` : template(before, key, behind) };
  }
  return {
    span: scalar.spanToSource(change.span),
    text: written(scalar, change.text),
    literal: token,
    layers: [...sourceLayers(scalar), ...(isTemplate ? (['js-template'] as const) : jsLayers(quote))],
  };
}

function template(before: string, key: string, behind: string): string {
  const escaped = (text: string): string =>
    text
      .replace(/[\\`]|\$(?=\{)/g, '\\$&')
      .replace(/\r/g, '\\r')
      .replace(/\n/g, '\\n');
  return `\`${escaped(before)}\${secrets.${key}}${escaped(behind)}\``;
}

function written(scalar: object, code: string): string {
  if (scalar instanceof HclText) return insideHcl(code, scalar.style);
  return scalar instanceof ScalarText ? insideScalar(code, scalar.style) : code;
}

function sourceLayers(scalar: object): readonly Layer[] {
  if (scalar instanceof HclText) return scalar.style === 'quoted' ? ['hcl'] : [];
  return scalar instanceof ScalarText ? yamlLayers(scalar) : [];
}

function yamlLayers({ style }: ScalarText): readonly Layer[] {
  return style === 'single' ? ['yaml-single'] : style === 'double' ? ['yaml-double'] : [];
}

function jsLayers(quote: '"' | "'" | '`' | ''): readonly Layer[] {
  return quote === '"' ? ['js-double'] : quote === "'" ? ['js-single'] : [];
}

const HCL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The text that `raw`, a part of a file, stands for. What cannot be decoded is given back as it is written. */
export function decodeLiteral(raw: string, layers: readonly Layer[]): string {
  let text = raw;
  for (const layer of layers) {
    switch (layer) {
      case 'yaml':
        text = yaml(text) ?? text;
        break;
      case 'yaml-single':
        text = text.replaceAll("''", "'");
        break;
      case 'yaml-double':
        text = yaml(`"${text}"`) ?? text;
        break;
      case 'hcl':
        text = text
          .replace(
            /\\(?:u([\da-f]{4})|U([\da-f]{8})|(.))/gi,
            (_all: string, short?: string, long?: string, one?: string) =>
              one === undefined
                ? String.fromCodePoint(parseInt(short ?? long ?? '', 16) || 0xfffd)
                : (HCL_ESCAPES[one] ?? one),
          )
          .replace(/([$%])\1\{/g, '$1{');
        break;
      case 'hcl-heredoc':
        text = heredocText(text).replace(/([$%])\1\{/g, '$1{');
        break;
      case 'js-single':
      case 'js-double':
      case 'js-template':
        text = js(text, layer === 'js-single' ? "'" : layer === 'js-double' ? '"' : '`') ?? text;
    }
  }
  return text;
}

function yaml(source: string): string | undefined {
  const { root } = readYaml(`k: ${source}`);
  return root?.kind === 'map' ? stringOf(entryOf(root, 'k')?.value) : undefined;
}

function js(body: string, quote: string): string | undefined {
  try {
    const node = Parser.parseExpressionAt(`${quote}${body}${quote}`, 0, { ecmaVersion: 'latest' });
    if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
    return node.type === 'TemplateLiteral' && node.quasis.length === 1
      ? (node.quasis[0]!.value.cooked ?? undefined)
      : undefined;
  } catch {
    return undefined;
  }
}
