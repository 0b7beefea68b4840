/** keytar's API over a map, for faults that a real keychain does not give on request: limits, crashes at a chosen call, silence. */
import type { NativeKeychain } from '../../../client/keychain/native.js';

export class Crash extends Error {}

export class FakeKeychain implements NativeKeychain {
  readonly entries = new Map<string, string>();
  calls = 0;
  /** The process "dies" instead of making this call (counted from 0); it does not come back until revived. */
  crashAt = Infinity;
  /** Bytes of UTF-8 that one entry holds, as on Windows. */
  limit = Infinity;

  revive(): void {
    this.crashAt = Infinity;
  }

  getPassword(service: string, account: string): Promise<string | null> {
    return this.step(() => this.entries.get(`${service} ${account}`) ?? null);
  }

  setPassword(service: string, account: string, password: string): Promise<void> {
    return this.step(() => {
      if (password === '') throw new Error('Password is required.');
      if (Buffer.byteLength(password) > this.limit) throw new Error('The stub received bad data');
      // What the native code does to the text on its way.
      this.entries.set(`${service} ${account}`, Buffer.from(password, 'utf8').toString('utf8'));
    });
  }

  deletePassword(service: string, account: string): Promise<boolean> {
    return this.step(() => this.entries.delete(`${service} ${account}`));
  }

  findCredentials(service: string): Promise<{ account: string; password: string }[]> {
    return this.step(() =>
      [...this.entries]
        .filter(([name]) => name.startsWith(`${service} `))
        .map(([name, password]) => ({ account: name.slice(service.length + 1), password })),
    );
  }

  private async step<T>(act: () => T): Promise<T> {
    await Promise.resolve();
    if (this.calls++ >= this.crashAt) throw new Crash('the process died');
    return act();
  }
}
