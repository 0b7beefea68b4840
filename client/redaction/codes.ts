/** How programs write bytes as text: base64, hex, lists of numbers. All results are ASCII. */

/**
 * The characters of base64 that depend on these bytes alone, for each of the three places at which they may stand in the
 * encoded whole; the standard and, where it differs, the URL alphabet.
 */
export function base64Cores(bytes: Uint8Array): string[] {
  const cores: string[] = [];
  for (let shift = 0; shift < 3; shift++) {
    const shifted = Buffer.concat([new Uint8Array(shift), bytes]);
    const text = shifted.toString('base64');
    // A character carries six bits; those that share bits with what stands before or behind are left out.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor((shifted.length * 8) / 6);
    cores.push(...bothAlphabets(text.slice(from, to)));
  }
  return cores;
}

/** Base64 of these bytes alone, padded. */
export function base64Whole(bytes: Uint8Array): string[] {
  return bothAlphabets(Buffer.from(bytes).toString('base64'));
}

function bothAlphabets(base64: string): string[] {
  const url = base64.replaceAll('+', '-').replaceAll('/', '_');
  return url === base64 ? [base64] : [base64, url];
}

/** Base32 of these bytes alone, but for a last character that fewer than five of their bits make. */
export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join('');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** As `base64` and `openssl base64` print it: a line break after each `width` characters. */
export function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n');
}

export function hexDigits(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Characters one by one: a JavaScript array, a Python list, JSON. */
export function listed(text: string): string[] {
  const chars = Array.from(text);
  return ["', '", '", "', '","'].map((separator) => chars.join(separator));
}

/** Hex with something between the bytes, other than white space alone: MAC style, C arrays, string escapes. */
export function hexSeparated(bytes: Uint8Array): string[] {
  const pairs = hexDigits(bytes).match(/../g) ?? [];
  return [':', '-', ',', ', ', '\\x', '\\\\x', ',0x', ', 0x', ' 0x', ' \\x'].map((separator) =>
    pairs.join(separator),
  );
}

/** Hex with a blank between the bytes. */
export function hexSpaced(bytes: Uint8Array): string {
  return (hexDigits(bytes).match(/../g) ?? []).join(' ');
}

/**
 * Hex as dumps print it: by bytes, by pairs of bytes (xxd) from an even or odd place on, in larger groups, by little-endian
 * words (hexdump, od -x). Single spaces stand for what dumps put in between, line breaks included. A dump may break its line right behind the
 * first bytes, so there are forms that begin up to three bytes later.
 */
export function hexDumps(bytes: Uint8Array): string[] {
  const pairs = hexDigits(bytes).match(/../g) ?? [];
  const dumps = [grouped(pairs, 1)];
  for (let skip = 0; skip < 4; skip++) {
    const rest = pairs.slice(skip);
    dumps.push(rest.join(''), words(rest));
    if (skip < 3) dumps.push(rest.join(' '), grouped(rest, 0));
  }
  return dumps;
}

/** Characters in cells of four, as `od -c` prints them: those that are no ASCII letters or signs as C's escapes or in octal. */
export function cells(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    return byte === 0x20 ? '' : (C_ESCAPES[byte] ?? byte.toString(8).padStart(3, '0'));
  })
    .map((cell) => cell.padStart(4))
    .join('')
    .trim();
}

const C_ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

function grouped(pairs: readonly string[], first: number): string {
  return pairs.map((pair, i) => (i > 0 && (i - first) % 2 === 0 ? ` ${pair}` : pair)).join('');
}

function words(pairs: readonly string[]): string {
  const list: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) list.push(pairs[i + 1]! + pairs[i]!);
  return list.join(' ');
}

/** Lists of numbers: JSON of a Buffer, console.log of a Uint8Array, Go's %v of a []byte. */
export function decimals(bytes: Uint8Array): string[] {
  return [',', ', ', ' '].map((separator) => bytes.join(separator));
}
