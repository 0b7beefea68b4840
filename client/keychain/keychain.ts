/**
 * Secret values in the operating system's keychain: service `flow-secrets/<project id>`, account = key.
 *
 * A value within one credential's limit is one entry, readable by any keychain tool. A longer one is cut into parts in the slot
 * that is not in use; then one entry, the header, switches over; then the old parts go. Whatever step a crash falls on, the key
 * reads as the old or the new value, and the next write or delete of the key clears what was left behind.
 */
import { explain, KeychainError, lockedError } from './errors.js';
import { Lane } from './lane.js';
import { loadNative, type NativeKeychain } from './native.js';
import { cut, formatHeader, join, looksLikeHeader, parseHeader, partName, type Slot } from './parts.js';

/** Longest value, in bytes of UTF-8. */
export const MAX_VALUE_BYTES = 100 * 1024;

const WINDOWS_CREDENTIAL_BYTES = 5 * 512;

export interface KeychainOptions {
  /** Called at the first use; its error is remembered. */
  readonly load?: () => NativeKeychain;
  /** Bytes of UTF-8 that one credential holds. */
  readonly capacity?: number;
  readonly deadlineMs?: number;
}

export class Keychain {
  private readonly load: () => NativeKeychain;
  private readonly capacity: number;
  private readonly maxParts: number;
  private readonly lane: Lane;
  private native: NativeKeychain | undefined;

  constructor(options: KeychainOptions = {}) {
    this.load = options.load ?? loadNative;
    this.capacity =
      options.capacity ?? (process.platform === 'win32' ? WINDOWS_CREDENTIAL_BYTES : MAX_VALUE_BYTES);
    // Up to three bytes of a part stay empty where a code point did not fit.
    this.maxParts = Math.ceil(MAX_VALUE_BYTES / (this.capacity - 3));
    this.lane = new Lane(options.deadlineMs ?? 10_000);
  }

  /**
   * The value, or undefined when there is none or its write was torn. A locked keychain on Linux answers "none" as well:
   * ask `check` when a value was expected.
   * @throws KeychainError
   */
  get(project: string, key: string): Promise<string | undefined> {
    return this.lane.run(async () => {
      const service = serviceName(project);
      for (let attempt = 0; attempt < 3; attempt++) {
        const entry = await this.read(service, key);
        if (entry === null) return undefined;
        if (!looksLikeHeader(entry)) return entry;
        const header = parseHeader(entry);
        if (!header) return undefined;
        const pieces: (string | null)[] = [];
        for (let i = 0; i < Math.min(header.count, this.maxParts); i++)
          pieces.push(await this.read(service, partName(key, header.slot, i)));
        const value = join(header, pieces);
        if (value !== undefined) return value;
        // Another process may have switched slots in between: then the header is a new one.
        if ((await this.read(service, key)) === entry) return undefined;
      }
      return undefined;
    });
  }

  /** @throws KeychainError; the key then has its old value, or the new one when the answer came too late. */
  async set(project: string, key: string, value: string): Promise<void> {
    const problem = valueProblem(value);
    if (problem) throw problem;
    await this.lane.run(async () => {
      const service = serviceName(project);
      if (Buffer.byteLength(value) <= this.capacity && !looksLikeHeader(value)) {
        await this.write(service, key, value);
        await this.sweep(service, key);
        return;
      }
      const entry = await this.read(service, key);
      const inUse = entry !== null && looksLikeHeader(entry) ? parseHeader(entry)?.slot : undefined;
      const slot: Slot = inUse === 'a' ? 'b' : 'a';
      const pieces = cut(value, this.capacity);
      for (const [i, piece] of pieces.entries()) await this.write(service, partName(key, slot, i), piece);
      await this.write(service, key, formatHeader(slot, pieces.length, value));
      await this.sweep(service, key, { slot, count: pieces.length });
    });
  }

  /** True when there was one. @throws KeychainError */
  delete(project: string, key: string): Promise<boolean> {
    return this.lane.run(async () => {
      const service = serviceName(project);
      const existed = await this.remove(service, key);
      await this.sweep(service, key);
      return existed;
    });
  }

  /** Removes every entry of a project, also those left by a crash. Returns how many there were. @throws KeychainError */
  clear(project: string): Promise<number> {
    return this.lane.run(async () => {
      const service = serviceName(project);
      // The API lists accounts only together with their values; they are dropped here.
      const accounts = (await this.call((native) => native.findCredentials(service))).map(
        (credential) => credential.account,
      );
      for (const account of accounts) await this.remove(service, account);
      return accounts.length;
    });
  }

  /**
   * Whether a value could be stored now: writes an entry of no meaning and removes it. Only this tells a locked keychain from
   * an empty one on Linux.
   * @throws KeychainError with the reason when not.
   */
  check(): Promise<void> {
    return this.lane.run(async () => {
      const account = `check ${process.pid}`;
      await this.write('flow-secrets', account, 'ok');
      const back = await this.read('flow-secrets', account);
      await this.remove('flow-secrets', account);
      if (back !== 'ok') throw lockedError();
    });
  }

  /** Removes all parts but those in use. Names are tried one by one: a list would bring the values along. */
  private async sweep(service: string, key: string, keep?: { slot: Slot; count: number }): Promise<void> {
    for (const slot of ['a', 'b'] as const) {
      for (let i = keep?.slot === slot ? keep.count : 0; i < this.maxParts; i++)
        await this.remove(service, partName(key, slot, i));
    }
  }

  private read(service: string, account: string): Promise<string | null> {
    return this.call((native) => native.getPassword(service, account));
  }

  private write(service: string, account: string, value: string): Promise<void> {
    return this.call((native) => native.setPassword(service, account, value), value);
  }

  private remove(service: string, account: string): Promise<boolean> {
    return this.call((native) => native.deletePassword(service, account));
  }

  private async call<T>(use: (native: NativeKeychain) => Promise<T>, secret?: string): Promise<T> {
    try {
      const native = (this.native ??= this.load());
      return await this.lane.call(() => use(native));
    } catch (error) {
      throw explain(error, secret);
    }
  }
}

export function serviceName(project: string): string {
  return `flow-secrets/${project}`;
}

/** What keeps a text from being stored as it is; the message does not quote it. */
export function valueProblem(value: string): KeychainError | undefined {
  if (value === '') return new KeychainError('invalid-value', 'The value is empty.');
  if (value.includes('\0'))
    return new KeychainError('invalid-value', 'The value holds a NUL character; keychains cut it off there.');
  if (/\p{Surrogate}/u.test(value)) {
    return new KeychainError(
      'invalid-value',
      'The value holds half of a character (a lone surrogate); keychains replace it.',
    );
  }
  const size = Buffer.byteLength(value);
  if (size > MAX_VALUE_BYTES) {
    return new KeychainError(
      'too-large',
      `The value has ${size.toLocaleString('en')} bytes; the limit is ${MAX_VALUE_BYTES.toLocaleString('en')}.`,
    );
  }
  return undefined;
}
