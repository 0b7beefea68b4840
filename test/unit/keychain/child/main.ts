/**
 * A process of its own that uses the real keychain, so that a test can point it at another message bus or kill it at a chosen
 * native call. Input: JSON on stdin. Output: one JSON line per finished native call and per result.
 */
import { Keychain } from '../../../../client/keychain/keychain.js';
import { loadNative, type NativeKeychain } from '../../../../client/keychain/native.js';
import { KeychainError } from '../../../../client/keychain/errors.js';

export interface ChildInput {
  readonly capacity?: number;
  /** Waits a moment after each native call, so that the parent can end this process there. */
  readonly pause?: boolean;
  readonly steps: readonly (
    | { readonly do: 'get' | 'delete' | 'clear' | 'check'; readonly key?: string }
    | { readonly do: 'set'; readonly key: string; readonly value: string }
  )[];
}
export type ChildLine =
  | { readonly call: string }
  | { readonly value: string | boolean | number | null }
  | { readonly failed: string; readonly message: string };

let pause = false;

async function main(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const input = JSON.parse(Buffer.concat(chunks).toString()) as ChildInput;
  pause = input.pause ?? false;
  const real = loadNative();
  const told: NativeKeychain = {
    getPassword: (service, account) => tell('get', real.getPassword(service, account)),
    setPassword: (service, account, password) => tell('set', real.setPassword(service, account, password)),
    deletePassword: (service, account) => tell('delete', real.deletePassword(service, account)),
    findCredentials: (service) => tell('find', real.findCredentials(service)),
  };
  const keychain = new Keychain({
    load: () => told,
    ...(input.capacity === undefined ? {} : { capacity: input.capacity }),
  });
  for (const step of input.steps) {
    try {
      say({ value: (await perform(keychain, step)) ?? null });
    } catch (error) {
      say(
        error instanceof KeychainError
          ? { failed: error.reason, message: error.message }
          : { failed: 'other', message: String(error) },
      );
    }
  }
}

async function perform(
  keychain: Keychain,
  step: ChildInput['steps'][number],
): Promise<string | boolean | number | undefined> {
  const project = 'keychain-test';
  switch (step.do) {
    case 'set':
      await keychain.set(project, step.key, step.value);
      return undefined;
    case 'get':
      return keychain.get(project, step.key!);
    case 'delete':
      return keychain.delete(project, step.key!);
    case 'clear':
      return keychain.clear(project);
    case 'check':
      await keychain.check();
      return undefined;
  }
}

async function tell<T>(call: string, answer: Promise<T>): Promise<T> {
  const result = await answer;
  say({ call });
  if (pause) await new Promise((resolve) => setTimeout(resolve, 5));
  return result;
}

function say(line: ChildLine): void {
  process.stdout.write(JSON.stringify(line) + '\n');
}

void main();
