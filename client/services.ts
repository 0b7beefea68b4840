/** What commands and views share, made once per window. */
import * as vscode from 'vscode';
import { Keychain } from './keychain/keychain.js';
import { FlowLanguageClient } from './languageClient.js';
import { Projects } from './projects.js';
import { KeychainStore } from './secrets/keychainStore.js';
import { explainFallback } from './secrets/messages.js';
import { NameIndex } from './secrets/nameIndex.js';
import { SecretStorageStore } from './secrets/secretStorageStore.js';
import { Vault, type StoreSetting } from './secrets/vault.js';

export interface Services {
  readonly log: vscode.LogOutputChannel;
  readonly projects: Projects;
  readonly vault: Vault;
  readonly languageClient: FlowLanguageClient;
  /** Kept over sessions; names and flags only. */
  readonly state: vscode.Memento;
  /** The list of keys with a value here has changed. */
  readonly onDidChangeSecrets: vscode.Event<void>;
  /** Where a new value will go, as messages call it. */
  storeLabel(): string;
}

export function createServices(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Services {
  const changed = new vscode.EventEmitter<void>();
  const projects = new Projects();
  const languageClient = new FlowLanguageClient(context.asAbsolutePath('dist/server.js'), log);
  const stores = {
    keychain: new KeychainStore(new Keychain()),
    secretStorage: new SecretStorageStore(context.secrets),
  };
  const setting = () => vscode.workspace.getConfiguration('flows').get<StoreSetting>('secrets.store', 'auto');
  const index = new NameIndex(vscode.Uri.joinPath(context.globalStorageUri, 'secrets').fsPath);
  const vault = new Vault({
    stores,
    index,
    setting,
    trusted: () => vscode.workspace.isTrusted,
    onFallback: (reason) => void explainFallback({ log, state: context.globalState }, reason),
    onChange: () => changed.fire(),
  });
  const sendKeys = async () => {
    const all = await projects.all();
    await languageClient.sendKeys(all.map(({ id, folder }) => ({ folder, set: vault.keys(id) })));
  };
  const send = () =>
    void sendKeys().catch((error: unknown) => log.warn(`The server was not told the keys: ${String(error)}`));
  context.subscriptions.push(
    changed,
    projects,
    languageClient,
    index,
    changed.event(send),
    projects.onDidChange(send),
  );
  index.watch(() => changed.fire());
  send();
  return {
    log,
    projects,
    vault,
    languageClient,
    state: context.globalState,
    onDidChangeSecrets: changed.event,
    storeLabel: () => stores[setting() === 'secretStorage' ? 'secretStorage' : 'keychain'].label,
  };
}
