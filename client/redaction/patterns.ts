/** All the ways in which a secret's value may stand in a text, as patterns. */
import {
  base32,
  base64Cores,
  base64Whole,
  cells,
  decimals,
  hexDigits,
  hexDumps,
  hexSeparated,
  hexSpaced,
  wrapped,
} from './codes.js';
import { formsOfSigns, json, jsonHtml, listed, mainTextForms, percent, textForms } from './escapes.js';
import { DIGITS, DUMP, FOLD, PatternList, RIGID, SHORTEST, SHORTEST_ANYWHERE, WORD } from './pattern.js';
import { asWritten, lengthOf, MIN_ANYWHERE, MIN_WORD, partsOf, tellingLength } from './policy.js';

/** Beyond this many characters a value is masked in its main forms only: each form costs as much memory as the value. */
const LONG = 8192;
/** Bytes of a Buffer and numbers of an array that console.log and util.inspect show. */
const INSPECTED_BYTES = 50;
const INSPECTED_NUMBERS = 100;
/** Characters that JSON.parse quotes in its errors. */
const QUOTED_CHARACTERS = 10;

/** Patterns of a value, without doublets; none for a value that is too short to be masked. */
export function patternsOf(value: string): PatternList {
  const whole = asWritten(value.trim());
  const length = lengthOf(whole);
  const patterns = new Patterns();
  if (length < MIN_WORD) return PatternList.NONE;
  if (length < MIN_ANYWHERE) addWord(patterns, whole);
  else if (length > LONG) addLong(patterns, whole);
  else addWhole(patterns, whole);
  const { fields, fragments, pieces } = partsOf(whole);
  for (const field of fields) addWhole(patterns, field);
  for (const fragment of fragments) addFragment(patterns, fragment);
  for (const piece of pieces) patterns.text(piece);
  return patterns.list();
}

/** Where patterns are collected. */
let collected = Buffer.alloc(1 << 16);

/** Collects patterns, each once. */
class Patterns {
  /** What has been seen, by flags. */
  private readonly seen: Set<string>[] = [];
  private readonly ends: number[] = [];
  private readonly flags: number[] = [];
  private end = 0;

  /** Any white space matches any other; ASCII letters match in either case. */
  text(text: string, flags = FOLD): void {
    let canonical = text;
    if (text.includes('\x1b')) {
      // A terminal's escape character is no gap when the value itself has one.
      flags |= RIGID;
    } else if (/\s/.test(text)) canonical = text.trim().replace(/[ \t\r\n]+/g, ' ');
    if (flags & FOLD) canonical = lowerAscii(canonical);
    this.add(canonical, flags, 'utf8');
  }

  bytes(bytes: Buffer, flags: number): void {
    this.add(bytes.toString('latin1'), flags, 'latin1');
  }

  /** ASCII only, single blanks inside only, lower case when it is to be folded. */
  code(text: string, flags: number): void {
    this.add(text, flags, 'latin1');
  }

  /** Hex digits, in lower case. */
  hex(text: string): void {
    this.add(text, FOLD | DUMP | DIGITS, 'latin1');
  }

  /** ASCII only, blanks as they are. */
  cells(text: string): void {
    this.add(text.toLowerCase(), FOLD | DUMP, 'latin1');
  }

  list(): PatternList {
    return new PatternList(
      new Uint8Array(collected.subarray(0, this.end)),
      Int32Array.from(this.ends),
      Uint8Array.from(this.flags),
    );
  }

  /** The same text and flags always come in the same encoding. */
  private add(text: string, flags: number, encoding: 'utf8' | 'latin1'): void {
    const seen = (this.seen[flags] ??= new Set());
    if (seen.size === seen.add(text).size) return;
    const room = this.end + 3 * text.length;
    if (room > collected.length) {
      const larger = Buffer.alloc(2 * room);
      larger.set(collected);
      collected = larger;
    }
    const length = collected.write(text, this.end, encoding);
    if (length < (flags & WORD ? SHORTEST : SHORTEST_ANYWHERE)) return;
    this.ends.push((this.end += length));
    this.flags.push(flags);
  }
}

