/** What of a secret is worth masking, and what the user has to be told about it. */
import type { Secret, Weakness } from './secret.js';

/** Fewest characters of a value that is masked at all, and of one that is masked wherever it stands. */
export const MIN_WORD = 4;
export const MIN_ANYWHERE = 8;

/** Characters of a value that count: white space around it does not. */
export function lengthOf(value: string): number {
  return Array.from(value.trim()).length;
}

/** Words that ordinary output is full of: masking them everywhere would say what the secret is. */
const COMMON = new Set(
  (
    'true false null none nil undefined yes no on off enabled disabled admin administrator root user username guest ' +
    'password passwd secret token changeme default localhost host server database master main production prod staging ' +
    'stage development test testing example public private docker kubernetes github gitlab terraform spacelift ubuntu ' +
    'postgres postgresql mysql redis string number object 0000 1111 1234 12345 123456 1234567 12345678 123456789 ' +
    '1234567890 qwerty letmein'
  ).split(' '),
);

export function weaknessesOf({ key, value, sensitive = true }: Secret): Weakness[] {
  if (!sensitive) return [];
  const length = lengthOf(value);
  if (length === 0) {
    return [{ key, reason: 'empty', message: `The value of ${key} is empty, so there is nothing to mask.` }];
  }
  if (length < MIN_WORD) {
    const message = `The value of ${key} is too short to be masked: it would be found all over ordinary text. Use a longer one.`;
    return [{ key, reason: 'short', message }];
  }
  const weaknesses: Weakness[] = [];
  if (length < MIN_ANYWHERE) {
    const message = `The value of ${key} is short: it is masked only where it stands as a word of its own. Use a longer one.`;
    weaknesses.push({ key, reason: 'word-boundary', message });
  }
  if (COMMON.has(value.trim().toLowerCase())) {
    const message = `The value of ${key} is an everyday word: masking it makes output hard to read and gives it away. Use a random one.`;
    weaknesses.push({ key, reason: 'common', message });
  }
  return weaknesses;
}

/** A part of a value (a line, a field) that others share or that says nothing, and so is not masked on its own. */
export function isOrdinary(part: string): boolean {
  return (
    lengthOf(part) < MIN_ANYWHERE ||
    new Set(part).size < 4 ||
    /^-+(?:BEGIN|END) [A-Z0-9 ]+-+$/.test(part) ||
    /^[a-z]+(?:[ _./:=-]{1,2}[a-z]+)*[:;,.]?$/i.test(part) ||
    isPlainUrl(part)
  );
}

/** An address without user, query or fragment whose path has no segment that looks like a token. */
function isPlainUrl(text: string): boolean {
  const match = /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?<path>(?:\/[\w.~%@-]*)*)$/i.exec(text);
  if (!match) return false;
  const segments = (match.groups?.['path'] ?? '').split('/');
  return segments.every((segment) => segment.length < 16 || !/\d/.test(segment) || !/[a-z]/i.test(segment));
}

/**
 * Parts of a value that give it away when they stand alone: lines, fields of JSON, the password and the tokens of a URL, what
 * quotes hold, long random-looking runs. Without the value itself.
 */
export function partsOf(value: string): {
  readonly fields: readonly string[];
  readonly fragments: readonly string[];
} {
  const whole = value.trim();
  const fields = new Set<string>();
  const fragments = new Set<string>();
  for (const field of jsonFields(whole)) fields.add(field);
  const password = urlPassword(whole);
  if (password !== undefined) for (const form of password) fields.add(form);
  for (const part of urlTarget(whole)) for (const form of [part, decoded(part)]) fields.add(form);
  const quoted = /^(["'`])(?<inside>.*)\1$/s.exec(whole)?.groups?.['inside'];
  if (quoted !== undefined) fields.add(quoted.trim());
  for (const text of [whole, ...fields]) {
    const lines = text.split(/[\r\n]+/);
    if (lines.length > 1) for (const line of lines) fragments.add(line.trim());
    for (const run of text.match(/[A-Za-z0-9]{12,}/g) ?? []) if (looksRandom(run)) fragments.add(run);
    for (const word of text.split(/\s+/)) if (isUnlike(word)) fragments.add(word);
  }
  const keep = (parts: Set<string>): string[] =>
    [...parts].filter((part) => part !== whole && !isOrdinary(part));
  return { fields: keep(fields), fragments: keep(fragments).filter((part) => !fields.has(part)) };
}

/**
 * Beginnings of a random-looking value from half of it on, so that less than MIN_ANYWHERE characters of one that was cut off
 * are shown. None for values whose first half may stand in ordinary text.
 */
export function prefixes(value: string): string[] {
  const list: string[] = [];
  const half = Math.max(Math.ceil(value.length / 2), 12);
  for (let length = half; length < value.length; length += MIN_ANYWHERE) list.push(value.slice(0, length));
  return isUnlike(list[0] ?? '') ? list : [];
}

/** Not what ordinary text has in it. */
function isUnlike(text: string): boolean {
  if (/\s|:\/\//.test(text)) return false;
  return (text.length >= 12 && looksRandom(text)) || (text.match(/[^A-Za-z0-9:/.,-]/g) ?? []).length >= 4;
}

function looksRandom(run: string): boolean {
  return /\d/.test(run) && /[A-Za-z]/.test(run) && new Set(run).size >= 8;
}

/** Strings and numbers of a JSON object or array; none when the text is no JSON. */
function jsonFields(text: string): string[] {
  if (!/^[[{]/.test(text)) return [];
  const fields: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') fields.push(value.trim());
    else if (typeof value === 'number') fields.push(String(value));
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(collect);
  };
  try {
    collect(JSON.parse(text));
  } catch {
    return [];
  }
  return fields;
}

/** The password of a connection string, as written and decoded. */
function urlPassword(text: string): string[] | undefined {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:(?<password>[^\s/?#]+)@/i.exec(text)?.groups?.[
    'password'
  ];
  return written === undefined ? undefined : [written, decoded(written)];
}

/**
 * Of an address that holds a token in its path, query or fragment: these together, as servers log them, and the token itself.
 */
function urlTarget(text: string): string[] {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]*(?<path>[^\s?#]*)(?<rest>\S*)$/i.exec(text);
  const { path = '', rest = '' } = match?.groups ?? {};
  const tokens = path.split('/').filter(isUnlike);
  for (const parameter of rest.split(/[?#&]/)) {
    const at = parameter.indexOf('=');
    const value = parameter.slice(at + 1);
    const tells = /token|key|sig|secret|pass|auth|code|credential/i.test(parameter.slice(0, at + 1));
    if (tells ? !isOrdinary(value) : isUnlike(value)) tokens.push(value);
  }
  return tokens.length > 0 ? [path + rest, ...tokens] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
