/** Names and keys: how a block's name becomes the key that expressions use, what a secret key may look like, near misses. */

/**
 * The key under which expressions see a block (`outputs.<key>`) or an installation's signals: parentheses are dropped,
 * words are what letters and digits make up, each is lower-cased as a whole and capitalised but for the first
 * (`OpenTofu MCP server` -> `opentofuMcpServer`). Source: flows-platform §3.3, all documented and observed pairs.
 */
export function blockKey(name: string): string {
  const words = name.replace(/\([^)]*\)/g, ' ').match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .map((word, i) => {
      const lower = word.toLowerCase();
      return i === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
    })
    .join('');
}

export const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** What there is to say of a block that `blockRead` has no words for. */
export const NO_KEY =
  'Expressions cannot read this block: outside of parentheses its name has no letter or digit.';

/** How an expression reads the block of a key; undefined where the block's name makes none. */
export function blockRead(key: string): string | undefined {
  if (key === '') return undefined;
  return IDENTIFIER.test(key) ? `outputs.${key}` : `outputs[${JSON.stringify(key)}]`;
}

const SECRET_KEY = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const MAX_KEY_LENGTH = 128;

/** Why `key` cannot name a secret, or undefined when it can. Expressions read `secrets.KEY`, so it must be an identifier. */
export function secretKeyProblem(key: string): string | undefined {
  if (key === '') return 'A secret needs a key, for example API_TOKEN.';
  if (key.length > MAX_KEY_LENGTH) return `A secret key may have at most ${MAX_KEY_LENGTH} characters.`;
  if (/^[0-9]/.test(key))
    return 'A secret key may not start with a digit: expressions read it as secrets.KEY.';
  if (!SECRET_KEY.test(key))
    return 'A secret key may hold letters, digits, _ and $ only: expressions read it as secrets.KEY.';
  if (key === '__proto__') return '__proto__ is reserved by JavaScript and cannot be a secret key.';
  return undefined;
}

/** The candidate nearest to `name` by optimal-string-alignment distance, case-insensitively; undefined when none is near enough. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // Further apart than three slips, two names are two names, however long they are.
  // Of a single letter any other would be near.
  const limit = name.length < 2 ? 0 : Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours; stops counting at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
      smallest = Math.min(smallest, cost);
    }
    if (smallest >= limit) return limit;
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