/** As FOLD compares. */
function lowerAscii(text: string): string {
  return /[^\0-\x7f]/.test(text) ? text.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : text.toLowerCase();
}

/** 4 to 7 characters: as they are, in the forms a single print gives them, and only as words. */
function addWord(patterns: Patterns, value: string): void {
  const bytes = Buffer.from(value);
  const forms = [
    value,
    ...textForms(value),
    ...base64Whole(bytes),
    ...base64Whole(Buffer.from(`${value}\n`)),
  ];
  forms.push(
    ...base64Whole(bytes).map((form) => form.replace(/=+$/, '')),
    hexDigits(bytes),
    hexDigits(bytes).toUpperCase(),
  );
  for (const form of forms) {
    patterns.bytes(Buffer.from(form), WORD | RIGID);
  }
}

function addWhole(patterns: Patterns, value: string): void {
  for (const spelling of spellings(value)) {
    patterns.text(spelling);
    for (const written of textForms(spelling)) patterns.text(written);
  }
  for (const text of lossy(value)) patterns.text(text);
  // Perl's quotemeta takes bytes for characters.
  const latin = Buffer.from(value).toString('latin1');
  if (latin !== value) patterns.bytes(Buffer.from(latin.replace(/[^A-Za-z0-9_]/g, '\\$&'), 'latin1'), RIGID);
  for (const text of newlineVariants(value)) addBytes(patterns, Buffer.from(text), text === value);
  addUtf16(patterns, value);
  patterns.text(Array.from(value.replace(/\s/g, '')).join(' '));
  for (const text of listed(value)) patterns.text(text);
  addBeginnings(patterns, value);
  const inJson = json(value);
  for (const text of new Set([inJson, jsonHtml(value)])) {
    if (text !== value) for (const core of base64Cores(Buffer.from(text))) addBase64(patterns, core);
  }
  if (inJson === value) return;
  // A request's body is often a Buffer of JSON.
  const body = Buffer.from(inJson);
  for (const text of decimals(body)) patterns.code(text, 0);
  for (const text of [hexDigits(body), hexSpaced(body)]) patterns.hex(text);
}

/** A value of which not all is shown, because the text around it is cut off there. */
function addBeginnings(patterns: Patterns, value: string): void {
  if (value.length > QUOTED_CHARACTERS) patterns.text(`${value.slice(0, QUOTED_CHARACTERS)}"...`);
  const bytes = Buffer.from(value);
  const from = Buffer.byteLength(value.slice(0, tellingLength(value)));
  const spaced = hexSpaced(bytes.subarray(0, INSPECTED_BYTES));
  for (let length = from; length < INSPECTED_BYTES; length += MIN_ANYWHERE) {
    patterns.hex(spaced.slice(0, 3 * length - 1));
  }
  patterns.hex(spaced);
  if (bytes.length > INSPECTED_NUMBERS) patterns.code(decimals(bytes.subarray(0, INSPECTED_NUMBERS))[1]!, 0);
}

/** A line or a word: what a value is taken apart into. */
function addFragment(patterns: Patterns, text: string): void {
  patterns.text(text);
  // A key has dozens of lines, and the forms that escape every letter take as much memory as all others.
  const isOfKey = /^[\w+/=-]+$/.test(text) && tellingLength(text) !== undefined;
  for (const written of (isOfKey ? formsOfSigns : textForms)(text)) patterns.text(written);
  for (const core of base64Cores(Buffer.from(text))) addBase64(patterns, core);
}

function addLong(patterns: Patterns, value: string): void {
  patterns.text(value);
  for (const written of mainTextForms(value)) patterns.text(written);
  for (const text of newlineVariants(value)) {
    const bytes = Buffer.from(text);
    for (const core of base64Cores(bytes)) patterns.code(core, 0);
    patterns.hex(hexDigits(bytes));
    patterns.hex(hexSpaced(bytes));
  }
}

