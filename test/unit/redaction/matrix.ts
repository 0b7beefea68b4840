/**
 * What programs do to a value before it reaches a log: the 37 transformations of the comparison with other maskers, and some
 * more. Each takes a value and gives the text as printed. Written without the redactor's own functions.
 */
export type Transform = (value: string) => string;

const utf8 = (value: string): Buffer => Buffer.from(value);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const every = (text: string, width: number, put: string): string =>
  text.replace(new RegExp(`.{${width}}(?=.)`, 'gs'), `$&${put}`);
const json = (value: string): string => JSON.stringify(value).slice(1, -1);
const pairs = (value: string): string[] => utf8(value).toString('hex').match(/../g) ?? [];
const ascii = (text: string, write: (point: number) => string): string =>
  Array.from(text, (char) => (char > '\x7f' ? write(char.codePointAt(0)!) : char)).join('');
const u4 = (n: number): string => n.toString(16).padStart(4, '0');
const percent = (value: string, plain: RegExp): string =>
  Array.from(utf8(value), (byte) => {
    const char = String.fromCharCode(byte);
    return plain.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

function xxd(value: string): string {
  const list = pairs(value);
  const lines: string[] = [];
  for (let at = 0; at < list.length; at += 16) {
    const line = list.slice(at, at + 16);
    const groups = line
      .join('')
      .match(/.{1,4}/g)!
      .join(' ');
    const text = line
      .map((pair) => parseInt(pair, 16))
      .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'));
    lines.push(`${at.toString(16).padStart(8, '0')}: ${groups.padEnd(39)}  ${text.join('')}`);
  }
  return `${lines.join('\n')}\n`;
}

export const MATRIX: Readonly<Record<string, Transform>> = {
  literal: (v) => v,
  'in a sentence': (v) => `token is ${v}, keep it`,
  'CRLF line ends': (v) => v.replaceAll('\n', '\r\n'),
  'line ends as blanks (echo $V)': (v) => v.replace(/\s+/g, ' '),
  'each line with a prefix': (v) =>
    v
      .split('\n')
      .map((line) => `12:00:00 out | ${line}`)
      .join('\n'),
  'quotes trimmed': (v) => v.replace(/^["']|["']$/g, ''),
  JSON: json,
  'JSON in JSON': (v) => json(json(v)),
  'JSON, HTML-safe (Go)': (v) => json(v).replace(/[<>&]/g, (char) => `\\u${u4(char.charCodeAt(0))}`),
  'JSON, ASCII only (Python)': (v) =>
    json(v).replace(/[^\0-\x7f]/g, (char) => `\\u${u4(char.charCodeAt(0))}`),
  'URI component': encodeURIComponent,
  'URI component, lower-case hex': (v) => encodeURIComponent(v).replace(/%../g, (hex) => hex.toLowerCase()),
  'URL form': (v) => new URLSearchParams({ v }).toString().slice(2),
  'XML entities': (v) =>
    v
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  'HTML numeric entities': (v) => Array.from(v, (char) => `&#${char.codePointAt(0)!};`).join(''),
  base64: (v) => base64(utf8(v)),
  'base64, one byte before': (v) => base64(utf8(`:${v}`)),
  'base64, two bytes before': (v) => base64(utf8(`u:${v}`)),
  'base64 with a line end (echo)': (v) => base64(utf8(`${v}\n`)),
  'base64 without padding': (v) => base64(utf8(v)).replace(/=+$/, ''),
  base64url: (v) => utf8(v).toString('base64url'),
  'base64 wrapped at 76': (v) => every(base64(utf8(v)), 76, '\n'),
  'base64 wrapped at 20': (v) => every(base64(utf8(v)), 20, '\n'),
  'base64 of UTF-16LE (PowerShell)': (v) => base64(Buffer.from(v, 'utf16le')),
  'base64 twice': (v) => base64(utf8(base64(utf8(v)))),
  hex: (v) => pairs(v).join(''),
  HEX: (v) => pairs(v).join('').toUpperCase(),
  'hex dump, bytes apart': (v) => pairs(v).join(' '),
  "bash '\\''": (v) => v.replaceAll("'", "'\\''"),
  'printf %q': (v) => v.replace(/[^\w@%+=:,./\n\u0080-\uffff-]/g, '\\$&'),
  'Python repr': (v) => {
    const quoted = v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return v.includes("'") && v.includes('"') ? quoted.replaceAll("'", "\\'") : quoted;
  },
  'PowerShell, quotes doubled': (v) => v.replaceAll("'", "''"),
  'upper case': (v) => v.toUpperCase(),
  'colour inside': (v) => `${v.slice(0, v.length / 2)}\x1b[1;31m${v.slice(v.length / 2)}\x1b[0m`,
  'hard wrap inside': (v) => every(v, 16, '\n'),
  'UTF-8 read as Latin-1': (v) => utf8(v).toString('latin1'),
  'first two thirds': (v) => v.slice(0, Math.floor((v.length * 2) / 3)),
};

/** Beyond the 37. */
export const MORE: Readonly<Record<string, Transform>> = {
  'lower case': (v) => v.toLowerCase(),
  'a colour for each character': (v) =>
    Array.from(v, (char, i) => `\x1b[38;5;${i + 16}m${char}`).join('') + '\x1b[0m',
  'one character to a line': (v) => Array.from(v).join('\n'),
  'one character and a blank': (v) => Array.from(v.replace(/\s/g, '')).join(' '),
  'hard wrap with colour and indent': (v) => every(v, 20, '\x1b[0m\r\n    \x1b[33m'),
  'hyperlink around': (v) => `\x1b]8;;https://example.com\x07${v}\x1b]8;;\x07`,
  'JSON three times': (v) => json(json(json(v))),
  'JSON, slashes escaped (PHP)': (v) => json(v).replaceAll('/', '\\/'),
  'JSON, System.Text.Json': (v) =>
    json(v)
      .replaceAll('\\"', '\\u0022')
      .replace(/[&'+<>`]|[^\0-\x7f]/g, (char) => `\\u${u4(char.charCodeAt(0)).toUpperCase()}`),
  'JSON as a URL parameter': (v) => encodeURIComponent(JSON.stringify({ v })),
  'JSON in an HTML attribute': (v) =>
    json(v)
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  'JSON in a shell command': (v) => json(v).replaceAll("'", "'\\''"),
  'every character \\u': (v) => v.replace(/[^]/g, (char) => `\\u${u4(char.charCodeAt(0))}`),
  'RFC 3986 (curl, jq)': (v) => percent(v, /[\w.~-]/),
  'Python quote': (v) => percent(v, /[\w.~/-]/),
  'Python quote_plus': (v) => percent(v, /[\w.~-]/).replaceAll('%20', '+'),
  'percent twice': (v) => encodeURIComponent(encodeURIComponent(v)),
  'every byte percent': (v) => percent(v, /(?!)/),
  encodeURI: encodeURI,
  'Python html.escape': (v) =>
    v
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#x27;'),
  'Go html.EscapeString': (v) =>
    v
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&#34;')
      .replaceAll("'", '&#39;'),
  'numeric entities, hex': (v) =>
    Array.from(v, (char) => `&#x${char.codePointAt(0)!.toString(16)};`).join(''),
  'entities beyond ASCII': (v) => ascii(v, (point) => `&#${point};`),
  'basic authentication': (v) => `Authorization: Basic ${base64(utf8(`someone:${v}`))}`,
  'base64 of JSON': (v) => base64(utf8(JSON.stringify({ auth: v }))),
  'base64 of base64 of a pair': (v) => base64(utf8(`{"auth":"${base64(utf8(`me:${v}`))}"}`)),
  'base64 wrapped, then base64': (v) => base64(utf8(`${every(base64(utf8(v)), 76, '\n')}\n`)),
  'base64 in a URL': (v) => encodeURIComponent(base64(utf8(v))),
  'base64 of UTF-16LE, inside': (v) => base64(Buffer.from(`$x='${v}'`, 'utf16le')),
  'MAC-style hex': (v) => pairs(v).join(':'),
  'C array': (v) =>
    pairs(v)
      .map((pair) => `0x${pair}`)
      .join(', '),
  '\\x hex': (v) =>
    pairs(v)
      .map((pair) => `\\x${pair}`)
      .join(''),
  'hex wrapped (xxd -p)': (v) => every(pairs(v).join(''), 60, '\n'),
  xxd,
  'console.log of a Buffer': (v) =>
    `<Buffer ${pairs(v).slice(0, 50).join(' ')}${pairs(v).length > 50 ? ' ...' : ''}>`,
  'JSON of a Buffer': (v) => JSON.stringify(utf8(v)),
  'Go %v of a []byte': (v) => `[${utf8(v).join(' ')}]`,
  'Python bytes': (v) =>
    Array.from(utf8(v), (byte) =>
      byte === 10
        ? '\\n'
        : byte === 92
          ? '\\\\'
          : byte === 39
            ? "\\'"
            : byte < 127
              ? String.fromCharCode(byte)
              : `\\x${byte.toString(16)}`,
    ).join(''),
  'Python ascii()': (v) =>
    ascii(v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll("'", "\\'"), (point) =>
      point < 256 ? `\\x${point.toString(16)}` : `\\u${u4(point)}`,
    ),
  "dash '\"'\"'": (v) => v.replaceAll("'", `'"'"'`),
  'shell, double quotes': (v) => v.replace(/["$`\\]/g, '\\$&'),
  'cmd carets': (v) => v.replace(/[&<>|^]/g, '^$&'),
  CSV: (v) => v.replaceAll('"', '""'),
  'regular expression': (v) => v.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  'octal (git)': (v) =>
    Array.from(utf8(v), (byte) =>
      byte === 10
        ? '\\n'
        : byte === 34
          ? '\\"'
          : byte === 92
            ? '\\\\'
            : byte < 128
              ? String.fromCharCode(byte)
              : `\\${byte.toString(8)}`,
    ).join(''),
  'question marks beyond ASCII': (v) => ascii(v, () => '?'),
  'decomposed letters': (v) => v.normalize('NFD'),
};

interface Sample {
  readonly value: string;
  /** Another value of the same shape: what both print alike is no part of the secret. */
  readonly other: string;
}

/** The four values of the comparison. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  alphanumeric: { value: 'k7Qw2ZxT9vBn4LmR8sYd', other: 'hJ3Np6Gc5XfUe0WaKyVr' },
  specials: { value: `p"a\\s$w&o<r>d^%+' q{7}[x]/~!`, other: `G!~}Z{5(j)=t'z#n;@e*h/?1 i"B` },
  'multi-line key': {
    value: [
      '-----BEGIN EC PRIVATE KEY-----',
      'MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49',
      'AwEHoUQDQgAEPR3tU2Fta9ktY+6P9G0cWO+0kETA6SFs38GecTyudlHz6xvCdz8q',
      'EKTcWGekdmdDPsHloRNtsiCa697B2O9IFA==',
      '-----END EC PRIVATE KEY-----',
    ].join('\n'),
    other: [
      '-----BEGIN EC PRIVATE KEY-----',
      'NGbDBRFFJJsZTTORGbB3Ixg2evSTyLuMZY6DC15gTfR7uG2bZ+QvpBpHDDrHTN50',
      'BxFIpVREWhBFQS4uV3Gub0luZ/7Q0H1dXP/1lFUB7TGt49HfdUzvemIA7ywDea9r',
      'FLUdXHflenneQtImpSOutjDb708C3P0JGB==',
      '-----END EC PRIVATE KEY-----',
    ].join('\n'),
  },
  'non-ASCII': { value: 'pässwörd-Übergröße-€uro-密码', other: 'gèhêimnîs+Ñandùíç+fibre+単語' },
};

/**
 * A run of eight or more characters that stand for the value and are left of what was printed. Characters that both values
 * print alike at the same place do not count: they are what the transformation adds. Nor do those that `again`, the same
 * printed once more, has not.
 */
export function survivor(
  transform: Transform,
  { value, other }: Sample,
  output: string,
  again?: string,
): string | undefined {
  const printed = transform(value);
  const alike = transform(other);
  for (let at = 0; at + 8 <= printed.length; at++) {
    const run = printed.slice(at, at + 8);
    // Layout.
    if (run.replace(/[^A-Za-z0-9\u0080-\uffff]/g, '').length < 3 && /\s{3}/.test(run)) continue;
    const alikeFrom = (place: number): boolean =>
      Array.from(run).filter((char, i) => char === alike[place + i]).length >= 4;
    if (alikeFrom(at) || alikeFrom(at - printed.length + alike.length)) continue;
    if (again !== undefined && !again.includes(run)) continue;
    if (output.includes(run) && !alike.includes(run)) return run;
  }
  return undefined;
}
