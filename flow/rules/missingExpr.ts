/**
 * Text that is meant as an expression but lacks `!expr`: `url: secrets.URL`, `text: Hello ${outputs.user.name}`. Text that
 * only looks like one is left alone: file and host names, prose, templates of other programs inside longer texts.
 */
import { simple } from 'acorn-walk';
import { analyzeExpression, syntaxTree } from '../expression.js';
import type { ConstantValue } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';

export function missingTag({ value, span, scalar }: ConstantValue): Problem | undefined {
  if (typeof value !== 'string' || !scalar) return undefined;
  if (readsLikeExpression(value)) {
    return {
      code: 'missing-expr',
      message: 'This is plain text: without `!expr` it is not evaluated.',
      severity: 'warning',
      span,
      data: { fix: 'tag' },
    };
  }
  const placeholder = placeholderIn(value);
  if (!placeholder) return undefined;
  return {
    code: 'missing-expr',
    message:
      'Nothing is filled in here: text has no placeholders. Write a JavaScript template literal: !expr `… ${secrets.KEY} …`.',
    severity: 'warning',
    span: scalar.spanToSource(placeholder),
    data: { fix: 'template' },
  };
}

/** Begins with a member of one of the expression globals. */
const BEGINS_WITH_READ =
  /^\s*(?:secrets|outputs|previous|signals)\s*(?:\??\.\s*[\p{ID_Start}$_]|(?:\?\.)?\[)/u;

/** `outputs.tf`, `secrets.prod.yaml`, `signals.example.com`: names of files and hosts. */
const FILE_OR_HOST =
  /^[a-z]+(?:\.[\w-]+)*\.(?:tf|tfvars|tfstate|hcl|ya?ml|json[5cl]?|toml|xml|ini|cfg|conf|env|properties|md|txt|log|csv|tsv|html?|[cm]?[jt]sx?|py|rb|go|rs|sh|ps1|sql|zip|t?gz|tar|enc|sops|age|gpg|asc|pem|crt|key|lock|bak|tmpl|tpl|com|org|net|io|dev|local|internal|cloud)$/i;

/** A secret is a string: of `secrets.a.b.c` nothing but a host name is left to mean. */
const DOTTED_SECRET = /^\s*secrets(?:\.[\w-]+){2,}\s*$/;

function readsLikeExpression(text: string): boolean {
  if (!BEGINS_WITH_READ.test(text) || FILE_OR_HOST.test(text.trim()) || DOTTED_SECRET.test(text))
    return false;
  const { syntaxError } = analyzeExpression(text);
  if (syntaxError && !syntaxError.lenient) return false;
  const tree = syntaxTree(text);
  // `secrets.A, secrets.B` is a list in prose.
  return tree !== null && tree.node.type !== 'SequenceExpression' && readsKnownNamesOnly(tree.node);
}

const EXPRESSION_GLOBALS: ReadonlySet<string> = new Set([
  'secrets',
  'outputs',
  'previous',
  'signals',
  'ref',
  'encrypt',
  'decrypt',
]);

/** Prose that happens to parse (`secrets.KEY in vault`) names things that no expression knows. */
function readsKnownNamesOnly(node: Parameters<typeof simple>[0]): boolean {
  const declared = new Set<string>();
  const used = new Set<string>();
  simple(node, {
    Identifier: ({ name }) => void used.add(name),
    // Names that parameters and declarations introduce.
    VariablePattern: ({ name }: { name: string }) => void declared.add(name),
  } as Parameters<typeof simple>[1]);
  return [...used].every(
    (name) => declared.has(name) || EXPRESSION_GLOBALS.has(name) || Object.hasOwn(globalThis, name),
  );
}

const PLACEHOLDER = /\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{\{[^{}]*\}\}/g;
const READS_IN_BRACES = /^\$?\{\{?\s*(?:secrets|outputs|previous|signals)\s*\??[.[]/;

/**
 * The first placeholder that reads one of the expression globals. In a text of several lines, `{{ }}` may belong to the
 * program that the text is for (a GitHub workflow, a template) and `${ }` to a script's own template literal.
 */
function placeholderIn(text: string): Span | undefined {
  const lines = /[\r\n]./.test(text);
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [found] = match;
    if (!READS_IN_BRACES.test(found)) continue;
    if (lines && (found.includes('{{') || text.includes('`'))) continue;
    return { start: match.index, end: match.index + found.length };
  }
  return undefined;
}
