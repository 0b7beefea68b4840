/** Paths into JSON as JavaScript writes them: `event.data.labels[0]["first name"]`. */

export type Key = string | number;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const PART =
  /\s*(?:\?\.|\.)\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)|\s*(?:\?\.)?\[\s*(?:(\d+)|("(?:[^"\\\n]|\\.)*"))\s*\]/uy;

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** `base` is '' where a value has no name. */
export function member(base: string, key: Key): string {
  if (typeof key === 'number') return `${base}[${key}]`;
  return isIdentifier(key) ? `${base}.${key}` : `${base}[${JSON.stringify(key)}]`;
}

/** The name it begins with and the keys that follow; undefined for what is no plain path. */
export function parsePath(
  text: string,
): { readonly root: string; readonly keys: readonly Key[] } | undefined {
  const trimmed = text.trim();
  const root = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(trimmed)?.[0];
  if (root === undefined) return undefined;
  const keys: Key[] = [];
  for (let at = root.length; at < trimmed.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [, name, index, quoted] = PART.exec(trimmed) ?? [];
    if (name !== undefined) keys.push(name);
    else if (index !== undefined) keys.push(Number(index));
    else if (quoted !== undefined) {
      try {
        keys.push(JSON.parse(quoted) as string);
      } catch {
        return undefined;
      }
    } else return undefined;
  }
  return { root, keys };
}

/** What stands at a path of own properties; undefined where nothing does. */
export function valueAt(value: unknown, keys: readonly Key[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<Key, unknown>)[key];
  }
  return found;
}
