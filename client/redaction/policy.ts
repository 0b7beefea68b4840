/** What of a secret is worth masking, and what the user has to be told about it. */
import type { Secret, Weakness } from './secret.js';

/** Fewest characters of a value that is masked at all, and of one that is masked wherever it stands. */
export const MIN_WORD = 4;
export const MIN_ANYWHERE = 8;

/** Characters of a value that count: white space around it does not. */
export function lengthOf(value: string): number {
  return Array.from(value.trim()).length;
}

/** As it reaches any output: lone surrogates cannot be written. */
export function asWritten(text: string): string {
  return Buffer.from(text).toString();
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
function isOrdinary(part: string): boolean {
  return (
    lengthOf(part) < MIN_ANYWHERE ||
    new Set(part).size < 4 ||
    /^-+(?:BEGIN|END) [A-Z0-9 ]+-+$/.test(part) ||
    TIMESTAMP.test(part) ||
    (/^[a-z]+(?:[ _./:=-]{1,2}[a-z]+)*[:;,.]?$/i.test(part) && !looksRandom(part)) ||
    isPlainUrl(part)
  );
}

/** Of ISO 8601: when a credential was made or ends, and when any line of a log was written. */
const TIMESTAMP = /^\d{4}-?\d\d-?\d\d(?:T\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/** An address without user, query or fragment whose path has no segment that looks like a token. */
function isPlainUrl(text: string): boolean {
  const match = /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?<path>(?:\/[\w.~%@-]*)*)$/i.exec(text);
  if (!match) return false;
  const segments = (match.groups?.['path'] ?? '').split('/');
  return segments.every((segment) => segment.length < 16 || !/\d/.test(segment) || !/[a-z]/i.test(segment));
}

/** What gives a value away when it stands alone, without the value itself. */
export interface Parts {
  /** In every form: fields of JSON, the password and the tokens of a URL, what quotes hold. */
  readonly fields: readonly string[];
  /** In the forms of texts: lines, and words that no ordinary text has. */
  readonly fragments: readonly string[];
  /** As they are: long random-looking runs, and pieces of them. */
  readonly pieces: readonly string[];
}

export function partsOf(value: string): Parts {
  const whole = value.trim();
  const inJson = jsonFields(whole);
  const fields = new Set(inJson);
  for (const form of urlPassword(whole)) fields.add(form);
  for (const part of urlTarget(whole)) for (const form of [part, decoded(part)]) fields.add(form);
  const quoted = /^(["'`])(?<inside>.*)\1$/s.exec(whole)?.groups?.['inside'];
  if (quoted !== undefined) fields.add(quoted.trim());
  const lines = new Set<string>();
  const words = new Set<string>();
  const pieces = new Set<string>();
  for (const text of [whole, ...fields]) {
    const list = text.split(/[\r\n]+/);
    if (list.length > 1) for (const line of list) lines.add(line.trim());
    // The names of its fields say nothing.
    if (text === whole && inJson.length > 0) continue;
    for (const word of text.split(/\s+/)) {
      if (isUnlike(word)) words.add(word);
      // The head of a JSON web token is that of many.
      const told = word.replace(/^eyJ[\w-]+\.(?=eyJ)/, '');
      for (const run of told.match(/[A-Za-z0-9]{12,}/g) ?? []) if (looksRandom(run)) pieces.add(run);
      // A text with fields is told by them.
      if (text === whole && fields.size > 0) continue;
      for (const start of pieceStarts(told)) pieces.add(told.slice(start, start + PIECE));
    }
  }
  const keep = (parts: Iterable<string>): string[] =>
    [...parts].filter((part) => part !== whole && !isOrdinary(part));
  return { fields: keep(fields), fragments: keep([...lines, ...words]), pieces: [...pieces] };
}

/** Characters of a piece, and most from one piece to the next: on a line with a secret, each piece costs time. */
const PIECE = 12;
const STEP = MIN_ANYWHERE;

/**
 * Where pieces of a random-looking word begin, by which it is known when it is cut off, wrapped with margins or put into
 * columns: of PIECE + STEP - 1 characters in a row, less than MIN_ANYWHERE are left at either end.
 */
function pieceStarts(word: string): number[] {
  const last = word.length - PIECE;
  if (last < 0 || word.includes('://') || (changes(word) + signs(word).length) * 6 < word.length) return [];
  const random = changes(word) * 4 >= word.length;
  const starts: number[] = [];
  const steps = Math.ceil(last / STEP);
  for (let i = 0; i <= steps; i++) {
    const start = Math.round((i * last) / (steps || 1));
    const piece = word.slice(start, start + PIECE);
    if (/^[!-~]+$/.test(piece) && (tells(piece) || (random && changes(piece) > 0))) starts.push(start);
  }
  return starts;
}

/** From how many characters on the beginning of a value tells it; undefined when there is no such beginning. */
export function tellingLength(value: string): number | undefined {
  for (const { 0: word, index } of value.matchAll(/\S+/g)) {
    const [start] = pieceStarts(word);
    if (start !== undefined) return index + start + PIECE;
  }
  return undefined;
}

/** No piece of camelCase, of a version, a date, a path or a setting. */
function tells(piece: string): boolean {
  const score = changes(piece) + (/\d/.test(piece) ? 1 : 0);
  return score >= 3 || score + new Set(signs(piece)).size >= 4;
}

/** Signs that names, numbers and paths do not have. */
function signs(text: string): string[] {
  return text.match(/[!-~]/g)?.filter((char) => !/[\w:/.,-]/.test(char)) ?? [];
}

/** Not what ordinary text has in it. */
function isUnlike(text: string): boolean {
  if (/\s|:\/\//.test(text)) return false;
  return (text.length >= 12 && looksRandom(text)) || (text.match(/[^A-Za-z0-9:/.,-]/g) ?? []).length >= 4;
}

function looksRandom(run: string): boolean {
  return (
    new Set(run).size >= 8 && ((/\d/.test(run) && /[A-Za-z]/.test(run)) || changes(run) * 4 >= run.length)
  );
}

/** How often a capital or a digit follows a small letter, a digit any letter, or a letter a digit: words hardly ever do that. */
function changes(text: string): number {
  return (text.match(/[a-z](?=[A-Z])|[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length;
}

/** Strings and numbers of a JSON object or array; none when the text is no JSON. */
function jsonFields(text: string): string[] {
  if (!/^[[{]/.test(text)) return [];
  const fields: string[] = [];
  const collect = (value: unknown): void => {
    // JSON's escapes may make lone surrogates.
    if (typeof value === 'string') fields.push(asWritten(value.trim()));
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
function urlPassword(text: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:(?<password>[^\s/?#]+)@/i.exec(text)?.groups?.[
    'password'
  ];
  return written === undefined ? [] : [written, decoded(written)];
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
