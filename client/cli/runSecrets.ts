/** Where `run` takes secret values from: named environment variables, a pipe on file descriptor 3, the keychain. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseProject } from '../../flow/project.js';
import { PROJECT_FILE } from '../../flow/protocol.js';
import { Keychain } from '../keychain/keychain.js';
import { UsageError } from './command.js';

export interface FlowProject {
  readonly id: string;
  /** Keys whose values may be shown. */
  readonly insensitive: readonly string[];
}

/** The nearest project file upward decides; without one, the name of the flow's folder is the project. */
export function projectOf(flowFile: string): FlowProject {
  const start = path.dirname(path.resolve(flowFile));
  for (let folder = start; ; folder = path.dirname(folder)) {
    const text = readText(path.join(folder, PROJECT_FILE));
    if (text !== undefined) {
      const { id, secrets } = parseProject(text);
      const insensitive = [...secrets.values()].filter(({ sensitive }) => !sensitive).map(({ key }) => key);
      return { id: id ?? path.basename(folder), insensitive };
    }
    if (path.dirname(folder) === folder) return { id: path.basename(start), insensitive: [] };
  }
}

export interface SecretSources {
  /** Names of environment variables; each is the value of the key of the same name. */
  readonly environment: readonly string[];
  /** Read a JSON object of keys and values from this descriptor. */
  readonly descriptor: number | undefined;
  readonly keychain: boolean;
}

export interface FoundSecrets {
  readonly values: Readonly<Record<string, string>>;
  /** Why the keychain did not answer, for the person. */
  readonly trouble?: string;
}

/** Values of the keys that a flow names; keys without a value are left out. */
export async function findSecrets(
  keys: readonly string[],
  project: FlowProject,
  { environment, descriptor, keychain }: SecretSources,
): Promise<FoundSecrets> {
  const values: Record<string, string> = {};
  for (const name of environment) {
    const value = process.env[name];
    if (value === undefined) throw new UsageError('a variable named in --secrets-from-env is not set');
    values[name] = value;
  }
  if (descriptor !== undefined) Object.assign(values, readDescriptor(descriptor));
  if (!keychain) return { values };
  const store = new Keychain();
  for (const key of keys) {
    if (Object.hasOwn(values, key)) continue;
    try {
      const value = await store.get(project.id, key);
      if (value !== undefined) values[key] = value;
    } catch (error) {
      return { values, trouble: (error as Error).message };
    }
  }
  return { values };
}

function readDescriptor(descriptor: number): Record<string, string> {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(descriptor, 'utf8'));
  } catch {
    // The parser's own message quotes what it read.
    throw new UsageError('--secrets-from-fd needs a JSON object of keys and values on that descriptor');
  }
  if (
    typeof read !== 'object' ||
    read === null ||
    Object.values(read).some((value) => typeof value !== 'string')
  ) {
    throw new UsageError('--secrets-from-fd needs a JSON object whose values are texts');
  }
  return read as Record<string, string>;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
