/**
 * The globals of an expression's realm beyond JavaScript's own (flows-platform §3.1: Node's web globals work).
 *
 * `installGlobals` runs inside the realm: its source text is compiled there, so it may use nothing from outside its
 * parameter. What it puts on the global object are functions and classes of the realm; the host's functions stay in
 * closures, and what they return is copied.
 */

/** Host functions that take and give primitives, bytes and callbacks only. */
export interface HostBridge {
  encode(text: string): Uint8Array;
  /** Throws when the label is unknown or, with `fatal`, the bytes are not valid. */
  decode(bytes: Uint8Array, label: string, fatal: boolean, ignoreBom: boolean): string;
  atob(text: string): string;
  btoa(text: string): string;
  /** Parts of a URL as a JSON object, or undefined when it is not valid. `set` changes one part first. */
  url(href: string, base: string | undefined, set?: { part: string; value: string }): string | undefined;
  /** JSON list of pairs. */
  parseQuery(text: string): string;
  formatQuery(pairsJson: string): string;
  log(level: string, text: string): void;
  /** AES-GCM: the nonce, the text encrypted, the tag. `key`: 16, 24 or 32 bytes. */
  seal(key: Uint8Array, text: Uint8Array): Uint8Array;
  /** Throws where `sealed` was not made with this key. */
  unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array;
  setTimer(callback: () => void, milliseconds: number, repeat: boolean): number;
  clearTimer(id: number): void;
  /** Virtual time; undefined where the machine's holds. */
  now(): number | undefined;
  /** Repeatable chance; undefined where the machine's holds. */
  random(): number | undefined;
  randomBytes(target: Uint8Array): void;
  randomUuid(): string;
  monotonic(): number;
  /** `done` gets an ArrayBuffer, a boolean, a host key, a pair of host keys or (`exportKey`) an object. */
  subtle(
    method: string,
    args: readonly unknown[],
    done: (result: unknown) => void,
    failed: (name: string, message: string) => void,
  ): void;
  isHostKey(value: unknown): boolean;
  /** JSON of what a key shows of itself. */
  keyInfo(key: unknown): string;
}