/** The same text for a reader: composed and decomposed letters, the other case where ASCII folding does not reach. */
function spellings(value: string): Set<string> {
  const texts = new Set(newlineVariants(value));
  if (/[^\0-\x7f]/.test(value)) {
    texts.add(value.normalize('NFC')).add(value.normalize('NFD'));
    texts.add(value.toUpperCase()).add(value.toLowerCase());
    // C's towupper knows single characters only.
    texts.add(
      value.replace(/./gu, (char) => (char.toUpperCase().length === char.length ? char.toUpperCase() : char)),
    );
  }
  return texts;
}

/** Escaped and encoded forms differ by the kind of line break, and by whether a shell turned breaks into blanks. */
function newlineVariants(value: string): string[] {
  if (!/[\r\n]/.test(value)) return [value];
  const lf = value.replace(/\r\n?/g, '\n');
  return [...new Set([value, lf, lf.replaceAll('\n', '\r\n'), lf.replace(/\s+/g, ' ')])];
}

/** What is left of characters beyond ASCII when a program or terminal cannot write or read them. */
function lossy(value: string): string[] {
  if (!/[^\0-\x7f]/.test(value)) return [];
  const utf8 = Buffer.from(value);
  const mojibake = [utf8.toString('latin1'), new TextDecoder('windows-1252').decode(utf8)];
  const forms = [...mojibake, ...mojibake.flatMap((text) => [...mainTextForms(text)])];
  for (const stand of ['?', '\ufffd', '.', '_', '']) {
    forms.push(value.replace(/[^\0-\x7f]/gu, stand), value.replace(/[^\0-\x7f]/g, stand));
    forms.push(value.replace(/[^\0-\x7f]/gu, (char) => stand.repeat(Buffer.byteLength(char))));
  }
  return forms.filter((form) => lengthOf(form) >= MIN_ANYWHERE);
}

/** @param main whether the bytes are those of the value itself, not of a variant */
function addBytes(patterns: Patterns, bytes: Uint8Array, main: boolean): void {
  for (const core of base64Cores(bytes)) addBase64(patterns, core);
  for (const text of base64Whole(bytes)) addBase64(patterns, text);
  for (const text of base64Whole(Buffer.concat([bytes, Buffer.from('\n')]))) addBase64(patterns, text);
  for (const text of hexDumps(bytes)) patterns.hex(text);
  for (const text of cells(bytes)) patterns.cells(text);
  if (!main) return;
  addTwice(patterns, bytes);
  for (const text of hexSeparated(bytes)) patterns.code(text, FOLD);
  for (const text of decimals(bytes)) patterns.code(text, 0);
  patterns.code(base32(bytes), FOLD);
}

function addBase64(patterns: Patterns, text: string): void {
  patterns.code(text, 0);
  if (!/[+/=]/.test(text)) return;
  patterns.code(percent(text).toLowerCase(), FOLD);
  patterns.code(text.replaceAll('/', '\\/'), 0);
}

/** Base64 of base64, the inner one at each of its three places, or wrapped as command-line tools wrap it. */
function addTwice(patterns: Patterns, bytes: Uint8Array): void {
  const inner = base64Cores(bytes);
  for (const text of inner) for (const core of base64Cores(Buffer.from(text))) patterns.code(core, 0);
  const once = base64Whole(bytes)[0]!;
  for (const width of [64, 76]) {
    if (once.length > width)
      for (const core of base64Cores(Buffer.from(wrapped(once, width)))) patterns.code(core, 0);
  }
}

/** UTF-16: PowerShell's -EncodedCommand (base64 of it) and redirections on Windows (the bytes as they are). */
function addUtf16(patterns: Patterns, value: string): void {
  const little = Buffer.from(value, 'utf16le');
  for (const core of base64Cores(little)) addBase64(patterns, core);
  patterns.bytes(little, RIGID);
  const big = Buffer.from(little).swap16();
  patterns.bytes(big, RIGID);
  if (/[^\0-\x7f]/.test(value) && /^[\0-\xff]*$/.test(value))
    patterns.bytes(Buffer.from(value, 'latin1'), RIGID);
}
