/** Looks for planted values in everything that a run may have written, in every spelling that a program could have given them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Bytes to look for, by the name of the spelling. Made without the product's own encoders: a gap there must show here. */
export function spellings(value: string): ReadonlyMap<string, Buffer> {
  const utf8 = Buffer.from(value, 'utf8');
  const found = new Map<string, string | Buffer>([
    ['plain', utf8],
    ['UTF-16', Buffer.from(value, 'utf16le')],
    ['hex', utf8.toString('hex')],
    ['HEX', utf8.toString('hex').toUpperCase()],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    ['JSON in JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    [
      '\\u escapes',
      Array.from(value, (char) => (char < ' ' || char > '~' ? unicodeEscape(char) : char)).join(''),
    ],
    ['URI component', encodeURIComponent(value)],
    ['URI component, lower case', encodeURIComponent(value).replace(/%../g, (part) => part.toLowerCase())],
    ['form', new URLSearchParams({ v: value }).toString().slice(2)],
    ['XML', value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)],
    [
      'XML names',
      value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;'),
    ],
    ['shell', value.replace(/'/g, "'\\''")],
    ['YAML single quotes', value.replace(/'/g, "''")],
    ['reversed', Array.from(value).reverse().join('')],
  ]);
  for (const shift of [0, 1, 2]) {
    // Whole groups of three bytes only: what stands before and after the value in a longer text cannot matter.
    const inner = utf8.subarray((3 - shift) % 3);
    const whole = inner.subarray(0, inner.length - (inner.length % 3));
    found.set(`base64 +${shift}`, whole.toString('base64'));
    found.set(`base64url +${shift}`, whole.toString('base64url'));
  }
  return new Map([...found].map(([name, text]) => [name, Buffer.from(text as string)]));
}

function unicodeEscape(char: string): string {
  return Array.from(
    { length: char.length },
    (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}

export interface Find {
  readonly where: string;
  readonly canary: string;
  readonly spelling: string;
}

export class CanarySearch {
  private readonly needles: readonly { canary: string; spelling: string; bytes: Buffer }[];
  files = 0;

  /** Canaries by name: a find is told by name, so that a failing test does not spread the value. */
  constructor(canaries: Readonly<Record<string, string>>) {
    this.needles = Object.entries(canaries).flatMap(([canary, value]) =>
      [...spellings(value)].map(([spelling, bytes]) => ({ canary, spelling, bytes })),
    );
  }

  inBytes(where: string, bytes: Buffer): Find[] {
    const seen = new Set<string>();
    return this.needles
      .filter(({ bytes: needle }) => bytes.includes(needle))
      .map(({ canary, spelling }) => ({ where, canary, spelling }))
      .filter(({ canary }) => !seen.has(canary) && seen.add(canary));
  }

  /** Every file below a folder, names included. `skip` gets absolute paths. */
  inFolder(folder: string, skip: (file: string) => boolean = () => false): Find[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry): Find[] => {
      const file = path.join(folder, entry.name);
      const named = this.inBytes(`name of ${file}`, Buffer.from(entry.name));
      if (skip(file)) return named;
      if (entry.isDirectory()) return [...named, ...this.inFolder(file, skip)];
      if (!entry.isFile()) return named;
      try {
        if (statSync(file).size > 300_000_000) throw new Error(`${file} is too large to be searched`);
        this.files++;
        return [...named, ...this.inBytes(file, readFileSync(file))];
      } catch (error) {
        // Chromium and logs come and go while the search runs.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return named;
        throw error;
      }
    });
  }
}
