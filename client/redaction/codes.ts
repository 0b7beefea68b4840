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
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 5; count -= 5) text += BASE32[(bits >>> (count - 5)) & 31]!;
    bits &= (1 << count) - 1;
  }
  return text;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** As `base64` and `openssl base64` print it: a line break after each `width` characters. */
export function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n');
}

export function hexDigits(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Hex with something between the bytes, other than white space alone: MAC style, C arrays, string escapes. */
export function hexSeparated(bytes: Uint8Array): string[] {
  const pairs = hexDigits(bytes).match(/../g) ?? [];
  return [':', '-', ',', ', ', '\\x', '\\\\x', ',0x', ', 0x', ' 0x', ' \\x'].map((separator) =>
    pairs.join(separator),
  );
}

/** Hex with a blank between the bytes. The first n bytes are the first 3n - 1 characters. */
export function hexSpaced(bytes: Uint8Array): string {
  return grouped(hexDigits(bytes), 2);
}

/**
 * Hex as dumps print it: by bytes, by pairs of bytes (xxd) from an even or odd place on, in larger groups, by little-endian
 * words (hexdump, od -x). Single spaces stand for what dumps put in between, line breaks included. A dump may break its line right behind the
 * first bytes, so there are forms that begin up to three bytes later.
 */
export function hexDumps(bytes: Uint8Array): string[] {
  const digits = hexDigits(bytes);
  const single = grouped(digits, 2);
  const even = grouped(digits, 4);
  const odd = `${digits.slice(0, 2)} ${grouped(digits.slice(2), 4)}`;
  const evenWords = words(bytes);
  const oddWords = words(bytes.subarray(1));
  return [
    ...[0, 2, 4, 6].map((from) => digits.slice(from)),
    ...[0, 3, 6].map((from) => single.slice(from)),
    even,
    even.slice(5),
    odd,
    odd.slice(3),
    evenWords,
    evenWords.slice(5),
    oddWords,
    oddWords.slice(5),
  ];
}

/**
 * Characters in cells of four, as `od -c` prints them: those that are no ASCII letters or signs as C's escapes or in octal.
 * A line may break right behind the first characters, so there are forms that begin up to two characters later.
 */
export function cells(bytes: Uint8Array): string[] {
  let text = '';
  for (const byte of bytes) text += CELLS[byte]!;
  return [0, 4, 8].map((from) => text.slice(from).trim());
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

const CELLS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x20) return '    ';
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte).padStart(4);
  return (C_ESCAPES[byte] ?? byte.toString(8).padStart(3, '0')).padStart(4);
});

const GROUPS: Readonly<Record<2 | 4, RegExp>> = { 2: /.{1,2}/g, 4: /.{1,4}/g };

function grouped(digits: string, size: 2 | 4): string {
  return (digits.match(GROUPS[size]) ?? []).join(' ');
}

/** Without the last byte when their number is odd. */
function words(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  return grouped(whole.swap16().toString('hex'), 4);
}

/** Lists of numbers: JSON of a Buffer, console.log of a Uint8Array, Go's %v of a []byte. */
export function decimals(bytes: Uint8Array): string[] {
  const list = bytes.join(',');
  return [list, list.replaceAll(',', ', '), list.replaceAll(',', ' ')];
}
