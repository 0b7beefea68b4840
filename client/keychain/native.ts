/**
 * Loads the native file behind keytar's API. The package's own loader picks the file by platform and architecture alone and
 * swallows the reason when it does not load; this one knows musl and ARM, and says why.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Keytar from 'keytar';
import { KeychainError } from './errors.js';

/** The part of keytar's API in use. */
export type NativeKeychain = Pick<
  typeof Keytar,
  'getPassword' | 'setPassword' | 'deletePassword' | 'findCredentials'
>;

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
}

const BUILDS = new Set([
  'linux-x64',
  'linux-arm64',
  'linux-ia32',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
  'win32-ia32',
]);

/**
 * Folder of the file for a machine, undefined when the package has none: its files for musl on ARM hold x86 code, and the one
 * called linux-arm holds 64-bit code.
 */
export function prebuildFolder({ platform, arch, musl }: Machine): string | undefined {
  if (platform === 'linux' && musl) return arch === 'x64' ? 'linuxmusl-x64' : undefined;
  if (platform === 'linux' && arch === 'arm') return 'linux-armv7l';
  return BUILDS.has(`${platform}-${arch}`) ? `${platform}-${arch}` : undefined;
}

/** @throws KeychainError 'no-native-module' with the reason. */
export function loadNative(
  folders: readonly string[] = prebuildFolders(),
  machine: Machine = thisMachine(),
): NativeKeychain {
  const name = prebuildFolder(machine);
  if (name === undefined)
    throw missing(`it has no build for ${machine.musl ? 'musl ' : ''}${machine.platform} on ${machine.arch}`);
  const file = folders
    .map((folder) => path.join(folder, name, 'keytar.node'))
    .find((candidate) => existsSync(candidate));
  if (file === undefined)
    throw missing(`${name}/keytar.node is not beside the extension; install the build for this platform`);
  try {
    return createRequire(__filename)(file) as NativeKeychain;
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
    if (said.includes('libsecret')) {
      throw missing(
        'libsecret is not installed. Install it with "apt install libsecret-1-0", "dnf install libsecret" or "pacman -S libsecret"',
      );
    }
    throw missing(said);
  }
}

function missing(reason: string): KeychainError {
  return new KeychainError('no-native-module', `The keychain module does not load: ${reason}.`);
}

/** Beside the bundle; in a development tree, in the package. */
function prebuildFolders(): string[] {
  const folders = [path.join(__dirname, 'prebuilds')];
  try {
    folders.push(
      path.join(path.dirname(createRequire(__filename).resolve('keytar/package.json')), 'prebuilds'),
    );
  } catch {
    // An installed extension has no node_modules.
  }
  return folders;
}

function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, musl: process.platform === 'linux' && usesMusl() };
}

/** Whether this program was linked against musl: its loader is named near the start of the file. */
function usesMusl(): boolean {
  const head = Buffer.alloc(4096);
  try {
    const file = openSync(process.execPath, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return head.includes('/ld-musl-');
}
