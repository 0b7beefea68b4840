/**
 * Messages between the extension and the language server beyond the LSP, and the names both sides share.
 * None of them can carry a secret's value: they know keys only.
 */
import type { Position, Range } from './text.js';
import type { Layer } from './tokens/move.js';

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
  /** Text of the project file, where it is on no disk: the server reads the others itself. */
  readonly text?: string;
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
  /** Flows without a project file above them that belong to the project whose Terraform creates them. */
  readonly ties: readonly { readonly uri: string; readonly folder: string }[];
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

/**
 * Client -> server request: what moving the literal at a position into a secret changes. Answer: LiteralAtResult, or null
 * where none stands or no reference could take its place. Its text is in neither: the client reads it from its own
 * document (`literal`, decoded by decodeLiteral in flow/tokens/move.ts).
 */
export const LiteralAtRequest = 'flows/literalAt';
export interface LiteralAtParams {
  readonly uri: string;
  readonly position: Position;
  /** The key to refer to; the server suggests one otherwise. */
  readonly key?: string;
}
export interface LiteralAtResult {
  readonly project: ProjectInfo;
  /** Of the document that ranges are for; a text that has moved on must not be changed. */
  readonly version: number;
  readonly key: string;
  /** The project declares the key already. */
  readonly declared: boolean;
  /** The literal is the value of this very key, in the project file or of a `flows_secret`: no other can be chosen. */
  readonly isDeclaration?: boolean;
  /** The Terraform variable that gives the value from then on. */
  readonly variable?: string;
  /** What the literal is, e.g. "GitHub token" or "value of `path`". */
  readonly name: string;
  /** Where the value stands as it is written. */
  readonly literal: Range;
  readonly layers: readonly Layer[];
  /** What takes the literal's place. */
  readonly edit: LiteralEdit;
  /** What else changes in the document. */
  readonly also?: LiteralEdit;
}
export interface LiteralEdit {
  readonly range: Range;
  readonly newText: string;
}

/** Commands of the client that the server names in lenses and fixes. */
export const Commands = {
  addSecret: 'flows.addSecret',
  debugFlow: 'flows.debugFlow',
  debugFromBlock: 'flows.debugFromBlock',
  moveLiteralToSecret: 'flows.moveLiteralToSecret',
  runFlow: 'flows.runFlow',
  runFromBlock: 'flows.runFromBlock',
  fireSchedule: 'flows.fireSchedule',
  showMissingSecrets: 'flows.showMissingSecrets',
  showSecretUsage: 'flows.showSecretUsage',
} as const;

/** Argument of Commands.addSecret and Commands.showSecretUsage: names only, never a value. */
export interface AddSecretArguments {
  readonly key?: string;
  /** Document that asked; decides the project. */
  readonly uri?: string;
}

/** Argument of Commands.moveLiteralToSecret: a place, never its text. */
export interface MoveLiteralArguments {
  readonly uri: string;
  readonly position: Position;
}

/** Argument of Commands.fireSchedule. */
export interface FireScheduleArguments {
  readonly uri: string;
  readonly block: string;
}

/** Argument of Commands.runFromBlock and debugFromBlock. */
export interface RunFromBlockArguments {
  readonly uri: string;
  readonly block: string;
  readonly input: string;
}

export const PROJECT_FILE = 'flows.project.yaml';
export const FLOW_LANGUAGE = 'flow';
export const INSTALLATION_LANGUAGE = 'flow-installation';
export const TEST_LANGUAGE = 'flow-test';
export const MOCKS_LANGUAGE = 'flow-mocks';
export const DIAGNOSTIC_SOURCE = 'flows';
