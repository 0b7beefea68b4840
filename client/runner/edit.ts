/** Changes of an event's data by hand, made on JSON values. What a person has seen masked keeps its value. */

type Key = string | number;

/** `value` with `replacement` at `path`. Throws an Error with a text for people when the path leads nowhere. */
export function replaceAt(value: unknown, path: readonly Key[], replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const inner = replaceAt(member(value, key), rest, replacement);
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === Number(key) ? inner : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [name, name === String(key) ? inner : item]),
  );
}

/** What lies at `path`. Throws as `replaceAt`. */
export function valueAt(value: unknown, path: readonly Key[]): unknown {
  return path.reduce(member, value);
}

function member(value: unknown, key: Key): unknown {
  if (typeof value !== 'object' || value === null)
    throw new Error(
      `There is nothing called ${JSON.stringify(key)} in the data: its parent is no object and no list.`,
    );
  if (Array.isArray(value)) {
    const index = typeof key === 'number' ? key : /^\d+$/.test(key) ? Number(key) : -1;
    if (!Number.isInteger(index) || index < 0 || index >= value.length)
      throw new Error(`The data has no item ${JSON.stringify(key)}: that list has ${value.length}.`);
    return value[index];
  }
  if (!Object.hasOwn(value, key)) {
    const keys = Object.keys(value);
    const known = keys
      .slice(0, 10)
      .map((name) => JSON.stringify(name))
      .join(', ');
    throw new Error(
      `The data has no ${JSON.stringify(key)} there. It has ${keys.length === 0 ? 'nothing' : known}${keys.length > 10 ? ', …' : ''}.`,
    );
  }
  return (value as Record<Key, unknown>)[key];
}

/**
 * `edited` with the original's values wherever it equals what the person was shown: markers of secrets do not become data.
 * `shown` has the shape of `original`, with other texts.
 */
export function unmask(edited: unknown, original: unknown, shown: unknown): unknown {
  if (edited === shown) return original;
  if (typeof edited !== 'object' || edited === null) return edited;
  if (typeof original !== 'object' || original === null || typeof shown !== 'object' || shown === null)
    return edited;
  if (Array.isArray(edited)) {
    if (!Array.isArray(original) || !Array.isArray(shown)) return edited;
    const [from, seen] = [original as unknown[], shown as unknown[]];
    return edited.map((item, i) => unmask(item, from[i], seen[i]));
  }
  if (Array.isArray(original)) return edited;
  const [from, seen] = [original as Record<string, unknown>, shown as Record<string, unknown>];
  return Object.fromEntries(
    Object.entries(edited).map(([key, item]) => [
      key,
      Object.hasOwn(from, key) && Object.hasOwn(seen, key)
        ? unmask(item, from[key], seen[key])
        : (item as unknown),
    ]),
  );
}
