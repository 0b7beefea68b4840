/** Wires the LSP connection to the features: one module per LSP method, all of them pure over documents and projects. */
import path from 'node:path';
import type { ClientCapabilities, Connection, FileEvent, InitializeParams } from 'vscode-languageserver/node';
import {
  FlowSecretsRequest,
  PROJECT_FILE,
  SecretKeysNotification,
  type FlowSecretsParams,
  type FlowSecretsResult,
  type SecretKeysParams,
} from '../flow/protocol.js';
import { hasCommands } from './capabilities.js';
import { codeActions } from './codeActions/codeActions.js';
import { ClosedFiles } from './closedFiles.js';
import { codeLenses } from './codeLens.js';
import { complete, openerOf } from './completion/completion.js';
import { DiagnosticsPublisher } from './diagnostics.js';
import { Documents, type OpenDocument } from './documents.js';
import { INDEXED_FILES, indexWorkspace } from './index/start.js';
import { WorkspaceIndex } from './index/workspaceIndex.js';
import { hover } from './hover/hover.js';
import { serveLiteralAt } from './literalAt.js';
import { CodeLensRefreshRequest, DidChangeWatchedFilesNotification, FileChangeType } from './lsp.js';
import { serveNavigation } from './navigation.js';
import { Projects } from './projects.js';
import { serveSecretUsages } from './secretUsages.js';
import { DEFAULT_SETTINGS, followSettings, type Settings } from './settings.js';
import { readFlow } from './subject.js';
import { terraformFiles } from './terraform/files.js';
import { Terraform } from './terraform/terraform.js';
import { ExpressionTypes } from './typescript/expressionTypes.js';
import { WorkerThread, type TypeThread } from './typescript/thread.js';
import { keyUsage } from './usage.js';

/** What every feature works on. */
export interface Features {
  readonly documents: Documents;
  readonly projects: Projects;
  /** The client has the `flows.*` commands. */
  readonly commands: boolean;
  readonly settings: Settings;
  /** The files of the workspace that are not open. */
  readonly index: WorkspaceIndex;
  /** What the client says it can do. */
  readonly client: ClientCapabilities;
  /** What TypeScript knows of expressions; nothing that needs only names waits for it. */
  readonly types: ExpressionTypes;
  /** Reads Terraform files. */
  readonly terraform: Terraform;
}

/**
 * `params`: what the client has said with `initialize`, which is answered (boot.ts). `thread`: where TypeScript answers;
 * by default its bundle beside this one, loaded when it is first asked.
 */
