/** Finds tokens in a text: by what well-known ones look like, and by chance-like text where a name says what it is. */
import type { Span } from '../text.js';
import { TOKEN_RULES } from './rules.js';

export interface Token {
  /** In the text. */
  readonly span: Span;
  /** What it looks like, or what its place says it is. Never a part of it. */
  readonly name: string;
  /** A key to keep it under. */
  readonly key: string;
}

export interface TokenPlace {
  /** What the text is the value of, e.g. `apiKey`. */
  readonly name?: string;
  /** The app says that the field holds what nobody may see. */
  readonly sensitive?: boolean;
}

/** Not longer than anything that is a token: a text of megabytes is none, and takes its time. */
const MAX_LENGTH = 100_000;

/** Tokens in the order of the text; they do not overlap. */
export function findTokens(text: string, { name, sensitive }: TokenPlace = {}): Token[] {
  if (text.length < 3 || text.length > MAX_LENGTH) return [];
  const found = byLook(text);
  if (found.length > 0) return found;
  const isNamed = name !== undefined && namesSecret(name);
  if (!sensitive && !isNamed) return [];
  const value = text.trim();
  if (isPlaceholder(value)) return [];
  const start = text.indexOf(value);
  const whole = { start, end: start + value.length };
  const key = name === undefined ? 'TOKEN' : keyFor(name);
  if (sensitive) return value === '' ? [] : [{ span: whole, name: 'value of a sensitive field', key }];
  if (!isNamed) return [];
  // `Bearer <token>`: the scheme is no secret.
  const scheme = /^(?:Bearer|Basic|Token|ApiKey)\s+/i.exec(value)?.[0].length ?? 0;
  const body = value.slice(scheme);
  if (isPlaceholder(body) || !looksRandom(body)) return [];
  return [{ span: { start: start + scheme, end: whole.end }, name: `value of \`${name}\``, key }];
}

/** All words of the rules at once. */
const WORDS = new RegExp(
  TOKEN_RULES.flatMap(({ words }) => words)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|'),
);
/** A password in an address, `a://:abc@d`. */
const SHORTEST = 10;

/** False: nothing in the text looks like a token of a service. Looks at the text once. */
export function looksLikeToken(text: string): boolean {
  return text.length >= SHORTEST && WORDS.test(text);
}

/** False: the text holds no token, unless its place is sensitive. */
export function mayBeToken(text: string): boolean {
  return looksLikeToken(text) || (text.length >= MIN_LENGTH && /\d/.test(text) && /\S{12}/.test(text));
}

function byLook(text: string): Token[] {
  const found: Token[] = [];
  if (!looksLikeToken(text)) return found;
  for (const { name, key, words, pattern } of TOKEN_RULES) {
    if (!words.some((word) => text.includes(word))) continue;
    for (const match of text.matchAll(pattern)) {
      const [start, end] = match.indices?.[1] ?? [match.index, match.index + match[0].length];
      const token = text.slice(start, end);
      const overlaps = found.some(({ span }) => span.start < end && start < span.end);
      if (!overlaps && !isPlaceholder(token)) found.push({ span: { start, end }, name, key });
    }
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}

/** What people write where a token would stand. */
function isPlaceholder(text: string): boolean {
  return (
    /example|placeholder|change[-_ ]?me|your[-_ ]|dummy|sample|redacted|insert[-_ ]|todo|\.\.\.|…|^<.*>$|^\$?\{.*\}|\{\{|^%\w+%$|^\$[A-Z_]+$/i.test(
      text,
    ) ||
    // `xxxx…`, `0000…`, `****…`, also behind a prefix.
    /([\w*.-])\1{7,}/.test(text) ||
    /^(?:password|passwd|secret|token|test|user|pass|none|null|true|false|foo|bar|postgres|root|admin|guest)$/i.test(
      text,
    ) ||
    // A placeholder of JavaScript or Terraform stands where the secret comes in.
    /^[$%]\{/.test(text)
  );
}

const SECRET_WORDS: ReadonlySet<string> = new Set([
  'token',
  'secret',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'authorization',
  'credential',
  'credentials',
  'apikey',
]);
const KEY_KINDS: ReadonlySet<string> = new Set([
  'api',
  'private',
  'access',
  'secret',
  'signing',
  'encryption',
  'auth',
  'account',
  'service',
  'license',
]);

/** `apiKey`, `github_token`, `X-Auth-Token`; not `tokenId`, `maxTokens`, `secretName`. */
export function namesSecret(name: string): boolean {
  let names = secretNames.get(name);
  if (names === undefined) {
    if (secretNames.size >= NAMES_LIMIT) secretNames.clear();
    secretNames.set(name, (names = saysSecret(name)));
  }
  return names;
}

/** The same keys and fields come again and again. */
const secretNames = new Map<string, boolean>();
const NAMES_LIMIT = 2000;

function saysSecret(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined) return false;
  return SECRET_WORDS.has(last) || (last === 'key' && KEY_KINDS.has(words.at(-2) ?? ''));
}

/** `botToken` -> `BOT_TOKEN` */
export function keyFor(name: string): string {
  const key = wordsOf(name).join('_').toUpperCase();
  return /^[A-Z]/.test(key) ? key : key === '' ? 'TOKEN' : `_${key}`;
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Bits per unit below which a text of this many letters reads like words. */
const MIN_ENTROPY = 3;
export const MIN_LENGTH = 12;

/** Letters and digits in no order that a language would have. */
function looksRandom(text: string): boolean {
  if (text.length < MIN_LENGTH || /\s/.test(text)) return false;
  // Addresses, paths, calls and names in dots are not random, whatever their letters.
  if (/^[a-z]+:\/\/|^[./~]|[(){}<>]|^[\w-]{1,24}(?:\.[A-Za-z_][\w-]{0,23})+$/i.test(text)) return false;
  if (!/\d/.test(text) || !/[A-Za-z]/.test(text)) return false;
  return entropy(text) >= MIN_ENTROPY;
}

/** Shannon entropy in bits per UTF-16 unit. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
