/** Where secret values live. Two places, one interface; neither is ever a plain file. */

export type StoreKind = 'keychain' | 'secretStorage';

export interface SecretStore {
  readonly kind: StoreKind;
  /** How messages name it. */
  readonly label: string;
  /** Undefined when there is none. @throws KeychainError and the like, with what to do. */
  get(project: string, key: string): Promise<string | undefined>;
  /** The old value, or the new one: nothing in between. */
  set(project: string, key: string, value: string): Promise<void>;
  delete(project: string, key: string): Promise<void>;
  /** Removes what is there of a project, as far as the place can list it. */
  clear(project: string): Promise<void>;
  /** Rejects with the reason when the place cannot be used now. A locked keychain reads as empty: only this tells. */
  check(): Promise<void>;
}
