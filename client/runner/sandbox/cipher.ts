/**
 * `encrypt` and `decrypt` of expressions, for keys of "Encryption key" blocks (flows-platform §3.2). `installCipher` runs inside
 * the realm: its source text is compiled there, so everything it needs is inside it.
 */
import type { HostBridge } from './globals.js';

/* The function below is compiled in another realm from its own source. */
export function installCipher(bridge: HostBridge): void {
  // As they are before any expression runs: what replaces them later must not get hold of the host's bytes.
  const { Error, String, TypeError, Uint8Array } = globalThis;
  const bytesOf = (base64: string): Uint8Array => {
    const text = bridge.atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  };
  const base64Of = (bytes: Uint8Array): string => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return bridge.btoa(text);
  };
  const keyOf = (key: unknown, name: string): Uint8Array => {
    let bytes: Uint8Array | undefined;
    try {
      if (typeof key === 'string') bytes = bytesOf(key);
    } catch {
      // Said below.
    }
    if (bytes?.length === 32 || bytes?.length === 24 || bytes?.length === 16) return bytes;
    throw new TypeError(
      `${name}() takes a key first: 32 bytes in Base64, as the signal of an Encryption key block.`,
    );
  };
  const encrypt = (key: unknown, plaintext: unknown): string => {
    const bytes = keyOf(key, 'encrypt');
    if (typeof plaintext !== 'string')
      throw new TypeError('encrypt() takes text second. Use JSON.stringify() for anything else.');
    return base64Of(bridge.seal(bytes, bridge.encode(plaintext)));
  };
  const decrypt = (key: unknown, data: unknown): string => {
    const bytes = keyOf(key, 'decrypt');
    if (typeof data !== 'string')
      throw new TypeError('decrypt() takes the text second that encrypt() has given.');
    try {
      return bridge.decode(bridge.unseal(bytes, bytesOf(data)), 'utf-8', true, true);
    } catch {
      throw new Error(
        'decrypt() cannot read this: it was encrypted with another key, elsewhere, or is not whole.',
      );
    }
  };
  for (const [name, value] of [
    ['encrypt', encrypt],
    ['decrypt', decrypt],
  ] as const)
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
