/**
 * What expressions find besides ECMAScript's own names: those of Node.js 24, where the platform evaluates them
 * (flows-platform §3.1), and the platform's helpers. Written by hand: the DOM's and Node's own declarations would offer
 * thousands of names that mean nothing in an expression. What is rarely of use there has the type `any`, so that
 * nothing that exists is called unknown.
 */
export const GLOBALS = `
/** Encrypts text with the key of an "Encryption key" block (AES-256). */
declare function encrypt(key: string, plaintext: string): any;
/** Decrypts what \`encrypt\` has made, with the same key. */
declare function decrypt(key: string, data: any): any;

/** Reads a signal of a block or of an app installation. */
declare function ref(signal: string): any;

interface Console {
  log(...data: any[]): void;
  info(...data: any[]): void;
  warn(...data: any[]): void;
  error(...data: any[]): void;
  debug(...data: any[]): void;
  trace(...data: any[]): void;
  dir(item?: any, options?: any): void;
  table(data?: any, columns?: readonly string[]): void;
  group(...label: any[]): void;
  groupCollapsed(...label: any[]): void;
  groupEnd(): void;
  assert(condition?: any, ...data: any[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: any[]): void;
}
declare var console: Console;

/** Decodes Base64 to a string with one character per byte. */
declare function atob(data: string): string;
/** Encodes a string with one character per byte as Base64. */
declare function btoa(data: string): string;
/** A deep copy of a value. */
declare function structuredClone<T>(value: T, options?: { transfer?: readonly any[] }): T;
declare function queueMicrotask(callback: () => void): void;
declare function setTimeout(callback: (...args: any[]) => void, delay?: number, ...args: any[]): any;
declare function clearTimeout(timer?: any): void;
declare function setInterval(callback: (...args: any[]) => void, delay?: number, ...args: any[]): any;
declare function clearInterval(timer?: any): void;
declare function setImmediate(callback: (...args: any[]) => void, ...args: any[]): any;
declare function clearImmediate(timer?: any): void;

interface ErrorConstructor {
  captureStackTrace(target: object, constructor?: Function): void;
  stackTraceLimit: number;
}

interface TextEncoder {
  readonly encoding: string;
  /** The UTF-8 bytes of a string. */
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** The string that bytes stand for. */
  decode(input?: ArrayBufferView | ArrayBufferLike | null, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArg?: any): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare var URLSearchParams: { prototype: URLSearchParams; new (init?: any): URLSearchParams };

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toString(): string;
  toJSON(): string;
}
declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
  createObjectURL(object: any): string;
  revokeObjectURL(url: string): void;
};

type BinaryData = ArrayBufferView | ArrayBufferLike;
interface CryptoKey {
  readonly algorithm: any;
  readonly extractable: boolean;
  readonly type: 'private' | 'public' | 'secret';
  readonly usages: string[];
}
declare var CryptoKey: { prototype: CryptoKey };
interface SubtleCrypto {
  decrypt(algorithm: any, key: CryptoKey, data: BinaryData): Promise<ArrayBuffer>;
  deriveBits(algorithm: any, baseKey: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(algorithm: any, baseKey: CryptoKey, derivedKeyType: any, extractable: boolean, keyUsages: readonly string[]): Promise<CryptoKey>;
  digest(algorithm: any, data: BinaryData): Promise<ArrayBuffer>;
  encrypt(algorithm: any, key: CryptoKey, data: BinaryData): Promise<ArrayBuffer>;
  exportKey(format: string, key: CryptoKey): Promise<any>;
  generateKey(algorithm: any, extractable: boolean, keyUsages: readonly string[]): Promise<any>;
  importKey(format: string, keyData: any, algorithm: any, extractable: boolean, keyUsages: readonly string[]): Promise<CryptoKey>;
  sign(algorithm: any, key: CryptoKey, data: BinaryData): Promise<ArrayBuffer>;
  unwrapKey(format: string, wrappedKey: BinaryData, unwrappingKey: CryptoKey, unwrapAlgorithm: any, unwrappedKeyAlgorithm: any, extractable: boolean, keyUsages: readonly string[]): Promise<CryptoKey>;
  verify(algorithm: any, key: CryptoKey, signature: BinaryData, data: BinaryData): Promise<boolean>;
  wrapKey(format: string, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: any): Promise<ArrayBuffer>;
}
declare var SubtleCrypto: { prototype: SubtleCrypto };
interface Crypto {
  readonly subtle: SubtleCrypto;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  /** A random UUID, version 4. */
  randomUUID(): string;
}
declare var Crypto: { prototype: Crypto };
declare var crypto: Crypto;

interface Buffer extends Uint8Array<ArrayBuffer> {
  toString(encoding?: string, start?: number, end?: number): string;
  toJSON(): { type: 'Buffer'; data: number[] };
  equals(other: Uint8Array): boolean;
  write(text: string, ...rest: any[]): number;
  [member: string]: any;
}
declare var Buffer: {
  from(data: any, encodingOrOffset?: any, length?: number): Buffer;
  alloc(size: number, fill?: any, encoding?: string): Buffer;
  allocUnsafe(size: number): Buffer;
  concat(list: readonly Uint8Array[], totalLength?: number): Buffer;
  byteLength(value: any, encoding?: string): number;
  compare(a: Uint8Array, b: Uint8Array): number;
  isBuffer(value: any): boolean;
  isEncoding(encoding: string): boolean;
  [member: string]: any;
};

interface Headers {
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, key: string, parent: Headers) => void, thisArg?: any): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare var Headers: { prototype: Headers; new (init?: any): Headers };

interface Response {
  readonly body: any;
  readonly bodyUsed: boolean;
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: string;
  readonly url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<any>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  clone(): Response;
  formData(): Promise<any>;
  json(): Promise<any>;
  text(): Promise<string>;
}
declare var Response: {
  prototype: Response;
  new (body?: any, init?: any): Response;
  error(): Response;
  json(data: any, init?: any): Response;
  redirect(url: string | URL, status?: number): Response;
};
declare function fetch(input: any, init?: any): Promise<Response>;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: any;
  onabort: any;
  throwIfAborted(): void;
  addEventListener(type: string, listener: any, options?: any): void;
  removeEventListener(type: string, listener: any, options?: any): void;
  dispatchEvent(event: any): boolean;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: any): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };

${[
  'Blob BroadcastChannel ByteLengthQueuingStrategy CloseEvent CompressionStream CountQueuingStrategy CustomEvent',
  'DOMException DecompressionStream Event EventSource EventTarget File FormData MessageChannel MessageEvent MessagePort',
  'Navigator Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver',
  'PerformanceObserverEntryList PerformanceResourceTiming ReadableByteStreamController ReadableStream',
  'ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader',
  'Request Storage TextDecoderStream TextEncoderStream TransformStream TransformStreamDefaultController URLPattern',
  'WebAssembly WebSocket WritableStream WritableStreamDefaultController WritableStreamDefaultWriter',
  'exports global localStorage module navigator performance process require sessionStorage __dirname __filename',
]
  .join(' ')
  .split(' ')
  .map((name) => `declare var ${name}: any;`)
  .join('\n')}
`;

/** Names that exist but are no help in an expression: completion leaves them out. */
export const UNOFFERED: ReadonlySet<string> = new Set(
  [...GLOBALS.matchAll(/^declare var (\w+): any;$/gm)].map((match) => match[1]!),
);
