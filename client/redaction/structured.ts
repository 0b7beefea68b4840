/**
 * Masks secrets in structured values: event data, errors, whatever a block returns. What has nothing to hide is not copied:
 * the result shares all clean parts with the original. Never throws, whatever getters, proxies and toJSON methods do.
 *
 * Three steps, none of them recursive, as values may be deep or cyclic: every object that can be reached is read once; an
 * object that leads to something masked changes as well; the changed ones are copied.
 */
import { types } from 'node:util';

/** How text and bytes are masked; each returns its argument when there is nothing to hide. */
export interface Masks {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
}

/** The value with every secret masked; the value itself when there is none. */
export function maskValue(value: unknown, masks: Masks): unknown {
  return isObject(value) ? new Walk(masks).mask(value) : maskLeaf(value, masks);
}

/** A value inside an object. */
interface Part {
  /** Where it stands: property name, key of a Map. Masked when it is no object. */
  readonly key: unknown;
  /** Masked when it is no object. */
  readonly value: unknown;
  readonly enumerable: boolean;
}

/** An object that has been read. */
interface Node {
  readonly parts: readonly Part[];
  /** Makes the copy, still without its parts. */
  readonly shell: () => object;
  readonly put: (copy: object, key: unknown, value: unknown, enumerable: boolean) => void;
  changed: boolean;
  copy: object | undefined;
}

/** An object without parts that matter: `value` stands for it, the object itself when it has nothing to hide. */
class Leaf {
  constructor(readonly value: unknown) {}
}

/** An object whose toJSON gives an object with toJSON, and so on: read so many times. */
const MAX_JSON_DEPTH = 8;
const UNREADABLE = '[unreadable]';

class Walk {
  private readonly nodes = new Map<object, Node | Leaf>();
  private readonly parents = new Map<object, object[]>();

  constructor(
    private readonly masks: Masks,
    private readonly jsonDepth = 0,
  ) {}

  mask(root: object): unknown {
    this.read(root);
    this.spread();
    const changed = Array.from(this.nodes.values()).filter(
      (node) => !(node instanceof Leaf) && node.changed,
    ) as Node[];
    for (const node of changed) node.copy = node.shell();
    for (const { copy, parts, put } of changed) {
      for (const { key, value, enumerable } of parts)
        put(copy!, this.result(key), this.result(value), enumerable);
    }
    return this.result(root);
  }

  private read(root: object): void {
    const pending = [root];
    for (let object = pending.pop(); object; object = pending.pop()) {
      if (this.nodes.has(object)) continue;
      const node = this.open(object);
      this.nodes.set(object, node);
      if (node instanceof Leaf) continue;
      for (const { key, value } of node.parts) {
        if (isObject(key)) this.link(object, key, pending);
        if (isObject(value)) this.link(object, value, pending);
      }
    }
  }

  private link(parent: object, child: object, pending: object[]): void {
    const parents = this.parents.get(child);
    if (parents) parents.push(parent);
    else this.parents.set(child, [parent]);
    pending.push(child);
  }

  /** What leads to something changed changes. */
  private spread(): void {
    const pending: object[] = [];
    for (const [object, node] of this.nodes) {
      if (node instanceof Leaf ? node.value !== object : node.changed) pending.push(object);
    }
    for (let object = pending.pop(); object; object = pending.pop()) {
      for (const parent of this.parents.get(object) ?? []) {
        const node = this.nodes.get(parent) as Node;
        if (node.changed) continue;
        node.changed = true;
        pending.push(parent);
      }
    }
  }

  private result(value: unknown): unknown {
    if (!isObject(value)) return value;
    const node = this.nodes.get(value)!;
    return node instanceof Leaf ? node.value : (node.copy ?? value);
  }

  private open(object: object): Node | Leaf {
    try {
      if (types.isProxy(object)) return this.proxy(object);
      return this.leaf(object) ?? this.node(object);
    } catch {
      // What cannot be read cannot be cleared either.
      return new Leaf(UNREADABLE);
    }
  }

  /** Objects whose content is no property: bytes, functions, addresses. */
  private leaf(object: object): Leaf | undefined {
    const { masks } = this;
    if (typeof object === 'function') {
      const name = `[Function: ${masks.text(object.name)}]`;
      const text = Function.prototype.toString.call(object);
      return new Leaf(masks.text(text) === text ? object : name);
    }
    if (types.isAnyArrayBuffer(object)) {
      const bytes = new Uint8Array(object);
      const masked = masks.bytes(bytes);
      return new Leaf(masked === bytes ? object : Uint8Array.from(masked).buffer);
    }
    if (ArrayBuffer.isView(object)) {
      const bytes = new Uint8Array(object.buffer, object.byteOffset, object.byteLength);
      const masked = masks.bytes(bytes);
      if (masked === bytes) return new Leaf(object);
      return new Leaf(Buffer.isBuffer(object) ? Buffer.from(masked) : Uint8Array.from(masked));
    }
    if (types.isRegExp(object)) return this.asText(object, String(object));
    if (types.isBoxedPrimitive(object)) return this.asText(object, String(object.valueOf()));
    if (object instanceof URL || object instanceof URLSearchParams)
      return this.asText(object, object.toString());
    return types.isDate(object) ? new Leaf(object) : undefined;
  }

  private asText(object: object, text: string): Leaf {
    const masked = this.masks.text(text);
    return new Leaf(masked === text ? object : masked);
  }

