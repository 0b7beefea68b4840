/** Which store new values go to, and why not the keychain: for messages, the view and the status bar. */
import * as vscode from 'vscode';
import { KeychainError } from '../keychain/errors.js';
import type { SecretStore, StoreKind } from './store.js';
import type { StoreSetting } from './vault.js';

export class StoreState implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  /** What the keychain said last; undefined while it works or has not been asked. */
  private refusal: KeychainError | undefined;
  private readonly listener: vscode.Disposable;

  constructor(private readonly stores: Readonly<Record<StoreKind, SecretStore>>) {
    this.listener = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('flows.secrets.store')) this.changed.fire();
    });
  }

  dispose(): void {
    this.changed.dispose();
    this.listener.dispose();
  }

  get setting(): StoreSetting {
    return vscode.workspace.getConfiguration('flows').get<StoreSetting>('secrets.store', 'auto');
  }

  /** Where a new value goes, as far as is known. */
  get target(): SecretStore {
    const away =
      this.setting === 'secretStorage' || (this.setting === 'auto' && this.refusal?.unavailable === true);
    return this.stores[away ? 'secretStorage' : 'keychain'];
  }

  /** What is unusual about it, without asking anybody. */
  get remark(): string | undefined {
    if (this.setting === 'secretStorage')
      return 'Values are kept in VS Code’s secret storage (setting flows.secrets.store).';
    if (!this.refusal) return undefined;
    return this.setting === 'auto' && this.refusal.unavailable
      ? `Values are kept in VS Code’s secret storage. ${this.refusal.said}`
      : this.refusal.message;
  }

  /** Asks the keychain; a locked one may bring up its prompt. */
  async check(): Promise<void> {
    if (this.setting === 'secretStorage') return;
    try {
      await this.stores.keychain.check();
      this.set(undefined);
    } catch (error) {
      this.set(error instanceof KeychainError ? error : new KeychainError('failed', String(error)));
    }
  }

  set(refusal: KeychainError | undefined): void {
    if (this.refusal?.reason === refusal?.reason) return;
    this.refusal = refusal;
    this.changed.fire();
  }
}
