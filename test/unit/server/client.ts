/** A language client for tests: the real server behind a real LSP connection, in this process. `|` marks the cursor. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  createConnection,
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type CodeAction,
  type CodeLens,
  type CompletionItem,
  type Diagnostic,
  type Hover,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Range,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver/node';
import {
  SecretKeysNotification,
  SecretUsagesRequest,
  type SecretKeysParams,
  type SecretUsagesResult,
} from '../../../flow/protocol.js';
import { boot } from '../../../server/boot.js';
import { serve } from '../../../server/server.js';
import type { TypeThread } from '../../../server/typescript/thread.js';

export class TestClient {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flows-server-'));
  readonly published: PublishDiagnosticsParams[] = [];
  readonly #connection: ProtocolConnection;
  readonly #texts = new Map<string, { version: number; text: string }>();
  #waiting: (() => void)[] = [];
  #generation = 0;
  capabilities: InitializeResult['capabilities'] = {};

  private constructor(thread?: TypeThread) {
    const up = new PassThrough();
    const down = new PassThrough();
    boot(
      (options) => createConnection(new StreamMessageReader(up), new StreamMessageWriter(down), options),
      () => (connection, params) => serve(connection, params, thread),
    );
    this.#connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
    this.#connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.push(params);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#connection.onRequest('client/registerCapability', () => null);
    this.#connection.onRequest('workspace/codeLens/refresh', () => null);
    this.#connection.listen();
  }

  /** `files`: path below the workspace folder -> text. */
  static async start(
    files: Record<string, string> = {},
    options: {
      commands?: boolean;
      watched?: boolean;
      capabilities?: ClientCapabilities;
      thread?: TypeThread;
    } = {},
  ): Promise<TestClient> {
    const client = new TestClient(options.thread);
    for (const [name, text] of Object.entries(files)) client.write(name, text);
    const result: InitializeResult = await client.#connection.sendRequest('initialize', {
      processId: null,
      rootUri: null,
      capabilities: {
        ...options.capabilities,
        // Wants to hear of each version.
        textDocument: { publishDiagnostics: { versionSupport: true }, ...options.capabilities?.textDocument },
        workspace: {
          didChangeWatchedFiles: { dynamicRegistration: options.watched ?? true },
          ...options.capabilities?.workspace,
        },
      },
      workspaceFolders: [{ uri: pathToFileURL(client.folder).href, name: 'test' }],
      initializationOptions: { commands: options.commands ?? true },
    });
    client.capabilities = result.capabilities;
    await client.#connection.sendNotification('initialized', {});
    return client;
  }

  dispose(): void {
    this.#connection.dispose();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  uri(name: string): string {
    return pathToFileURL(path.join(this.folder, name)).href;
  }

  write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  /** Tells the server that a file on disk has changed. */
  async changed(name: string): Promise<void> {
    await this.#connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: this.uri(name), type: 2 }],
    });
  }

  /** Tells the server that a file or a folder is gone. */
  async deleted(name: string): Promise<void> {
    await this.#connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: this.uri(name), type: 3 }],
    });
  }

  async open(name: string, text: string, languageId = 'flow'): Promise<string> {
    const uri = this.uri(name);
    this.#texts.set(uri, { version: 1, text });
    await this.#connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    });
    return uri;
  }

  async close(name: string): Promise<void> {
    await this.#connection.sendNotification('textDocument/didClose', {
      textDocument: { uri: this.uri(name) },
    });
  }

  async edit(name: string, changes: TextDocumentContentChangeEvent[]): Promise<number> {
    const document = this.#texts.get(this.uri(name))!;
    document.version++;
    await this.#connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version: document.version },
      contentChanges: changes,
    });
    return document.version;
  }

  async setKeys(folder: string, set: string[]): Promise<void> {
    const params: SecretKeysParams = {
      generation: ++this.#generation,
      projects: [{ folder: this.uri(folder), set }],
    };
    await this.#connection.sendNotification(SecretKeysNotification, params);
  }

  /** What is shown for a document once the server has answered everything sent so far. */
  async diagnostics(name: string): Promise<Diagnostic[]> {
    const uri = this.uri(name);
    // Notifications are handled in order, and publishing waits for those at hand: a request behind them marks the end.
    await this.#connection.sendRequest('textDocument/hover', {
      textDocument: { uri },
      position: { line: 0, character: 0 },
    });
    const version = this.#texts.get(uri)?.version;
    const isShown = (): boolean =>
      this.published.some((params) => params.uri === uri && params.version === version);
    // Large flows are checked bit by bit.
    for (let waited = 0; waited === 0 || (version !== undefined && !isShown() && waited < 5000); waited += 5)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return this.published.findLast((params) => params.uri === uri)?.diagnostics ?? [];
  }

  /** @param typed the character that made the editor ask */
  async complete(name: string, position: Position, typed?: string): Promise<CompletionItem[]> {
    return this.#connection.sendRequest('textDocument/completion', {
      textDocument: { uri: this.uri(name) },
      position,
      context: typed === undefined ? { triggerKind: 1 } : { triggerKind: 2, triggerCharacter: typed },
    });
  }

  async hover(name: string, position: Position): Promise<Hover | null> {
    return this.#connection.sendRequest('textDocument/hover', {
      textDocument: { uri: this.uri(name) },
      position,
    });
  }

  async codeActions(name: string, diagnostics: Diagnostic[]): Promise<CodeAction[]> {
    return this.#connection.sendRequest('textDocument/codeAction', {
      textDocument: { uri: this.uri(name) },
      range: diagnostics[0]!.range,
      context: { diagnostics },
    });
  }

  async codeLenses(name: string): Promise<CodeLens[]> {
    return this.#connection.sendRequest('textDocument/codeLens', { textDocument: { uri: this.uri(name) } });
  }

  /** Where secrets are named, once all files of the workspace have been read. */
  async usages(): Promise<SecretUsagesResult> {
    for (;;) {
      const result = await this.request<SecretUsagesResult>(SecretUsagesRequest, null);
      if (result.complete) return result;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async notify(method: string, params: unknown): Promise<void> {
    await this.#connection.sendNotification(method, params);
  }

  async request<T>(method: string, params: unknown): Promise<T> {
    return this.#connection.sendRequest(method, params);
  }
}

/** A text without its `|`, and where that stood. */
export function cursor(marked: string): { text: string; position: Position } {
  const offset = marked.indexOf('|');
  const before = marked.slice(0, offset).split('\n');
  return {
    text: marked.slice(0, offset) + marked.slice(offset + 1),
    position: { line: before.length - 1, character: before.at(-1)!.length },
  };
}

/** The text that a range of one line covers. */
export function textAt(text: string, { start, end }: Range): string {
  const lines = text.split('\n');
  if (start.line === end.line) return lines[start.line]!.slice(start.character, end.character);
  return [
    lines[start.line]!.slice(start.character),
    ...lines.slice(start.line + 1, end.line),
    lines[end.line]!.slice(0, end.character),
  ].join('\n');
}

/** The text with a range replaced. */
export function replaced(text: string, { start, end }: Range, by: string): string {
  const lines = text.split('\n');
  const head = [...lines.slice(0, start.line), lines[start.line]!.slice(0, start.character)].join('\n');
  return head + by + [lines[end.line]!.slice(end.character), ...lines.slice(end.line + 1)].join('\n');
}

/** A flow of one transform whose customisation is the given text after the key, e.g. `!expr secrets.A`. */
export function flowWith(value: string): string {
  return `blocks:\n  - name: One\n    type:\n      coreBlock: transform\n    outputs:\n      default:\n        outputCustomization: ${value}\n`;
}
