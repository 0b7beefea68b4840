/** Starts the language server in a process of its own and tells it which keys have a value here: names, never values. */
import * as vscode from 'vscode';
import {
  DidChangeWatchedFilesNotification,
  ErrorAction,
  FileChangeType,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  TransportKind,
  type ErrorHandler,
  type FileEvent,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import {
  Commands,
  FLOW_LANGUAGE,
  FlowSecretsRequest,
  INSTALLATION_LANGUAGE,
  LiteralAtRequest,
  SecretKeysNotification,
  SecretUsagesChanged,
  SecretUsagesRequest,
  MOCKS_LANGUAGE,
  TEST_LANGUAGE,
  type FlowSecretsParams,
  type FlowSecretsResult,
  type InitializationOptions,
  type LiteralAtParams,
  type LiteralAtResult,
  type ProjectKeys,
  type SecretKeysParams,
  type SecretUsagesResult,
} from '../flow/protocol.js';

import type { RenameInEditor } from './secrets/renameInEditor.js';

/** Views of files that are not edited: what a diff or an earlier commit shows is not checked. */
const SCHEMES = ['file', 'untitled'];

/** Whose files the server is told of; it decides by their content whether they have to do with flows. */
const LANGUAGES = [
  FLOW_LANGUAGE,
  INSTALLATION_LANGUAGE,
  MOCKS_LANGUAGE,
  TEST_LANGUAGE,
  'yaml',
  'terraform',
  'opentofu',
];

export class FlowLanguageClient implements vscode.Disposable {
  private readonly client: LanguageClient;
  private readonly started: Promise<void>;
  private readonly usagesChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeUsages = this.usagesChanged.event;
  private readonly running = new vscode.EventEmitter<void>();
  /** The server runs, for the first time or again after it has ended: it knows nothing yet. */
  readonly onDidStart = this.running.event;
  /** Stands between the editor and the server's renames. */
  onRename: RenameInEditor['provide'] | undefined;
  private generation = 0;
  private restarts: ErrorHandler | undefined;
  private readonly deletions = vscode.workspace.createFileSystemWatcher('**/*', true, true, false);
  private gone: vscode.Uri[] = [];

  constructor(serverModule: string, log: vscode.LogOutputChannel) {
    const initializationOptions: InitializationOptions = { commands: true };
    const schemes = [
      ...new Set([...SCHEMES, ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.scheme)]),
    ];
    const options: LanguageClientOptions = {
      documentSelector: schemes.flatMap((scheme) => [
        ...LANGUAGES.map((language) => ({ language, scheme })),
        // Terraform's language comes with an extension that not everybody has.
        { pattern: '**/*.{tf,tofu}', scheme },
      ]),
      initializationOptions,
      // Links in hovers may run this and nothing else.
      markdown: { isTrusted: { enabledCommands: [Commands.showSecretUsage] } },
      outputChannel: log,
      traceOutputChannel: log,
      middleware: {
        provideRenameEdits: async (document, position, newName, token, next) => {
          const edits = async () => next(document, position, newName, token);
          return this.onRename ? this.onRename(document, position, newName, edits) : edits();
        },
      },
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: {
        // What is sent to a server that has just ended fails, as often as it is sent. The library would stop for good then, before it
        // has heard of the end, after which it starts another one.
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => (this.restarts ??= this.client.createDefaultErrorHandler()).closed(),
      },
      initializationFailedHandler: (error: unknown) => {
        log.error(
          `The language server did not start: ${error instanceof Error ? error.message : String(error)}`,
        );
        void vscode.window
          .showErrorMessage(
            'Flow Secrets: the language server did not start, so flows are not checked.',
            'Show Log',
          )
          .then((choice) => choice && log.show());
        return false;
      },
    };
    const server = { module: serverModule, transport: TransportKind.ipc };
    // The id is also the section of the setting `flows.trace.server`.
    this.client = new LanguageClient('flows', 'Flow Secrets', { run: server, debug: server }, options);
    this.client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) this.running.fire();
    });
    this.client.onNotification(SecretUsagesChanged, () => this.usagesChanged.fire());
    // The editor tells of a folder that is gone, not of the files in it that the server follows.
    this.deletions.onDidDelete((uri) => this.tellGone(uri));
    this.started = this.client.start();
    // Said by the handler above.
    this.started.catch(() => undefined);
  }

  dispose(): void {
    this.usagesChanged.dispose();
    this.running.dispose();
    this.deletions.dispose();
    void this.client.dispose();
  }

  /** Deletions come in crowds: one message for all that have been told of by the next turn of the loop. */
  private tellGone(uri: vscode.Uri): void {
    this.gone.push(uri);
    if (this.gone.length > 1) return;
    setImmediate(() => {
      const changes = this.gone.map((one): FileEvent => {
        return { uri: this.client.code2ProtocolConverter.asUri(one), type: FileChangeType.Deleted };
      });
      this.gone = [];
      void this.started
        .then(() => this.client.sendNotification(DidChangeWatchedFilesNotification.type, { changes }))
        .catch(() => undefined); // it is starting again, and will read everything
    });
  }

  async sendKeys(projects: readonly ProjectKeys[]): Promise<void> {
    const params: SecretKeysParams = { generation: ++this.generation, projects };
    await this.started;
    await this.client.sendNotification(SecretKeysNotification, params);
  }

  /** The secrets a flow names; null when the server does not take the file for a flow. */
  async flowSecrets(uri: vscode.Uri): Promise<FlowSecretsResult | null> {
    const params: FlowSecretsParams = { uri: this.client.code2ProtocolConverter.asUri(uri) };
    await this.started;
    return this.client.sendRequest<FlowSecretsResult | null>(FlowSecretsRequest, params);
  }

  /** What moving the literal at a place into a secret changes; null where none stands. The text itself is not asked for. */
  async literalAt(uri: vscode.Uri, position: vscode.Position, key?: string): Promise<LiteralAtResult | null> {
    const params: LiteralAtParams = {
      uri: this.client.code2ProtocolConverter.asUri(uri),
      position: this.client.code2ProtocolConverter.asPosition(position),
      ...(key !== undefined && { key }),
    };
    await this.started;
    return this.client.sendRequest<LiteralAtResult | null>(LiteralAtRequest, params);
  }

  async secretUsages(): Promise<SecretUsagesResult> {
    await this.started;
    return this.client.sendRequest<SecretUsagesResult>(SecretUsagesRequest);
  }
}
