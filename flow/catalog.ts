/**
 * The core blocks as data, with the certainty of each fact (flows-platform §2): D documented, O observed in exported
 * flows, I inferred. A block that is not wholly D or O is `open`: names it does not know are not called mistakes.
 */
import type { Block, Json } from './model.js';
import {
  appShape,
  type BlockShape,
  type FieldShape,
  type InputShape,
  type JsonSchema,
  type OutputShape,
} from './shape.js';

export type Certainty = 'D' | 'O' | 'I';

export interface CoreBlock extends BlockShape {
  readonly id: string;
  readonly certainty: Certainty;
  /** Starts lineages: events come from outside the flow. */
  readonly entry: boolean;
  /** A new block of this type, as YAML lines below `type:`; `$1` … are the places to fill in. */
  readonly snippet: readonly string[];
}

const STRING: JsonSchema = { type: 'string' };
const ANY: JsonSchema = {};
const STRING_MAP: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

export const HTTP_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
export const AUDIENCES = ['world', 'organization', 'project'] as const;

function field(
  key: string,
  type: JsonSchema,
  description: string,
  more: { required?: boolean; default?: Json } = {},
): FieldShape {
  return {
    key,
    label: key,
    type,
    description,
    required: more.required ?? false,
    sensitive: false,
    fixed: false,
    order: 0,
    ...('default' in more && { default: more.default }),
  };
}

function input(description: string, ...config: FieldShape[]): InputShape {
  return { key: 'default', description, config: new Map(config.map((one) => [one.key, one])) };
}

function output(
  key: string,
  description: string,
  type: JsonSchema = ANY,
  more: { primaryParents?: readonly string[]; isDefault?: boolean } = {},
): OutputShape {
  return {
    key,
    description,
    type,
    isDefault: more.isDefault ?? true,
    ...(more.primaryParents && { primaryParents: more.primaryParents }),
  };
}

interface Parts {
  readonly id: string;
  readonly label: string;
  readonly certainty: Certainty;
  readonly description: string;
  readonly entry?: boolean;
  readonly open?: boolean;
  readonly config?: readonly FieldShape[];
  readonly inputs?: readonly InputShape[];
  readonly outputs: readonly OutputShape[];
  readonly snippet: readonly string[];
}

function core({
  id,
  label,
  certainty,
  description,
  entry,
  open,
  config,
  inputs,
  outputs,
  snippet,
}: Parts): CoreBlock {
  return {
    id,
    label,
    certainty,
    description,
    category: 'Core blocks',
    entry: entry ?? false,
    open: open ?? certainty === 'I',
    spontaneous: entry ?? false,
    openSignals: false,
    openOutputs: false,
    config: new Map((config ?? []).map((one) => [one.key, one])),
    inputs: new Map((inputs ?? []).map((one) => [one.key, one])),
    outputs: new Map(outputs.map((one) => [one.key, one])),
    signals: new Map(),
    snippet,
  };
}

const LINKED = [
  'inputs:',
  '  default:',
  '    links:',
  '      - block: ${1:Sender}',
  '        output: ${2:default}',
];

/** Data of an HTTP endpoint's `requests`: params, body and requestId are D; the rest is the app-level request's, I. */
const REQUEST: JsonSchema = {
  type: 'object',
  properties: {
    requestId: STRING,
    method: STRING,
    path: STRING,
    params: STRING_MAP,
    query: STRING_MAP,
    headers: STRING_MAP,
    body: ANY,
    rawBody: STRING,
  },
  required: ['requestId', 'method', 'path', 'params', 'query', 'headers'],
};

const RESPONSE: JsonSchema = {
  type: 'object',
  properties: { statusCode: { type: 'number' }, headers: STRING_MAP, body: ANY },
  required: ['statusCode', 'headers'],
};

