/** Rules for the HTTP blocks: paths, methods, addresses. */
import { HTTP_METHODS } from '../catalog.js';
import { nearest } from '../keys.js';
import type { Block, ConstantValue, Value } from '../model.js';
import type { Problem } from '../problem.js';
import { isEmpty } from '../read.js';
import { entryOf, stringOf } from '../yaml.js';
import { missingTag } from './missingExpr.js';

/** What HTTP knows; the catalogue lists what people use. */
const METHODS: ReadonlySet<string> = new Set([...HTTP_METHODS, 'CONNECT', 'TRACE']);

export function checkEndpoint({ config }: Block, problems: Problem[]): void {
  const path = entryOf(config, 'path')?.value;
  if (path?.kind === 'constant' && path.value !== null) {
    const wrong = pathProblem(String(path.value));
    if (wrong !== undefined)
      problems.push({ code: 'invalid-path', message: wrong, severity: 'error', span: path.span });
  }
  const methods = entryOf(config, 'methods')?.value;
  for (const item of methods?.kind === 'list' ? methods.items : []) {
    const method = stringOf(item);
    if (method === undefined || METHODS.has(method)) continue;
    const near = (HTTP_METHODS as readonly string[]).includes(method.toUpperCase())
      ? method.toUpperCase()
      : nearest(method, HTTP_METHODS);
    problems.push({
      code: 'invalid-method',
      message: `\`${method}\` is no HTTP method. ${near === undefined ? `Known: ${HTTP_METHODS.join(', ')}.` : `Did you mean \`${near}\`?`}`,
      severity: 'error',
      span: item.span,
      data: near === undefined ? { name: method } : { name: method, near },
    });
  }
}

/** What is wrong with an endpoint's path; `{name}` parts become parameters. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'A path begins with `/`.';
  if (/[?#]/.test(path)) return 'A path has no query or fragment: the query arrives as `query`.';
  if (/\s/.test(path)) return 'A path holds no blanks.';
  const names = new Set<string>();
  for (const part of path.split('/')) {
    const opened = part.split('{').length - 1;
    if (opened !== part.split('}').length - 1 || /\{[^}]*\{|\}[^{]*\}/.test(part))
      return 'The braces of the path do not match.';
    for (const [, name] of part.matchAll(/\{([^}]*)\}/g)) {
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$-]*$/u.test(name!))
        return 'A parameter needs a name, e.g. `{id}`: it becomes `params.id`.';
      if (names.has(name!)) return `The parameter \`${name!}\` stands twice in the path.`;
      names.add(name!);
    }
  }
  return undefined;
}

/** What no request can be made of. The names of the fields are inferred, their meaning is plain. */
export function checkRequest({ inputs }: Block, problems: Problem[]): void {
  for (const { config } of inputs.values()) {
    const url = entryOf(config, 'url')?.value;
    const wrong = url && addressProblem(url);
    if (wrong !== undefined)
      problems.push({ code: 'field-type', message: wrong, severity: 'warning', span: url!.span });
    const method = entryOf(config, 'method')?.value;
    const written = method && !isEmpty(method) ? method : undefined;
    const name = written ? stringOf(written)?.toUpperCase() : 'GET';
    const body = entryOf(config, 'body');
    if (!body || body.value.kind === 'expression' || isEmpty(body.value)) continue;
    if (name !== 'GET' && name !== 'HEAD') continue;
    problems.push({
      code: 'field-type',
      message: `${written ? `A ${name} request has no body` : 'Without a `method` this is a GET request, which has no body'}. Set \`method\` to POST, PUT or PATCH, or leave \`body\` out.`,
      severity: 'warning',
      span: body.keySpan,
    });
  }
}

const ADDRESS = /^\s*https?:[\\/]*[^\s\\/?#]+(?:[\\/?#]|\s*$)/i;

/** Does not repeat the text: addresses hold tokens. */
function addressProblem(value: Value): string | undefined {
  if (value.kind === 'expression' || isEmpty(value)) return undefined;
  // A tag is reported as unknown.
  if (value.kind === 'constant' && value.tag !== undefined) return undefined;
  const text = stringOf(value);
  if (text !== undefined && ADDRESS.test(text)) return undefined;
  // What is meant as an expression is reported as that.
  if (text !== undefined && missingTag(value as ConstantValue)) return undefined;
  return '`url` is an address that begins with http:// or https:// here.';
}
