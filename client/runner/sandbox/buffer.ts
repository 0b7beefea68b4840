/**
 * `Buffer` for expressions: the part of Node's that turns texts into bytes and back, on the realm's own Uint8Array. Node's
 * own would be a way out of the realm. `installBuffer` runs inside the realm: its source text is compiled there, so
 * everything it needs is inside it.
 */
import type { HostBridge } from './globals.js';

/* The function below is compiled in another realm from its own source. */
export function installBuffer(bridge: HostBridge): void {
  // As they are before any expression runs: what replaces them later must not get hold of the host's bytes.
  const { Uint8Array, String, TypeError } = globalThis;
  /** An error of the host stays outside, as one of the realm. */
  const guarded =
    <A extends unknown[], R>(act: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return act(...args);
      } catch {
        throw new TypeError('The text or the bytes cannot be converted.');
      }
    };
  const host = {
    encode: guarded((text: string) => new Uint8Array(bridge.encode(text))),
    utf8: guarded((bytes: Uint8Array) => bridge.decode(bytes, 'utf-8', false, true)),
    atob: guarded((text: string) => bridge.atob(text)),
    btoa: guarded((text: string) => bridge.btoa(text)),
  };
  const latin = (text: string): Uint8Array =>
    Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i) & 0xff);
  const units = (bytes: Uint8Array, mask: number): string => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte & mask);
    return text;
  };
  const base64 = (bytes: Uint8Array): string => host.btoa(units(bytes, 0xff));
  /** As Node: takes both alphabets, skips what belongs to neither, ends at the padding. */
  const fromBase64 = (text: string): Uint8Array => {
    const clean = text
      .split('=', 1)[0]!
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .replace(/[^A-Za-z0-9+/]/g, '');
    return latin(host.atob(clean.length % 4 === 1 ? clean.slice(0, -1) : clean));
  };
  const fromHex = (text: string): Uint8Array => {
    const pairs = /^(?:[0-9a-f]{2})*/i.exec(text)![0].match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  };
  const hex = (bytes: Uint8Array): string => {
    let text = '';
    for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
    return text;
  };
  const fromUtf16 = (text: string): Uint8Array => {
    const bytes = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) {
      bytes[2 * i] = text.charCodeAt(i) & 0xff;
      bytes[2 * i + 1] = text.charCodeAt(i) >> 8;
    }
    return bytes;
  };
  /** A single byte at the end is left out, halves of pairs stay. */
  const utf16 = (bytes: Uint8Array): string => {
    let text = '';
    for (let i = 0; i + 1 < bytes.length; i += 2)
      text += String.fromCharCode(bytes[i]! | (bytes[i + 1]! << 8));
    return text;
  };
  const codecs: Readonly<
    Record<string, readonly [(text: string) => Uint8Array, (bytes: Uint8Array) => string]>
  > = {
    utf8: [(text) => host.encode(text), host.utf8],
    hex: [fromHex, hex],
    base64: [fromBase64, base64],
    base64url: [
      fromBase64,
      (bytes) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    ],
    latin1: [latin, (bytes) => units(bytes, 0xff)],
    ascii: [latin, (bytes) => units(bytes, 0x7f)],
    utf16le: [fromUtf16, utf16],
  };
  const aliases: Readonly<Record<string, string>> = {
    'utf-8': 'utf8',
    binary: 'latin1',
    ucs2: 'utf16le',
    'ucs-2': 'utf16le',
    'utf-16le': 'utf16le',
  };
  const known = (encoding: unknown): string | undefined => {
    const name = typeof encoding === 'string' ? encoding.toLowerCase() : '';
    const key = Object.hasOwn(aliases, name) ? aliases[name]! : name;
    return Object.hasOwn(codecs, key) ? key : undefined;
  };
  const codec = (encoding: unknown = 'utf8'): (typeof codecs)[string] => {
    const key = known(encoding);
    if (key === undefined) throw new TypeError(`Unknown encoding: ${String(encoding)}`);
    return codecs[key]!;
  };
  const asBytes = (value: unknown, encoding?: unknown): Uint8Array => {
    if (typeof value === 'string') return codec(encoding)[0](value);
    if (value instanceof Uint8Array) return value;
    throw new TypeError('The value must be a string, a Buffer or a Uint8Array.');
  };

  class Buffer extends Uint8Array {
    // Node's takes more kinds of values and has no iterator argument.
    static override from(value: unknown, second?: unknown, third?: unknown): Buffer {
      if (typeof value === 'string') return Buffer.copy(codec(second)[0](value));
      if (value instanceof ArrayBuffer)
        return new Buffer(value, second as number | undefined, third as number | undefined);
      if (typeof value !== 'object' || value === null)
        throw new TypeError('Buffer.from takes a string, a list of bytes, a Buffer or an ArrayBuffer.');
      const { type, data } = value as { type?: unknown; data?: unknown };
      const list = type === 'Buffer' && Array.isArray(data) ? data : value;
      return Buffer.copy(Uint8Array.from(list as ArrayLike<number>));
    }

    private static copy(bytes: Uint8Array): Buffer {
      const buffer = new Buffer(bytes.length);
      buffer.set(bytes);
      return buffer;
    }

    static alloc(size: number, fill?: unknown, encoding?: unknown): Buffer {
      const buffer = new Buffer(size);
      if (typeof fill === 'number') buffer.fill(fill);
      else if (fill !== undefined) {
        const bytes = asBytes(fill, encoding);
        for (let i = 0; bytes.length > 0 && i < size; i++) buffer[i] = bytes[i % bytes.length]!;
      }
      return buffer;
    }

    static concat(
      list: readonly Uint8Array[],
      total = list.reduce((sum, { length }) => sum + length, 0),
    ): Buffer {
      const buffer = new Buffer(total);
      let at = 0;
      for (const bytes of list) {
        buffer.set(bytes.subarray(0, total - at), at);
        at = Math.min(total, at + bytes.length);
      }
      return buffer;
    }

    static isBuffer(value: unknown): boolean {
      return value instanceof Buffer;
    }

    static isEncoding(encoding: unknown): boolean {
      return known(encoding) !== undefined;
    }

    static byteLength(value: unknown, encoding?: unknown): number {
      return value instanceof ArrayBuffer ? value.byteLength : asBytes(value, encoding).length;
    }

    static compare(a: Uint8Array, b: Uint8Array): number {
      const length = Math.min(a.length, b.length);
      for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
      return Math.sign(a.length - b.length);
    }

    override toString(encoding?: unknown, start = 0, end = this.length): string {
      return codec(encoding)[1](this.subarray(Math.max(0, start), Math.max(0, end)));
    }

    toJSON(): { type: 'Buffer'; data: number[] } {
      return { type: 'Buffer', data: Array.from(this) };
    }

    equals(other: Uint8Array): boolean {
      return Buffer.compare(this, other) === 0;
    }

    compare(other: Uint8Array): number {
      return Buffer.compare(this, other);
    }

    // As Node's: a view, not a copy.
    override slice(start?: number, end?: number): Buffer {
      const view = this.subarray(start, end);
      return new Buffer(view.buffer, view.byteOffset, view.length);
    }
  }
  Object.defineProperty(Buffer, 'name', { value: 'Buffer', configurable: true });
  Object.defineProperty(globalThis, 'Buffer', {
    value: Buffer,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
