/** Where the last whole UTF-8 character of text[0 .. length) ends; `length` itself when the end is no part of a character. */
export function utf8Boundary(text: Uint8Array, length: number): number {
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = text[length - back]!;
    if (byte >= 0xc2 && byte <= 0xf4) {
      const wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return wanted > back ? length - back : length;
    }
    if (byte < 0x80 || byte > 0xbf) return length;
  }
  return length;
}
