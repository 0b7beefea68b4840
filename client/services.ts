/** What commands and views share, made once per window. */
import * as vscode from 'vscode';
import { Keychain } from './keychain/keychain.js';
import { FlowLanguageClient } from './languageClient.js';
import type { SafeLog } from './log.js';
import { Projects } from './projects.js';
import { Homes } from './secrets/homes.js';
import { KeychainStore } from './secrets/keychainStore.js';
import { Catalogue } from './secrets/catalogue.js';
import { explainFallback } from './secrets/messages.js';
import { NameIndex } from './secrets/nameIndex.js';
import { SecretStorageStore } from './secrets/secretStorageStore.js';
import { RenameInEditor } from './secrets/renameInEditor.js';
import type { SecretStore, StoreKind } from './secrets/store.js';
import { StoreState } from './secrets/storeState.js';
import { Vault } from './secrets/vault.js';

export interface Services {
  readonly log: SafeLog;
  readonly projects: Projects;
  readonly vault: Vault;
  readonly catalogue: Catalogue;
  readonly renameInEditor: RenameInEditor;
  readonly stores: Readonly<Record<StoreKind, SecretStore>>;
  readonly storeState: StoreState;
  readonly homes: Homes;
  readonly languageClient: FlowLanguageClient;
  /** Folder of the records of runs: redacted lines. */
  readonly historyFolder: string;
  /** Kept over sessions; names and flags only. */
  readonly state: vscode.Memento;
  /** The list of keys with a value here has changed. */
  readonly onDidChangeSecrets: vscode.Event<void>;
}

export function createServices(context: vscode.ExtensionContext, log: SafeLog): Services {
  const changed = new vscode.EventEmitter<void>();
  const projects = new Projects();
  const languageClient = new FlowLanguageClient(context.asAbsolutePath('dist/server.js'), log.channel);
  const stores = {
    keychain: new KeychainStore(new Keychain()),
    secretStorage: new SecretStorageStore(context.secrets),
  };
  const storeState = new StoreState(stores);
  const index = new NameIndex(vscode.Uri.joinPath(context.globalStorageUri, 'secrets').fsPath);
  const vault = new Vault({
    stores,
    index,
    setting: () => storeState.setting,
    trusted: () => vscode.workspace.isTrusted,
    onFallback: (reason) => {
      storeState.set(reason);
      void explainFallback({ log, state: context.globalState }, reason);
    },
    onChange: () => changed.fire(),
  });
  const catalogue = new Catalogue(projects, vault, languageClient, changed.event);
  const renameInEditor = new RenameInEditor({ catalogue, log, projects, vault });
  languageClient.onRename = (...rename) => renameInEditor.provide(...rename);
  /** What the server knows; it is told only what is new to it. */
  let told = '';
  const sendKeys = async () => {
    const all = await projects.all();
    const keys = all.map(({ id, folder, virtualText }) => ({
      folder,
      set: vault.keys(id),
      ...(virtualText !== undefined && { text: virtualText }),
    }));
    const text = JSON.stringify(keys);
    if (text === told) return;
    told = text;
    await languageClient.sendKeys(keys);
  };
  const send = () =>
    void sendKeys().catch((error: unknown) => log.warn(`The server was not told the keys: ${String(error)}`));
  languageClient.onDidStart(() => {
    told = '';
    send();
    void catalogue.refresh();
  });
  context.subscriptions.push(
    changed,
    projects,
    languageClient,
    catalogue,
    storeState,
    index,
    changed.event(send),
    projects.onDidChange(send),
  );
  index.watch(() => changed.fire());
  send();
  const sweep = setTimeout(() => void removeLeftovers(vault, projects, log), SWEEP_DELAY_MS);
  context.subscriptions.push({ dispose: () => clearTimeout(sweep) });
  return {
    log,
    projects,
    vault,
    catalogue,
    renameInEditor,
    stores,
    storeState,
    homes: new Homes(context.globalState),
    languageClient,
    historyFolder: vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'runs').fsPath,
    state: context.globalState,
    onDidChangeSecrets: changed.event,
  };
}

/** After the start, when the editor has come to rest. */
const SWEEP_DELAY_MS = 15_000;
/** Longer than a preview of a rename may stand open, and than Undo of a deletion. */
const LEFTOVER_AGE_MS = 15 * 60_000;

/** What crashes and closed windows have left: deleted values, renames that were cut off. */
async function removeLeftovers(vault: Vault, projects: Projects, log: SafeLog): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  try {
    await vault.sweep(
      async (id, from, to) =>
        (await projects.all()).some(
          (project) =>
            project.id === id && project.declared.secrets.has(to) && !project.declared.secrets.has(from),
        ),
      LEFTOVER_AGE_MS,
    );
  } catch (error) {
    log.warn(`Leftovers stay for now: ${String(error)}`);
  }
}