  private node(object: object): Node | Leaf {
    if (types.isMap(object)) return this.map(Array.from(object.entries()));
    if (isHeaders(object)) return this.map(Array.from(object.entries()));
    if (types.isSet(object)) {
      const add = (copy: object, _: unknown, value: unknown): unknown => (copy as Set<unknown>).add(value);
      const values = Array.from(object.values());
      return this.made(
        values.map((value) => [undefined, value, true]),
        () => new Set(),
        add,
      );
    }
    if (types.isNativeError(object)) return this.error(object);
    if (Array.isArray(object))
      return this.bytesOf(object) ?? this.properties(object, () => new Array<unknown>(object.length));
    return (
      this.json(object) ??
      this.properties(object, () => Object.create(Object.getPrototypeOf(object) as object | null) as object)
    );
  }

  private map(entries: readonly (readonly [unknown, unknown])[]): Node {
    const put = (copy: object, key: unknown, value: unknown): unknown =>
      (copy as Map<unknown, unknown>).set(key, value);
    return this.made(
      entries.map(([key, value]) => [key, value, true]),
      () => new Map(),
      put,
    );
  }

  /** Message and stack may be inherited or computed. The copy is a real error, and shown as one. */
  private error(error: Error): Node {
    const shell = (): object =>
      Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error) as object) as object;
    return this.properties(error, shell, ['message', 'stack']);
  }

  /** @param also inherited properties to be read as well */
  private properties(object: object, shell: () => object, also: readonly string[] = []): Node {
    const parts: [unknown, unknown, boolean][] = [];
    const names = new Set<unknown>();
    let changed = false;
    for (const name of new Set([...Reflect.ownKeys(object), ...also])) {
      const descriptor = Reflect.getOwnPropertyDescriptor(object, name);
      if (Array.isArray(object) && name === 'length') continue;
      if (!descriptor && !(name in object)) continue;
      let value: unknown = descriptor?.value;
      if (!descriptor || !('value' in descriptor)) {
        value = this.attempt(() => (object as Record<PropertyKey, unknown>)[name]);
        // The next look at a getter may give something else: what it gave now is kept instead.
        changed ||= descriptor !== undefined;
      }
      let key = this.key(name);
      for (let n = 2; names.has(key); n++) key = `${String(this.key(name))} (${n})`;
      names.add(key);
      changed ||= key !== name;
      parts.push([key, value, descriptor?.enumerable ?? false]);
    }
    const node = this.made(parts, shell, putProperty);
    node.changed ||= changed;
    return node;
  }

  /** Traps may answer differently each time: always a plain copy of what they said once. */
  private proxy(object: object): Node | Leaf {
    if (typeof object === 'function') return new Leaf(UNREADABLE);
    const node = this.properties(object, () => (Array.isArray(object) ? [] : {}));
    node.changed = true;
    return node;
  }

  /** What JSON.stringify would make of an object with a method of its own for that. */
  private json(object: object): Leaf | undefined {
    const { toJSON } = object as { toJSON?: unknown };
    if (typeof toJSON !== 'function') return undefined;
    if (this.jsonDepth === MAX_JSON_DEPTH) return new Leaf(UNREADABLE);
    const json: unknown = this.attempt(() => toJSON.call(object, '') as unknown);
    if (json === object) return undefined;
    const masked = isObject(json)
      ? new Walk(this.masks, this.jsonDepth + 1).mask(json)
      : maskLeaf(json, this.masks);
    return masked === json ? undefined : new Leaf(masked);
  }

  /** Bytes as numbers: Array.from(buffer), JSON.stringify(buffer).data. */
  private bytesOf(array: readonly unknown[]): Leaf | undefined {
    const isByte = (item: unknown): boolean =>
      Number.isInteger(item) && (item as number) >= 0 && (item as number) < 256;
    if (array.length === 0 || !array.every(isByte)) return undefined;
    const bytes = Uint8Array.from(array as readonly number[]);
    const masked = this.masks.bytes(bytes);
    return masked === bytes ? undefined : new Leaf(Array.from(masked));
  }

  private made(
    entries: readonly (readonly [unknown, unknown, boolean])[],
    shell: Node['shell'],
    put: Node['put'],
  ): Node {
    let changed = false;
    const parts = entries.map(([key, value, enumerable]): Part => {
      const part = { key: this.leafOrObject(key), value: this.leafOrObject(value), enumerable };
      changed ||= part.value !== value || part.key !== key;
      return part;
    });
    return { parts, shell, put, changed, copy: undefined };
  }

  private leafOrObject(value: unknown): unknown {
    return isObject(value) ? value : maskLeaf(value, this.masks);
  }

  private key(name: string | symbol): string | symbol {
    return maskLeaf(name, this.masks) as string | symbol;
  }

  private attempt(get: () => unknown): unknown {
    try {
      return get();
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      return `[threw ${this.masks.text(message)}]`;
    }
  }
}

function putProperty(copy: object, key: unknown, value: unknown, enumerable: boolean): void {
  Object.defineProperty(copy, key as PropertyKey, { value, enumerable, writable: true, configurable: true });
}

/** Numbers and booleans are masked when their text is a secret, or has one in it. */
function maskLeaf(value: unknown, masks: Masks): unknown {
  if (typeof value === 'string') return masks.text(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    const text = String(value);
    const masked = masks.text(text);
    return masked === text ? value : masked;
  }
  if (typeof value === 'symbol') {
    const text = value.description ?? '';
    const masked = masks.text(text);
    return masked === text ? value : Symbol(masked);
  }
  return value;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** The name comes first: to ask for the class itself makes Node load its whole HTTP client. */
function isHeaders(object: object): object is Headers {
  return Object.prototype.toString.call(object) === '[object Headers]' && object instanceof Headers;
}