export function serve(
  connection: Connection,
  params: InitializeParams,
  thread: TypeThread = typeThread(connection),
): void {
  const { workspaceFolders, capabilities } = params;
  // What came before workspace folders: some editors know nothing else.
  const { rootUri } = params as { readonly rootUri?: string | null };
  const documents = new Documents();
  const projects = new Projects(documents);
  const terraform = new Terraform(
    () => {
      declarationsChanged();
      scheduleTerraform();
    },
    (message) => connection.console.warn(message),
  );
  const index = new WorkspaceIndex(declarationsChanged, terraform);
  projects.declaringFiles = () =>
    [...terraformFiles(features)].map(({ uri, declares: { keys, complete }, definitions }) => ({
      uri,
      keys: keys.keys(),
      complete,
      definitions,
    }));
  let features: Features = {
    documents,
    projects,
    index,
    terraform,
    commands: hasCommands(params),
    settings: DEFAULT_SETTINGS,
    client: capabilities,
    types: new ExpressionTypes(
      () => features,
      thread,
      (uri) => publisher.schedule(uri),
    ),
  };
  const refreshesLenses = capabilities.workspace?.codeLens?.refreshSupport === true;
  const pullsSettings = capabilities.workspace?.configuration === true;
  projects.folders = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  projects.watched = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
  const publisher = new DiagnosticsPublisher(connection, () => features);
  const closedFiles = new ClosedFiles(connection, () => features);
  const usagesChanged = serveSecretUsages(connection, () => features);

  connection.onInitialized(() => {
    if (projects.watched) {
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [PROJECT_FILE, ...INDEXED_FILES].map((name) => ({ globPattern: `**/${name}` })),
      });
    }
    void indexWorkspace(connection, features, projects.folders);
    followSettings(connection, pullsSettings, (settings) => {
      features = { ...features, settings };
      knowledgeChanged();
    });
    // The library refuses to listen where the client knows no workspace folders.
    if (features.client.workspace?.workspaceFolders !== true) return;
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map(({ uri }) => uri));
      projects.folders = [
        ...projects.folders.filter((uri) => !gone.has(uri)),
        ...added.map(({ uri }) => uri),
      ];
      void indexWorkspace(connection, features, projects.folders);
      knowledgeChanged();
    });
  });

  /** Keys, files or folders have changed: what has been said about open documents may no longer hold. */
  function knowledgeChanged(): void {
    publisher.scheduleAll();
    closedFiles.scheduleAll();
    usagesChanged();
    if (refreshesLenses) void connection.sendRequest(CodeLensRefreshRequest.type);
  }

  function scheduleTerraform(): void {
    scheduleAll('terraform');
  }

  function scheduleAll(kind: OpenDocument['kind']): void {
    for (const document of documents.all()) if (document.kind === kind) publisher.schedule(document.uri);
  }

  function scheduleMocks(): void {
    for (const document of documents.all())
      if (document.kind === 'flow' && document.flow.dialect === 'mocks') publisher.schedule(document.uri);
  }

  /** Files that may declare keys have been read or changed. */
  function declarationsChanged(): void {
    closedFiles.indexChanged();
    if (projects.declarationsChanged()) knowledgeChanged();
    else usagesChanged();
  }

  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
    closedFiles.opened(uri);
    changed(documents.open(uri, languageId, version, text).kind, uri);
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
    const document = documents.change(uri, version, contentChanges);
    publisher.edited(uri, contentChanges);
    if (document) changed(document.kind, uri);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    const kind = documents.get(uri)?.kind;
    features.types.closing(uri);
    documents.close(uri);
    publisher.clear(uri);
    closedFiles.schedule(uri);
    usagesChanged();
    if (kind === 'project') projectChanged();
    if (kind === 'terraform') declarationsChanged();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const isProject = ({ uri }: FileEvent): boolean => uri.endsWith(`/${PROJECT_FILE}`);
    const gone = new Set(changes.flatMap(({ type, uri }) => (type === FileChangeType.Deleted ? [uri] : [])));
    const goneFolder = index.hasUnder(gone) || projects.hasUnder(gone);
    const goneOpen = documents.filesDeleted(gone);
    if (goneFolder || goneOpen || changes.some(isProject)) projectChanged();
    // It may have another name now: then its files are told of no more than those that are gone.
    if (goneFolder)
      void indexWorkspace(connection, features, projects.folders).then(() => closedFiles.scheduleAll());
    for (const { uri } of changes.filter((change) => !isProject(change)))
      void index.fileChanged(uri).then((isIndexed) => isIndexed && closedFiles.schedule(uri));
  });
  connection.onNotification(SecretKeysNotification, (params: SecretKeysParams) => {
    if (projects.setKeys(params)) knowledgeChanged();
  });

  function changed(kind: string, uri: string): void {
    usagesChanged();
    if (kind === 'project') projectChanged();
    else publisher.schedule(uri);
    if (kind === 'terraform') declarationsChanged();
    if (kind === 'flow') {
      // Terraform maps the installations that a flow lists; tests and mocks name its blocks.
      scheduleTerraform();
      scheduleAll('test');
      scheduleMocks();
    }
    features.types.changed(uri);
  }
  function projectChanged(): void {
    projects.filesChanged();
    knowledgeChanged();
  }

  connection.onCompletion(async (params, token) => {
    if (documents.get(params.textDocument.uri)?.kind === 'terraform') await terraform.loading;
    const items = complete(features, params);
    return items.length > 0 || openerOf(params) ? items : features.types.complete(params, token);
  });
  connection.onCompletionResolve((item) => features.types.describe(item));
  connection.onHover((params, token) => hover(features, params) ?? features.types.hover(params, token));
  connection.onSignatureHelp((params, token) => features.types.signatureHelp(params, token));
  connection.onCodeAction((params) => codeActions(features, params));
  connection.onCodeLens((params) => codeLenses(features, params));
  serveNavigation(connection, () => features);
  serveLiteralAt(connection, () => features);
  connection.onRequest(FlowSecretsRequest, ({ uri }: FlowSecretsParams): FlowSecretsResult | null => {
    const flow = documents.flow(uri)?.flow ?? readFlow(uri);
    const { id, folder, file } = projects.of(uri);
    return flow
      ? { project: { id, folder, ...(file !== undefined && { file }) }, used: [...keyUsage(flow).keys()] }
      : null;
  });
}

function typeThread({ console }: Connection): TypeThread {
  return new WorkerThread(path.join(__dirname, 'typescript.js'), (message) => console.warn(message));
}
