/** TypeScript's real service in this process, made once for all tests, and flows to ask it about. */
import ts from 'typescript';
import { FlowDocument } from '../../../flow/document.js';
import type { JsonSchema } from '../../../flow/shape.js';
import { checkTypes } from '../../../flow/types/check.js';
import { readLib } from '../../../flow/types/lib.js';
import { TypeService } from '../../../flow/types/service.js';

let made: TypeService | undefined;

export function service(): TypeService {
  return (made ??= new TypeService(ts, readLib(ts)));
}

/** Messages of all type errors in a flow, each with the text it underlines. */
export function typeErrors(text: string): string[] {
  return checkTypes(new FlowDocument(text), service()).map(
    ({ problem, segment }) =>
      `${segment.text.slice(problem.span.start, problem.span.end)}: ${problem.message}`,
  );
}

export const ISSUE: JsonSchema = {
  type: 'object',
  description: 'An issue.',
  properties: {
    id: { type: 'string', description: 'Number of the *issue*.' },
    count: { type: 'number' },
    state: { enum: ['open', 'closed'] },
    old: { type: 'string', deprecated: true },
    labels: { type: 'array', items: { type: 'string' } },
    author: { type: 'object', properties: { login: { type: 'string' } }, required: ['login'] },
    exact: {
      type: 'object',
      properties: { alpha: { type: 'number' }, beta: { type: 'string' } },
      additionalProperties: false,
    },
    either: {
      oneOf: [
        { type: 'object', properties: { file: { type: 'string' } } },
        { type: 'object', properties: { folder: { type: 'string' } } },
      ],
    },
    anything: {},
    bad: { items: { type: { type: 'string' } } },
    map: { type: 'object', additionalProperties: { type: 'number' } },
    'with-dash': { type: 'string' },
  },
  required: ['id'],
};

/** An app block as YAML lines of the `blocks` list. */
export function appBlock(
  name: string,
  outputs: Readonly<Record<string, JsonSchema>>,
  { from, signals = {}, more = '' }: { from?: string; signals?: JsonSchema; more?: string } = {},
): string {
  const schema = JSON.stringify({
    name,
    config: {},
    inputs: { default: { config: {} } },
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, type]) => [key, { name: key, type }])),
    signals,
    hasOnSync: false,
  });
  return [
    `  - name: ${name}`,
    '    type:',
    '      appBlock:',
    '        block: thing',
    '        appInstallation: app',
    `        schema: '${schema.replaceAll("'", "''")}'`,
    '    inputs:',
    '      default:',
    ...(from === undefined ? [] : ['        links:', `          - { block: ${link(from)} }`]),
    `        config: {}`,
    more,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** A core block whose expressions are given as they stand in the YAML. */
export function coreBlock(
  name: string,
  type: string,
  {
    from,
    config,
    output,
    fixed,
  }: { from?: string | string[]; config?: string; output?: string; fixed?: string } = {},
): string {
  const links = from === undefined ? [] : Array.isArray(from) ? from : [from];
  return [
    `  - name: ${name}`,
    `    type: { coreBlock: ${type} }`,
    ...(fixed === undefined ? [] : ['    config:', `      ${fixed}`]),
    '    inputs:',
    '      default:',
    ...(links.length === 0
      ? []
      : ['        links:', ...links.map((one) => `          - { block: ${link(one)} }`)]),
    ...(config === undefined ? ['        config: {}'] : ['        config:', `          ${config}`]),
    ...(output === undefined
      ? []
      : ['    outputs:', '      default:', `        outputCustomization: ${output}`]),
  ].join('\n');
}

/** `Block` or `Block/output`. */
function link(text: string): string {
  const [block, output = 'default'] = text.split('/');
  return `${block!}, output: ${output}`;
}

export function flow(...blocks: string[]): string {
  return `appInstallations: { app: { appName: Any } }\nblocks:\n${blocks.join('\n')}\n`;
}

/** A flow in which an expression stands behind `Get Issue`; `|` in it may mark a cursor. */
export function afterIssue(expression: string): string {
  return flow(
    appBlock(
      'Get Issue',
      { default: ISSUE },
      { signals: { state: { name: 'State', description: 'Its *state*.' }, owner: {} } },
    ),
    coreBlock('Use', 'condition', { from: 'Get Issue', config: `condition: ${expression}` }),
  );
}
