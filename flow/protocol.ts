/**
 * Messages between the extension and the language server beyond the LSP, and the names both sides share.
 * None of them can carry a secret's value: they know keys only.
 */
import type { Range } from './text.js';

/** Sent by the client with `initialize`. */
export interface InitializationOptions {
  /** The client has the `flows.*` commands, so code lenses and quick fixes may name them. */
  readonly commands?: boolean;
}

/** Client -> server notification: which keys have a value on this machine. Replaces what was sent before. */
export const SecretKeysNotification = 'flows/secretKeys';
export interface SecretKeysParams {
  /** Grows with each message; an older one that arrives late is ignored. */
  readonly generation: number;
  readonly projects: readonly ProjectKeys[];
}
export interface ProjectKeys {
  /** URI of the project's folder: where `flows.project.yaml` is, or the workspace folder. */
  readonly folder: string;
  /** Keys with a value on this machine. */
  readonly set: readonly string[];
}

/** Client -> server request: the secrets a flow names and the project it belongs to. Answer: FlowSecretsResult or null. */
export const FlowSecretsRequest = 'flows/flowSecrets';
export interface FlowSecretsParams {
  readonly uri: string;
}
export interface FlowSecretsResult {
  readonly project: ProjectInfo;
  /** Keys that the flow's expressions name. */
  readonly used: readonly string[];
}
export interface ProjectInfo {
  /** `project` of flows.project.yaml, else the folder's name. */
  readonly id: string;
  /** URI of the project's folder. */
  readonly folder: string;
  /** URI of flows.project.yaml, when there is one. */
  readonly file?: string;
}

/** Client -> server request: where the flows of all projects name secrets. No parameters; answer: SecretUsagesResult. */
export const SecretUsagesRequest = 'flows/secretUsages';
export interface SecretUsagesResult {
  readonly projects: readonly ProjectUsages[];
  /** Every file of the workspace has been read. Until then a key without usages may have some. */
  readonly complete: boolean;
}
export interface ProjectUsages {
  /** URI of the project's folder. */
  readonly folder: string;
  readonly keys: readonly KeyUsages[];
}
export interface KeyUsages {
  readonly key: string;
  readonly places: readonly { readonly uri: string; readonly range: Range }[];
}

/** Server -> client notification: SecretUsagesRequest would now be answered otherwise. No parameters. */
export const SecretUsagesChanged = 'flows/secretUsagesChanged';

/** Commands of the client that the server names in lenses and fixes. */
export const Commands = {
  addSecret: 'flows.addSecret',
  runFlow: 'flows.runFlow',
  runFromBlock: 'flows.runFromBlock',
  showMissingSecrets: 'flows.showMissingSecrets',
} as const;

/** Argument of Commands.addSecret: names only, never a value. */
export interface AddSecretArguments {
  readonly key?: string;
  /** Document that asked; decides the project. */
  readonly uri?: string;
}

/** Argument of Commands.runFromBlock. */
export interface RunFromBlockArguments {
  readonly uri: string;
  readonly block: string;
  readonly input: string;
}

export const PROJECT_FILE = 'flows.project.yaml';
export const FLOW_LANGUAGE = 'flow';
export const INSTALLATION_LANGUAGE = 'flow-installation';
export const DIAGNOSTIC_SOURCE = 'flows';
