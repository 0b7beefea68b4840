/**
 * Any value of an expression as JSON that a person can read: what JSON cannot hold is described in a text of its own,
 * e.g. `‹undefined›` or `‹Uint8Array of 2 bytes: 6b58›`. `makeDescriber` runs inside the realm: its source text is
 * compiled there, so everything it needs is inside it.
 */

export interface Describer {
  /**
   * JSON of an Answer (wire.ts). Throws a RangeError beyond `limit` characters. `isSecrets`: the object is shown as its
   * keys alone.
   */
  (value: unknown, limit: number, isSecrets: (object: object) => boolean): string;
}

/* The function below is compiled in another realm from its own source. */
export function makeDescriber(): Describer {
  const { stringify } = JSON;
  /** Nesting that is shown. */
  const maxDepth = 100;
  /** Bytes of a buffer that are shown; of a longer one, none: a part would not be recognised as a secret's. */
  const maxBytes = 100_000;

  const nameOf = (object: object): string => {
    const { constructor } = object as { constructor?: unknown };
    const name: unknown = typeof constructor === 'function' ? constructor.name : undefined;
    return typeof name === 'string' && name !== '' ? name.slice(0, 100) : 'Object';
  };
  const typeOf = (value: unknown): string => {
    if (value === null) return 'null';
    if (typeof value !== 'object') return typeof value;
    const name = nameOf(value);
    return name === 'Object' ? 'object' : name;
  };
  const words = (text: string): string => stringify(`‹${text}›`);
  const bytesOf = (value: object): Uint8Array | undefined =>
    ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : value instanceof ArrayBuffer
        ? new Uint8Array(value)
        : undefined;
  const hex = (bytes: Uint8Array): string => {
    let text = '';
    for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
    return text;
  };

  return (top, limit, isSecrets) => {
    let size = 0;
    const path = new Set<object>();
    const counted = (text: string): string => {
      size += text.length + 1;
      if (size > limit)
        throw new RangeError(`The result has more than ${limit} characters as JSON. Ask for a part of it.`);
      return text;
    };
    const member = (read: () => unknown): string => {
      let value: unknown;
      try {
        value = read();
      } catch {
        return counted(words('cannot be read'));
      }
      return show(value);
    };
    const list = (items: Iterable<() => unknown>): string => {
      const parts: string[] = [];
      for (const item of items) parts.push(member(item));
      return `[${parts.join(',')}]`;
    };
    const map = (object: object): string => {
      const parts: string[] = [];
      for (const key of Object.keys(object)) {
        const name = counted(stringify(key));
        parts.push(`${name}:${member(() => (object as Record<string, unknown>)[key])}`);
      }
      return `{${parts.join(',')}}`;
    };
    const inside = (object: object): string => {
      if (isSecrets(object))
        return `{${Object.keys(object)
          .map((key) => `${stringify(key)}:${words(`secret:${key}`)}`)
          .join(',')}}`;
      if (Array.isArray(object))
        return list(Array.from({ length: object.length }, (_, i) => () => (object as unknown[])[i]));
      if (object instanceof Map)
        return `{${words('Map')}:${list([...object].map((pair) => () => pair as unknown))}}`;
      if (object instanceof Set)
        return `{${words('Set')}:${list([...object].map((item: unknown) => () => item))}}`;
      if (object instanceof Error) return counted(words(`${object.name}: ${object.message}`));
      if (object instanceof RegExp) return counted(words(String(object)));
      if (object instanceof Promise) return counted(words('Promise'));
      if (object instanceof WeakMap || object instanceof WeakSet || object instanceof WeakRef)
        return counted(words(nameOf(object)));
      const bytes = bytesOf(object);
      if (bytes) {
        const { length } = bytes;
        return counted(
          words(
            `${nameOf(object)} of ${length} ${length === 1 ? 'byte' : 'bytes'}${length > 0 && length <= maxBytes ? `: ${hex(bytes)}` : ''}`,
          ),
        );
      }
      const { toJSON } = object as { toJSON?: unknown };
      if (object instanceof Date && Number.isNaN(object.getTime())) return counted(words('Invalid Date'));
      if (typeof toJSON === 'function') return member(() => toJSON.call(object) as unknown);
      if (object instanceof String || object instanceof Number || object instanceof Boolean)
        return show(object.valueOf());
      return map(object);
    };
    const show = (value: unknown): string => {
      switch (typeof value) {
        case 'string':
          return counted(stringify(value));
        case 'boolean':
          return counted(String(value));
        case 'number':
          return counted(Number.isFinite(value) ? String(value) : words(String(value)));
        case 'bigint':
          return counted(words(`${value}n`));
        case 'undefined':
          return counted(words('undefined'));
        case 'symbol':
          return counted(words(String(value)));
        case 'function': {
          const { name } = value as { name?: unknown };
          return counted(words(typeof name === 'string' && name !== '' ? `function ${name}` : 'function'));
        }
        case 'object': {
          if (value === null) return counted('null');
          if (path.has(value)) return counted(words('circular'));
          if (path.size >= maxDepth) return counted(words('deeper'));
          path.add(value);
          const text = inside(value);
          path.delete(value);
          return text;
        }
      }
    };
    return `{"value":${show(top)},"type":${stringify(typeOf(top))},"truthy":${Boolean(top)}}`;
  };
}