export const CORE_BLOCKS: readonly CoreBlock[] = [
  core({
    id: 'httpEndpoint',
    label: 'HTTP Endpoint',
    certainty: 'D',
    description: 'Takes HTTP requests and answers each with the event that comes back to its input.',
    entry: true,
    config: [
      field('path', STRING, 'Path of the endpoint; {name} parts become params.name.', { required: true }),
      field(
        'methods',
        { type: 'array', items: { type: 'string', enum: [...HTTP_METHODS] } },
        'HTTP methods it takes.',
      ),
      field(
        'audience',
        { type: 'string', enum: [...AUDIENCES] },
        'Who may call it: everybody, members of the organization, or members of the project.',
      ),
    ],
    inputs: [
      input(
        'Answers the request that the event descends from.',
        field('statusCode', { type: 'number', minimum: 200, maximum: 599 }, 'HTTP status of the answer.', {
          default: 200,
        }),
        field('body', ANY, 'Body of the answer: text, or a value that is sent as JSON.'),
        field('headers', STRING_MAP, 'Headers of the answer.'),
      ),
    ],
    outputs: [output('requests', 'One event per request.', REQUEST)],
    snippet: [
      'config:',
      '  path: ${1:/hello/{name\\}}',
      '  methods:',
      '    - ${2|GET,POST,PUT,PATCH,DELETE|}',
      '  audience: ${3|world,organization,project|}',
      'inputs:',
      '  default:',
      '    config:',
      '      statusCode: 200',
      '      body: !expr ${4:previous}',
    ],
  }),
  core({
    id: 'httpRequest',
    label: 'HTTP Request',
    certainty: 'I',
    description:
      'Sends an HTTP request and emits the response. (The names of its fields are not documented.)',
    inputs: [
      input(
        'Sends one request per event.',
        field('method', { type: 'string', enum: [...HTTP_METHODS] }, 'HTTP method.', { default: 'GET' }),
        field('url', STRING, 'Address to call.'),
        field('headers', STRING_MAP, 'Request headers.'),
        field('query', { type: 'object' }, 'Parameters added to the address.'),
        field('body', ANY, 'Request body: text, or a value that is sent as JSON.'),
        field('timeout', { type: 'number' }, 'Seconds until it fails.', { default: 30 }),
      ),
    ],
    outputs: [output('default', 'The response.', RESPONSE)],
    snippet: [
      ...LINKED,
      '    config:',
      '      method: ${3|GET,POST,PUT,PATCH,DELETE|}',
      '      url: ${4:https://example.com}',
    ],
  }),
  core({
    id: 'condition',
    label: 'Condition',
    certainty: 'O',
    description: 'Sends each event on to “then” or “else”.',
    inputs: [
      input(
        'Evaluated per event.',
        field('condition', ANY, 'Expression: true sends the event to “then”, false to “else”.', {
          required: true,
        }),
      ),
    ],
    outputs: [
      output('then', 'Events for which the condition holds.', ANY, { isDefault: false }),
      output('else', 'All other events.', ANY, { isDefault: false }),
    ],
    snippet: [...LINKED, '    config:', '      condition: !expr ${3:previous.ok}'],
  }),
  core({
    id: 'transform',
    label: 'Transform',
    certainty: 'O',
    description: 'Makes a new event from a JavaScript expression: outputs.default.outputCustomization.',
    inputs: [input('Evaluated per event.')],
    outputs: [output('default', 'What the expression gives.')],
    snippet: [
      ...LINKED,
      '    config: {}',
      'outputs:',
      '  default:',
      '    outputCustomization: !expr ${3:previous}',
    ],
  }),
  core({
    id: 'sleep',
    label: 'Sleep',
    certainty: 'O',
    description: 'Holds each event for a number of seconds.',
    inputs: [
      input(
        'Delays the event.',
        field('sleep', { type: 'number', minimum: 0 }, 'Seconds; 0 is no delay.', { required: true }),
      ),
    ],
    outputs: [output('default', 'The event, later.')],
    snippet: [...LINKED, '    config:', '      sleep: ${3:5}'],
  }),
  core({
    id: 'schedule',
    label: 'Schedule',
    certainty: 'D',
    description:
      'Starts a lineage at an interval or by a cron expression. (The names of its config keys are not documented.)',
    entry: true,
    open: true,
    config: [
      field('type', { type: 'string', enum: ['cron', 'frequency'] }, 'How it is scheduled.'),
      field(
        'cron',
        { type: 'object', properties: { expression: STRING, location: STRING } },
        'Five-field cron expression and time zone.',
      ),
      field(
        'frequency',
        {
          type: 'object',
          properties: {
            interval: { type: 'number' },
            unit: { type: 'string', enum: ['seconds', 'minutes', 'hours', 'days'] },
          },
        },
        'Interval and unit.',
      ),
    ],
    outputs: [output('default', 'One event each time.')],
    snippet: [
      'config:',
      '  type: cron',
      '  cron:',
      '    expression: ${1:0 9 * * 1-5}',
      '    location: ${2:Europe/Warsaw}',
    ],
  }),
  core({
    id: 'mcpTool',
    label: 'MCP Tool',
    certainty: 'D',
    description:
      'A tool of the flow’s MCP server: emits one event per call and answers with the event that comes back. (The names of its fields are not documented.)',
    entry: true,
    open: true,
    config: [
      field('name', STRING, 'Name of the tool. Default: the block’s key.'),
      field('description', STRING, 'What the tool does, for the model. Default: the block’s description.'),
      field('inputSchema', ANY, 'JSON Schema of the arguments, an object.'),
    ],
    inputs: [
      input(
        'Answers the call that the event descends from.',
        field('body', ANY, 'What the tool answers: text, or a value that is sent as JSON.'),
      ),
    ],
    outputs: [
      output('default', 'One event per call.', {
        type: 'object',
        properties: {
          arguments: { type: 'object' },
          user: { type: 'object', properties: { email: STRING, role: STRING } },
        },
        required: ['arguments', 'user'],
      }),
    ],
    snippet: [
      'config:',
      '  name: ${1:getWeather}',
      '  description: ${2:Tells the weather of a city.}',
      '  inputSchema:',
      '    type: object',
      '    properties:',
      '      ${3:city}: { type: ${4|string,number,boolean,array,object|} }',
      '    required: [${3:city}]',
      'inputs:',
      '  default:',
      '    links:',
      '      - block: ${5:Sender}',
      '        output: ${6:default}',
      '    config:',
      '      body: !expr ${7:previous}',
    ],
  }),
  core({
    id: 'handleError',
    label: 'Handle Error',
    certainty: 'I',
    description: 'Receives the failures of the blocks that name it as their errorHandler.',
    entry: true,
    outputs: [
      output('default', 'One event per failure.', {
        type: 'object',
        properties: {
          error: {
            type: 'object',
            properties: { message: STRING, error_handler_id: STRING, previous_error: ANY },
            required: ['message'],
          },
          operation: STRING,
          entity: { type: 'object', properties: { id: STRING, type: STRING } },
          retry: { type: 'object', properties: { was_retried: { type: 'boolean' } } },
        },
        required: ['error'],
      }),
    ],
    snippet: [],
  }),
  core({
    id: 'group',
    label: 'Group',
    certainty: 'I',
    description: 'Holds the blocks that name it as their group.',
    outputs: [],
    snippet: [],
  }),
];

const BY_ID = new Map(CORE_BLOCKS.map((block) => [block.id, block]));

export function coreBlock(id: string): CoreBlock | undefined {
  return BY_ID.get(id);
}

/** The shape of a block, where it is known: a core block of the catalogue, or an app block with a readable schema. */
export function shapeOf(block: Block): BlockShape | undefined {
  const { type } = block;
  if (type?.kind === 'core') return coreBlock(type.name.text);
  return type?.schema && appShape(type.schema);
}

/** Whether events of the block come from outside: nothing needs to be linked to it. */
export function isEntry(block: Block): boolean {
  const { type } = block;
  if (type?.kind === 'core') return coreBlock(type.name.text)?.entry ?? true;
  const shape = shapeOf(block);
  // Without a schema nothing is known; a block without inputs makes its own events.
  return (
    !shape ||
    shape.spontaneous ||
    shape.inputs.size === 0 ||
    [...shape.outputs.values()].some(({ primaryParents }) => primaryParents?.length === 0)
  );
}
