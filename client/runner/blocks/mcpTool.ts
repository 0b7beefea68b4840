/**
 * MCP Tool: a tool of the flow's MCP server. A call starts a line of events, and an event that descends from it answers
 * (flows-platform §2). Documented are the schema of the arguments, the event, and that the input's configuration gives the
 * answer; the names of these fields are inferred.
 */
import { asMap, BlockError, kindOf, type Activation, type BlockContext, type CoreBlock } from './block.js';
import { Calls } from './calls.js';
import type { HttpListener } from './listener.js';
import type { McpServer, McpTool, ToolAnswer } from './mcp.js';
import { ownOutput } from './outputs.js';

/** Where the server is, beside the flow's endpoints. */
const PATH = '/mcp';
/** On the platform a member of the organization; here the person at this machine. */
const USER = { email: 'you@localhost', role: 'admin' };
/** As MCP wants names of tools. */
const NAME = /^[A-Za-z0-9._-]{1,128}$/;

type Call = (answer: ToolAnswer) => void;

/** One server per run, however many tools. */
const servers = new WeakMap<HttpListener, Promise<McpServer>>();

export class McpToolBlock implements CoreBlock {
  #calls: Calls<Call> | undefined;

  async start(context: BlockContext): Promise<void> {
    const { block, listener } = context;
    const tool = readTool(context);
    const calls = new Calls<Call>(context, {
      noun: 'call',
      output: ownOutput(block),
      unanswered(call, { text }, event) {
        call({ text, failed: true });
        context.activity('the call has failed: no event has answered', event);
      },
    });
    const server = await serverOf(listener);
    try {
      server.add({
        ...tool,
        call: async (args, signal) =>
          new Promise((resolve) => {
            const giveUp = calls.begin(resolve, { arguments: args, user: USER });
            signal.addEventListener('abort', giveUp);
          }),
      });
    } catch (error) {
      throw new BlockError((error as Error).message);
    }
    this.#calls = calls;
    listener.announce({ block: block.name, path: PATH, tool: tool.name });
  }

  activate(activation: Activation): void {
    if (!this.#calls) throw new BlockError('The tool could not be started, so there is no call.');
    const answer = answerOf(activation.config);
    const call = this.#calls.take(activation);
    call?.(answer);
    activation.activity(call ? 'answer to the call' : 'answer (nobody waits for it)');
  }
}

async function serverOf(listener: HttpListener): Promise<McpServer> {
  let server = servers.get(listener);
  if (!server) {
    server = start(listener);
    servers.set(listener, server);
  }
  return server;
}

async function start(listener: HttpListener): Promise<McpServer> {
  // The SDK is large, and most flows have no tools.
  const { McpServer } = await import('./mcp.js');
  const server = new McpServer();
  listener.mount(PATH, async (request, response) => server.handle(request, response));
  return server;
}

function readTool({ config, block }: BlockContext): Omit<McpTool, 'call'> {
  const fields = asMap(config);
  const name = fields['name'] ?? block.key;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new BlockError(
      `The name of a tool is 1 to 128 letters a to z, digits, ".", "_" and "-"; got ${typeof name === 'string' ? `"${name}"` : kindOf(name)}. Set \`name\` in the block's configuration.`,
    );
  }
  const description = fields['description'] ?? block.description;
  return {
    block: block.name,
    name,
    inputSchema: readSchema(fields['inputSchema'] ?? fields['schema']),
    ...(typeof description === 'string' && { description }),
  };
}

/** Any arguments, when there is no schema. */
function readSchema(value: unknown): McpTool['inputSchema'] {
  if (value === undefined || value === null) return { type: 'object' };
  let schema: unknown = value;
  if (typeof value === 'string') {
    try {
      schema = JSON.parse(value) as unknown;
    } catch {
      throw new BlockError('`inputSchema` of a tool is a text, but not one of JSON.');
    }
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new BlockError(`\`inputSchema\` of a tool is a JSON Schema, a map; got ${kindOf(schema)}.`);
  const { type = 'object' } = asMap(schema);
  if (type !== 'object')
    throw new BlockError('The arguments of a tool are a map: `type` of its `inputSchema` is "object".');
  return { ...schema, type: 'object' };
}

/** `body`; where the configuration has one field only, that, whatever the platform calls it. */
function answerOf(config: unknown): ToolAnswer {
  const fields = asMap(config);
  const names = Object.keys(fields);
  const name = 'body' in fields ? 'body' : names.length === 1 ? names[0]! : undefined;
  if (name === undefined)
    throw new BlockError(
      'What a tool answers is `body` in the configuration of its input: a text or a value.',
    );
  const body = fields[name];
  if (body === undefined || body === null) return { text: '' };
  if (typeof body === 'string') return { text: body };
  const text = JSON.stringify(body);
  return typeof body === 'object' && !Array.isArray(body) ? { text, data: asMap(body) } : { text };
}
