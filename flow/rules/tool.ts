/** Rules for MCP tools: what their clients cannot take. The names of the fields are inferred (flows-platform §8.1). */
import type { Block, Value } from '../model.js';
import type { Problem } from '../problem.js';
import { isEmpty } from '../read.js';
import type { Span } from '../text.js';
import { entryOf, stringOf } from '../yaml.js';

/** As MCP wants names of tools. */
const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const NAMES = 'The name of a tool is 1 to 128 letters a to z, digits, `.`, `_` and `-`';

export function checkTool({ config, key, name: block }: Block, problems: Problem[]): void {
  const report = (message: string, span: Span): void => {
    problems.push({ code: 'field-type', message, severity: 'warning', span });
  };
  const name = entryOf(config, 'name')?.value;
  if (name === undefined || isEmpty(name)) {
    if (block.text !== '' && !NAME.test(key))
      report(
        `${NAMES}, and this block's key \`${key}\` is none: set \`name\` in its \`config\`.`,
        block.span,
      );
  } else if (name.kind !== 'expression' && !NAME.test(stringOf(name) ?? '')) {
    report(`${NAMES}.`, name.span);
  }
  const schema = [entryOf(config, 'inputSchema'), entryOf(config, 'schema')]
    .map((entry) => entry?.value)
    .find((value) => value !== undefined && !isEmpty(value));
  const wrong = schema && schemaProblem(schema);
  if (wrong !== undefined) report(wrong, schema!.span);
}

function schemaProblem(schema: Value): string | undefined {
  if (schema.kind === 'expression') return undefined;
  const text = stringOf(schema);
  const type = text === undefined ? typeIn(schema) : typeInJson(text);
  if (type === 'none') return 'The schema of a tool\u2019s arguments is a map, or the text of one in JSON.';
  return type === undefined || type === 'object'
    ? undefined
    : 'The arguments of a tool are a map: `type` of their schema is `object`.';
}

/** `none`: it is no map. Undefined: not said, or known to an expression alone. */
function typeIn(schema: Value): unknown {
  if (schema.kind !== 'map') return 'none';
  const type = entryOf(schema, 'type')?.value;
  return type === undefined || type.kind === 'expression'
    ? undefined
    : type.kind === 'constant'
      ? type.value
      : type.kind;
}

function typeInJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'none';
    return (value as { readonly type?: unknown }).type;
  } catch {
    return 'none';
  }
}
