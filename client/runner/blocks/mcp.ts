/**
 * The MCP server of a run, with the official SDK: its tools over streamable HTTP. A bundle of its own (dist/mcp.js), which
 * only a flow with MCP Tool blocks loads.
 */
import { randomUUID } from 'node:crypto';
import type http from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type CallToolRequest,
  type CallToolResult,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { JsonSchemaType, JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation';

export interface McpTool {
  /** Name of the block. */
  readonly block: string;
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments, an object. */
  readonly inputSchema: Tool['inputSchema'];
  /** `signal`: the caller does not want the answer any more. */
  call(args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ToolAnswer>;
}

export interface ToolAnswer {
  readonly text: string;
  /** The same as data, where it is an object. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly failed?: boolean;
}

interface Offered {
  readonly tool: McpTool;
  readonly validate: JsonSchemaValidator<Record<string, unknown>>;
}

/** Sessions at once; the oldest one makes room for the next. */
const SESSIONS = 100;
const NO_SESSION = {
  jsonrpc: '2.0',
  id: null,
  error: {
    code: -32001,
    message: 'There is no such session: the run has been started anew. Initialize again.',
  },
};

export class McpServer {
  readonly #tools = new Map<string, Offered>();
  readonly #sessions = new Map<string, StreamableHTTPServerTransport>();
  readonly #validator = new AjvJsonSchemaValidator();

  /** Throws with a text for people. */
  add(tool: McpTool): void {
    const known = this.#tools.get(tool.name);
    if (known) {
      throw new Error(
        `The tool "${tool.name}" is already that of the block "${known.tool.block}". Give one of them another \`name\`.`,
      );
    }
    let validate: Offered['validate'];
    try {
      validate = this.#validator.getValidator(tool.inputSchema as JsonSchemaType);
    } catch (error) {
      throw new Error(
        `\`inputSchema\` of the tool "${tool.name}" is no JSON Schema: ${(error as Error).message}`,
        { cause: error },
      );
    }
    this.#tools.set(tool.name, { tool, validate });
  }

  /** One HTTP request to the server's address. */
  async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const session = request.headers['mcp-session-id'];
    if (session === undefined) return (await this.#begin()).handleRequest(request, response);
    const transport = this.#sessions.get(String(session));
    if (transport) return transport.handleRequest(request, response);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(NO_SESSION));
  }

  /** For a client that has no session yet: its first message makes one, or nothing stays of it. */
  async #begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, transport);
        if (this.#sessions.size > SESSIONS) void this.#sessions.values().next().value!.close();
      },
    });
    // The other one wants schemas made with a library; those of a flow are JSON Schema.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const server = new Server(
      { name: 'flow-secrets', title: 'A flow that runs on this machine', version: '1' },
      { capabilities: { tools: {} } },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: this.#list() }));
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) => this.#call(params, signal));
    server.onclose = () => {
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    await server.connect(transport);
    return transport;
  }

  #list(): Tool[] {
    return [...this.#tools.values()].map(({ tool: { name, description, inputSchema } }) => ({
      name,
      inputSchema,
      ...(description !== undefined && { description }),
    }));
  }

  /** What is wrong with the name is the client's mistake; what is wrong with the arguments the model may put right. */
  async #call(
    { name, arguments: given = {} }: CallToolRequest['params'],
    signal: AbortSignal,
  ): Promise<CallToolResult> {
    const offered = this.#tools.get(name);
    if (!offered) {
      const names = [...this.#tools.keys()].join(', ');
      throw new McpError(ErrorCode.InvalidParams, `There is no tool "${name}". Tools: ${names}`);
    }
    const checked = offered.validate(given);
    if (!checked.valid)
      return result({ text: `The arguments do not fit the tool: ${checked.errorMessage}`, failed: true });
    return result(await offered.tool.call(given, signal));
  }
}

function result({ text, data, failed }: ToolAnswer): CallToolResult {
  return {
    content: [{ type: 'text', text }],
    ...(data && { structuredContent: data }),
    ...(failed && { isError: true }),
  };
}