/* The function below is compiled in another realm from its own source: everything it needs is inside it. */
export function installGlobals(host: HostBridge): void {
  // As it is before any expression runs: what replaces it later must not get hold of the host's bytes.
  const { Uint8Array } = globalThis;
  const define = (name: string, value: unknown): void => {
    // Bundling gives classes other names where theirs is taken.
    if (typeof value === 'function')
      Object.defineProperty(value, 'name', { value: name, configurable: true });
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  };
  const bytesOf = (source: unknown): Uint8Array => {
    if (source === undefined) return new Uint8Array(0);
    if (ArrayBuffer.isView(source))
      return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return new Uint8Array(source as ArrayBuffer);
  };
  /** As JavaScript does it where a text is expected. */
  const toText = (value: unknown): string =>
    Reflect.apply<undefined, [unknown], string>(String, undefined, [value]);
  const rethrow = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      const { name, message } = error as { name?: unknown; message?: unknown };
      const copy = name === 'RangeError' ? new RangeError(String(message)) : new TypeError(String(message));
      copy.name = String(name);
      throw copy;
    }
  };

  define(
    'TextEncoder',
    class TextEncoder {
      get encoding(): string {
        return 'utf-8';
      }
      encode(text: unknown = ''): Uint8Array {
        return new Uint8Array(host.encode(String(text)));
      }
    },
  );
  define(
    'TextDecoder',
    class TextDecoder {
      #label: string;
      #fatal: boolean;
      #ignoreBom: boolean;
      constructor(label: unknown = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
        this.#label = String(label).toLowerCase();
        this.#fatal = !!options.fatal;
        this.#ignoreBom = !!options.ignoreBOM;
        rethrow(() => host.decode(new Uint8Array(0), this.#label, this.#fatal, this.#ignoreBom));
      }
      get encoding(): string {
        return this.#label === 'utf8' ? 'utf-8' : this.#label;
      }
      decode(source?: unknown): string {
        return rethrow(() => host.decode(bytesOf(source), this.#label, this.#fatal, this.#ignoreBom));
      }
    },
  );
  define('atob', (text: unknown) => rethrow(() => host.atob(String(text))));
  define('btoa', (text: unknown) => rethrow(() => host.btoa(String(text))));

  const queryPairs = (text: string): [string, string][] =>
    JSON.parse(host.parseQuery(text)) as [string, string][];
  class URLSearchParams {
    #pairs: [string, string][];
    /** Told after each change; keeps a URL's query in step. */
    #changed: (text: string) => void = () => undefined;
    constructor(init?: unknown, changed?: (text: string) => void) {
      if (changed) this.#changed = changed;
      if (init === undefined || init === null) this.#pairs = [];
      else if (init instanceof URLSearchParams) this.#pairs = [...init];
      else if (typeof init === 'object' && Symbol.iterator in init) {
        this.#pairs = [...(init as Iterable<[unknown, unknown]>)].map(([key, value]) => [
          String(key),
          String(value),
        ]);
      } else if (typeof init === 'object') {
        this.#pairs = Object.entries(init).map(([key, value]) => [key, String(value)]);
      } else this.#pairs = queryPairs(toText(init));
    }
    get size(): number {
      return this.#pairs.length;
    }
    append(key: unknown, value: unknown): void {
      this.#pairs.push([String(key), String(value)]);
      this.#changed(this.toString());
    }
    set(key: unknown, value: unknown): void {
      const first = this.#pairs.findIndex(([name]) => name === String(key));
      if (first < 0) this.#pairs.push([String(key), String(value)]);
      else {
        this.#pairs[first] = [String(key), String(value)];
        this.#pairs = this.#pairs.filter(([name], i) => i <= first || name !== String(key));
      }
      this.#changed(this.toString());
    }
    delete(key: unknown): void {
      this.#pairs = this.#pairs.filter(([name]) => name !== String(key));
      this.#changed(this.toString());
    }
    sort(): void {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed(this.toString());
    }
    get(key: unknown): string | null {
      return this.#pairs.find(([name]) => name === String(key))?.[1] ?? null;
    }
    getAll(key: unknown): string[] {
      return this.#pairs.filter(([name]) => name === String(key)).map(([, value]) => value);
    }
    has(key: unknown): boolean {
      return this.#pairs.some(([name]) => name === String(key));
    }
    forEach(callback: (value: string, key: string, parent: URLSearchParams) => void): void {
      for (const [key, value] of this.#pairs) callback(value, key, this);
    }
    keys(): IterableIterator<string> {
      return this.#pairs.map(([key]) => key).values();
    }
    values(): IterableIterator<string> {
      return this.#pairs.map(([, value]) => value).values();
    }
    entries(): IterableIterator<[string, string]> {
      return this.#pairs.map(([key, value]): [string, string] => [key, value]).values();
    }
    [Symbol.iterator](): IterableIterator<[string, string]> {
      return this.entries();
    }
    toString(): string {
      return host.formatQuery(JSON.stringify(this.#pairs));
    }
  }
  define('URLSearchParams', URLSearchParams);

  type Parts = Record<string, string>;
  const WRITABLE = [
    'href',
    'protocol',
    'username',
    'password',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'hash',
  ];
  const parseUrl = (href: string, base?: string): Parts => {
    const parts = host.url(href, base);
    if (parts === undefined) throw new TypeError('Invalid URL');
    return JSON.parse(parts) as Parts;
  };
  class URL {
    #parts: Parts;
    #params: URLSearchParams | undefined;
    constructor(href: unknown, base?: unknown) {
      this.#parts = parseUrl(toText(href), base === undefined ? undefined : toText(base));
    }
    static canParse(href: unknown, base?: unknown): boolean {
      return host.url(toText(href), base === undefined ? undefined : toText(base)) !== undefined;
    }
    get origin(): string {
      return this.#parts['origin']!;
    }
    get searchParams(): URLSearchParams {
      return (this.#params ??= new URLSearchParams(this.#parts['search'], (text) =>
        this.#set('search', text),
      ));
    }
    static {
      for (const part of WRITABLE) {
        Object.defineProperty(URL.prototype, part, {
          configurable: true,
          enumerable: true,
          get(this: URL) {
            return this.#parts[part];
          },
          set(this: URL, value: unknown) {
            this.#params = undefined;
            this.#set(part, toText(value));
          },
        });
      }
    }
    #set(part: string, value: string): void {
      const parts = host.url(this.#parts['href']!, undefined, { part, value });
      if (parts === undefined) throw new TypeError('Invalid URL');
      this.#parts = JSON.parse(parts) as Parts;
    }
    toString(): string {
      return this.#parts['href']!;
    }
    toJSON(): string {
      return this.#parts['href']!;
    }
  }
  define('URL', URL);

  const timer =
    (repeat: boolean) =>
    (callback: unknown, milliseconds: unknown = 0, ...args: unknown[]): number => {
      if (typeof callback !== 'function') throw new TypeError('The callback must be a function.');
      return host.setTimer(
        () => void Reflect.apply(callback, undefined, args),
        Number(milliseconds) || 0,
        repeat,
      );
    };
  const clear = (id: unknown): void => host.clearTimer(Number(id));
  define('setTimeout', timer(false));
  define('setInterval', timer(true));
  define('setImmediate', (callback: unknown, ...args: unknown[]) => timer(false)(callback, 0, ...args));
  define('clearTimeout', clear);
  define('clearInterval', clear);
  define('clearImmediate', clear);
  define('queueMicrotask', (callback: () => void) => void Promise.resolve().then(callback));
  define('performance', { now: () => host.monotonic() });

  define('fetch', () =>
    Promise.reject(
      new Error(
        'fetch is not available in expressions. Use an HTTP Request block before this one, and read its output.',
      ),
    ),
  );

  const clone = (value: unknown, seen: Map<unknown, unknown>): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new TypeError('A function or symbol cannot be cloned.');
    if (typeof value !== 'object' || value === null) return value;
    const known = seen.get(value);
    if (known !== undefined) return known;
    const keep = <T>(copy: T): T => {
      seen.set(value, copy);
      return copy;
    };
    if (value instanceof Date) return keep(new Date(value));
    if (value instanceof RegExp) return keep(new RegExp(value));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const View = (value as Uint8Array).constructor as Uint8ArrayConstructor;
      return keep(
        new View(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength) as ArrayBuffer),
      );
    }
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(clone(item, seen));
      return copy;
    }
    if (value instanceof Error) return keep(Object.assign(new Error(value.message), { name: value.name }));
    if (Array.isArray(value)) {
      const copy: unknown[] = keep([]);
      for (const item of value) copy.push(clone(item, seen));
      return copy;
    }
    const copy: Record<string, unknown> = keep({});
    for (const [key, item] of Object.entries(value)) copy[key] = clone(item, seen);
    return copy;
  };
  define('structuredClone', (value: unknown) => clone(value, new Map()));

  // Keys of web crypto are the host's; the realm sees objects of its own that stand for them.
  const hostKeys = new WeakMap<object, unknown>();
  class CryptoKey {
    constructor(key: unknown) {
      if (!host.isHostKey(key)) throw new TypeError('Illegal constructor');
      hostKeys.set(this, key);
      Object.assign(this, JSON.parse(host.keyInfo(key)));
    }
    get [Symbol.toStringTag](): string {
      return 'CryptoKey';
    }
  }
  const toHost = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const key = hostKeys.get(value);
    if (key !== undefined) return key;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toHost(item)]));
  };
  const fromHost = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (host.isHostKey(value)) return new CryptoKey(value);
    if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') {
      return new Uint8Array(new Uint8Array(value as ArrayBuffer)).buffer;
    }
    const { publicKey, privateKey } = value as { publicKey?: unknown; privateKey?: unknown };
    if (host.isHostKey(publicKey))
      return { publicKey: fromHost(publicKey), privateKey: fromHost(privateKey) };
    return JSON.parse(JSON.stringify(value)) as unknown;
  };
  const subtle: Record<string, unknown> = {};
  for (const method of [
    'decrypt',
    'deriveBits',
    'deriveKey',
    'digest',
    'encrypt',
    'exportKey',
    'generateKey',
    'importKey',
    'sign',
    'unwrapKey',
    'verify',
    'wrapKey',
  ]) {
    subtle[method] = (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        host.subtle(
          method,
          args.map(toHost),
          (result) => resolve(fromHost(result)),
          (name, message) => {
            const error = name === 'TypeError' ? new TypeError(message) : new Error(message);
            error.name = name;
            reject(error);
          },
        );
      });
  }
  define('CryptoKey', CryptoKey);
  define('crypto', {
    subtle,
    randomUUID: () => host.randomUuid(),
    getRandomValues: (target: Uint8Array) => {
      host.randomBytes(bytesOf(target));
      return target;
    },
  });
  const RealDate = Date;
  const realRandom = Math.random;
  class VirtualDate extends RealDate {
    constructor(...args: unknown[]) {
      if (args.length === 0) super(host.now() ?? RealDate.now());
      else super(...(args as [number]));
    }
    static override now(): number {
      return host.now() ?? RealDate.now();
    }
  }
  // Called without `new`, Date gives a text; a class alone could not be called.
  const DateOfRun = new Proxy(VirtualDate, { apply: () => new VirtualDate().toString() });
  Object.defineProperty(VirtualDate.prototype, 'constructor', {
    value: DateOfRun,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(VirtualDate, 'name', { value: 'Date' });
  if (host.now() !== undefined) define('Date', DateOfRun);
  if (host.random() !== undefined) Math.random = () => host.random() ?? realRandom();
  // Blocks the thread without burning time; nothing an expression needs.
  Reflect.deleteProperty(globalThis, 'Atomics');
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  Reflect.deleteProperty(globalThis, 'WebAssembly');
}
