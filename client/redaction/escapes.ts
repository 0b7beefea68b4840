/**
 * How programs write a text inside other texts: JSON, URLs, XML and HTML, shells, the string literals of programming
 * languages. Each function gives the inner part of the form, without the quotes around it, and wants well-formed UTF-16.
 */

type Escape = (text: string) => string;

/** Every form of a text that is not the text itself; without doublets. */
export function textForms(text: string): Set<string> {
  const forms = formsOfSigns(text);
  for (const escape of ESCAPES_OF_ALL) forms.add(escape(text));
  return forms;
}

/** Those that leave letters and digits as they are. */
export function formsOfSigns(text: string): Set<string> {
  const forms = new Set<string>();
  if (/^[A-Za-z0-9]+$/.test(text)) return forms;
  for (const escape of ESCAPES_OF_SIGNS) forms.add(escape(text));
  const inners = new Set(NESTED_INNER.map((inner) => inner(text)));
  // What the outer forms make of the text itself is among the escapes.
  inners.delete(text);
  for (const inner of inners) for (const outer of NESTED_OUTER) forms.add(outer(inner));
  const twice = json(json(text));
  forms.add(json(twice)).add(literalUnquoted(twice));
  forms.delete(text);
  return forms;
}

/** The few forms that matter for long texts, where each form costs as much memory as the text. */
export function mainTextForms(text: string): Set<string> {
  const forms = new Set(
    [json, jsonAscii, percent, form, (t: string) => json(json(t))].map((escape) => escape(text)),
  );
  forms.delete(text);
  return forms;
}

/** Characters one by one: a JavaScript array, a Python list, JSON. */
export function listed(text: string): string[] {
  const chars = Array.from(text);
  const inJson = chars.map(json);
  const literals = chars.map((char) => (char === "'" ? `"'"` : `'${literalUnquoted(char)}'`));
  return [
    literals.join(', ').slice(1, -1),
    inJson.join('","'),
    inJson.join('", "'),
    // What programs that do not escape make of it.
    chars.join("', '"),
  ];
}

// JSON and string literals

export const json: Escape = (text) => JSON.stringify(text).slice(1, -1);
const jsonAscii: Escape = (text) => escapeUnits(json(text), /[\u0080-\uffff]/g);
/** Go's encoding/json, Rails: safe inside HTML. */
export const jsonHtml: Escape = (text) => escapeUnits(json(text), /[<>&\u2028\u2029]/g);
/** System.Text.Json: everything that means something anywhere. */
const jsonStrict: Escape = (text) =>
  escapeUnits(json(text).replaceAll('\\"', '\\u0022'), /[&'+<>`\u007f-\uffff]/g);
const jsonSlash: Escape = (text) => json(text).replaceAll('/', '\\/');
const jsonSlashAscii: Escape = (text) => jsonAscii(text).replaceAll('/', '\\/');
/** Jinja, Django. */
const jsonQuote: Escape = (text) => escapeUnits(json(text), /[<>&']/g);
/** Gson. */
const jsonGson: Escape = (text) => escapeUnits(json(text), /[<>&'=\u2028\u2029]/g);
/** What writes JSON into scripts. */
const jsonScript: Escape = (text) => escapeUnits(json(text), /[<>/\u2028\u2029]/g);

const CONTROL: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};
const control: Escape = (text) =>
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  text.replace(/[\0-\x1f\x7f]/g, (char) => CONTROL[char] ?? `\\x${hex(char.charCodeAt(0), 2)}`);
const backslashes: Escape = (text) => text.replaceAll('\\', '\\\\');
/** Python, JavaScript, Ruby … with quotes of the other kind around. */
const literalUnquoted: Escape = (text) => control(backslashes(text));
const literalSingle: Escape = (text) => literalUnquoted(text).replaceAll("'", "\\'");
const literalBoth: Escape = (text) => literalSingle(text).replaceAll('"', '\\"');
const literalBacktick: Escape = (text) => literalUnquoted(text).replace(/`|\$\{/g, '\\$&');
const literalRuby: Escape = (text) => json(text).replace(/#(?=[{$@])/g, '\\#');
/** Go %+q, Rust, Python's ascii(). */
const pythonAscii: Escape = (text) => codePoints(literalSingle(text), BEYOND_ASCII, pythonEscape);
const pythonAsciiUnquoted: Escape = (text) => codePoints(literalUnquoted(text), BEYOND_ASCII, pythonEscape);
const goAscii: Escape = (text) => codePoints(json(text), BEYOND_ASCII, (point) => goEscape(point));
const rustAscii: Escape = (text) => codePoints(json(text), BEYOND_ASCII, (point) => `\\u{${hex(point, 1)}}`);
const phpSingle: Escape = (text) => backslashes(text).replaceAll("'", "\\'");
const addSlashes: Escape = (text) => phpSingle(text).replaceAll('"', '\\"');
/** Python's bytes, C, nginx's log: bytes beyond ASCII as \xhh. */
const bytesHex: Escape = (text) => escapeBytes(literalUnquoted(text), hexByte, BEYOND_ASCII);
const bytesHexSingle: Escape = (text) => escapeBytes(literalSingle(text), hexByte, BEYOND_ASCII);
const nginx: Escape = (text) =>
  // eslint-disable-next-line no-control-regex -- as above
  escapeBytes(text, hexByte, /[\0-\x1f"\\\x7f-\u{10ffff}]/gu);
/** git's quoted paths, bash's $'…' in the C locale: bytes beyond ASCII as \ooo. */
const bytesOctal: Escape = (text) => escapeBytes(json(text), octal, BEYOND_ASCII);
const bytesOctalSingle: Escape = (text) => escapeBytes(literalSingle(text), octal, BEYOND_ASCII);
const everyUnit: Escape = (text) => escapeUnits(text, /[^]/g);
const doubledSingle: Escape = (text) => text.replaceAll("'", "''");
const doubledDouble: Escape = (text) => text.replaceAll('"', '""');
/** Arguments of programs on Windows. */
const escapedDouble: Escape = (text) => text.replace(/(\\*)"/g, '$1$1\\"');
const regExp: Escape = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const regExpPython: Escape = (text) => text.replace(/[\\^$.*+?()[\]{}|\-&~#\s]/g, '\\$&');
/** Perl's quotemeta, and what careful scripts do. */
const everySpecial: Escape = (text) => text.replace(/[^A-Za-z0-9_\u0080-\uffff]/g, '\\$&');
const everyNonWord: Escape = (text) => text.replace(/[^A-Za-z0-9_]/g, '\\$&');
const terraform: Escape = (text) => json(text).replace(/[$%](?=\{)/g, '$&$&');

// URLs

export const percent: Escape = (text) => encodeURIComponent(text);
const percentStrict: Escape = (text) => percentBytes(text, /[^\w.~-]/gu);
const percentPath: Escape = (text) => percentBytes(text, /[^\w.~/-]/gu);
const percentUri: Escape = (text) => encodeURI(text);
const percentQuery: Escape = (text) => percentBytes(text, /[ "#<>'\n\r\t\u0080-\u{10ffff}]/gu);
const percentUserJs: Escape = (text) =>
  percentBytes(text, /[ "#<>?`{}/:;=@[\\\]^|\n\r\t\u0080-\u{10ffff}]/gu);
const percentPathJs: Escape = (text) =>
  percentBytes(text, /[ "#<>?`{}\n\r\t\u0080-\u{10ffff}]/gu).replaceAll('\\', '/');
const percentPathJsNew: Escape = (text) => percentPathJs(text).replaceAll('^', '%5E');
const percentFragment: Escape = (text) => percentBytes(text, /[ "<>`\n\r\t\u0080-\u{10ffff}]/gu);
const percentUserGo: Escape = (text) => percentBytes(text, /[^\w.~$&+,;=-]/gu);
const form: Escape = (text) => percentBytes(text, /[^\w.*-]/gu).replaceAll('%20', '+');
const formStrict: Escape = (text) => percentStrict(text).replaceAll('%20', '+');
const formLoose: Escape = (text) => percent(text).replaceAll('%20', '+');
const percentAll: Escape = (text) => percentBytes(text, /[^]/gu);
/** A component in an address that a URL object has read. */
const percentComponent: Escape = (text) => percent(text).replaceAll("'", '%27');
/** JavaScript's old escape(). */
const percentLatin: Escape = (text) =>
  text.replace(/[^\w@*+./-]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 0x100 ? `%${hex(code, 2)}` : `%u${hex(code, 4)}`;
  });

/** Quoted-printable, but for the breaks of long lines. */
const quotedPrintable: Escape = (text) =>
  escapeBytes(text, (byte) => `=${hex(byte, 2)}`, /[=\u0080-\u{10ffff}]/gu);

// XML and HTML

const xml = (double: string, single: string): Escape => {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': double,
    "'": single,
  };
  return (text) => text.replace(/[&<>"']/g, (char) => names[char]!);
};
const xmlFull = xml('&quot;', '&apos;');
const xmlHtml = xml('&quot;', '&#39;');
const xmlDouble = xml('&quot;', "'");
/** Canonical XML and others write no more than they must, in a text and in an attribute. */
const xmlLeast: Escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const xmlLeastDouble: Escape = (text) => xmlLeast(text).replaceAll('"', '&quot;');
/** Mustache, lodash and others add these. */
const xmlLong: Escape = (text) => xml('&quot;', '&#x27;')(text).replaceAll('/', '&#x2F;');
const xmlLongest: Escape = (text) =>
  xml('&quot;', '&#39;')(text).replaceAll('/', '&#x2F;').replaceAll('`', '&#x60;').replaceAll('=', '&#x3D;');
const xmlAscii: Escape = (text) => codePoints(xmlFull(text), BEYOND_ASCII, (point) => `&#${point};`);
const xmlAsciiHex: Escape = (text) =>
  codePoints(xmlFull(text), BEYOND_ASCII, (point) => `&#x${hex(point, 1)};`);
const htmlAscii: Escape = (text) => codePoints(xmlHtml(text), BEYOND_ASCII, (point) => `&#${point};`);
const htmlAsciiHex: Escape = (text) =>
  codePoints(xmlHtml(text), BEYOND_ASCII, (point) => `&#x${hex(point, 1)};`);
const htmlNamed: Escape = (text) => codePoints(xmlHtml(text), BEYOND_ASCII, namedEntity);
const xmlAttribute: Escape = (text) =>
  xmlFull(text).replaceAll('\n', '&#10;').replaceAll('\r', '&#13;').replaceAll('\t', '&#9;');
const xmlAttributeHex: Escape = (text) =>
  xmlFull(text).replaceAll('\n', '&#xA;').replaceAll('\r', '&#xD;').replaceAll('\t', '&#x9;');
const numericAll: Escape = (text) => codePoints(text, /[^]/gu, (point) => `&#${point};`);
const numericAllHex: Escape = (text) => codePoints(text, /[^]/gu, (point) => `&#x${hex(point, 1)};`);
const numericAllHex4: Escape = (text) => codePoints(text, /[^]/gu, (point) => `&#x${hex(point, 4)};`);
const numericSpecials: Escape = (text) => codePoints(text, /[^A-Za-z0-9]/gu, (point) => `&#${point};`);
const numericSpecialsHex: Escape = (text) =>
  codePoints(text, /[^A-Za-z0-9]/gu, (point) => `&#x${hex(point, 1)};`);
/** The characters of markup only. */
const numericMarkup: Escape = (text) => codePoints(text, /[&<>"']/gu, (point) => `&#${point};`);
const numericMarkupHex: Escape = (text) => codePoints(text, /[&<>"']/gu, (point) => `&#x${hex(point, 1)};`);

// Shells

/** bash's set -x and ${v@Q}, printf '%s' in most scripts. */
const shellSingle: Escape = (text) => text.replaceAll("'", "'\\''");
/** dash's set -x, Python's shlex.quote. */
const shellSingleDouble: Escape = (text) => text.replaceAll("'", `'"'"'`);
/** git's traces. */
const shellSingleGit: Escape = (text) => text.replace(/['!]/g, "'\\$&'");
const shellDouble: Escape = (text) => text.replace(/["$`\\]/g, '\\$&');
const shellDoubleHistory: Escape = (text) => text.replace(/["$`\\!]/g, '\\$&');
/** bash's printf %q; lists differ by version in the comma and what begins a word. */
const shellBackslash: Escape = (text) => text.replace(/[ \t'"\\|&;()<>!{}*[\]?^$`,~#]/g, '\\$&');
const shellBackslashLess: Escape = (text) => text.replace(/[ \t'"\\|&;()<>!{}*[\]?^$`,]/g, '\\$&');
const shellBackslashAll: Escape = (text) => text.replace(/[^\w./:=@%+\n\u0080-\uffff-]/g, '\\$&');
const powerShellDouble: Escape = (text) => text.replace(/[`"$]/g, '`$&');
const cmdCaret: Escape = (text) => text.replace(/[&<>|^]/g, '^$&');
const cmdCaretMore: Escape = (text) => text.replace(/[&<>|^()!"%]/g, '^$&');
const doubledPercent: Escape = (text) => text.replaceAll('%', '%%');
const doubledDollar: Escape = (text) => text.replaceAll('$', '$$$$');

// prettier-ignore
const ESCAPES: readonly Escape[] = [
  json, jsonAscii, jsonHtml, jsonStrict, jsonSlash, jsonSlashAscii, jsonQuote, jsonGson, jsonScript,
  literalUnquoted, literalSingle, literalBoth, literalBacktick, literalRuby,
  pythonAscii, pythonAsciiUnquoted, goAscii, rustAscii, phpSingle, addSlashes,
  bytesHex, bytesHexSingle, nginx, bytesOctal, bytesOctalSingle, everyUnit,
  doubledSingle, doubledDouble, escapedDouble, regExp, regExpPython, everySpecial, everyNonWord, terraform,
  percent, percentStrict, percentPath, percentUri, percentQuery, percentUserJs, percentPathJs, percentPathJsNew, percentFragment, percentUserGo,
  form, formStrict, formLoose, percentAll, percentLatin, percentComponent, quotedPrintable,
  xmlFull, xmlHtml, xml('&#34;', '&#39;'), xml('&quot;', '&#x27;'), xml('&quot;', '&#039;'), xmlDouble,
  xml('"', "'"), xmlLeast, xmlLeastDouble, xmlLong, xmlLongest, xmlAscii, xmlAsciiHex, htmlAscii, htmlAsciiHex, htmlNamed,
  xmlAttribute, xmlAttributeHex, numericAll, numericAllHex, numericAllHex4, numericSpecials, numericSpecialsHex,
  numericMarkup, numericMarkupHex,
  shellSingle, shellSingleDouble, shellSingleGit, shellDouble, shellDoubleHistory, shellBackslash, shellBackslashLess, shellBackslashAll,
  powerShellDouble, cmdCaret, cmdCaretMore, doubledPercent, doubledDollar,
];

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Those that write even letters and digits in another way, and those that leave a text of these alone as it is. */
const ESCAPES_OF_ALL = ESCAPES.filter((escape) => escape(LETTERS_AND_DIGITS) !== LETTERS_AND_DIGITS);
const ESCAPES_OF_SIGNS = ESCAPES.filter((escape) => !ESCAPES_OF_ALL.includes(escape));

/** A text in one form inside a text in another: JSON in a shell command in a log in JSON. */
const NESTED_INNER: readonly Escape[] = [
  json,
  jsonAscii,
  jsonHtml,
  literalUnquoted,
  pythonAsciiUnquoted,
  shellSingle,
  shellDouble,
  doubledSingle,
  percent,
  percentFragment,
];
const NESTED_OUTER: readonly Escape[] = [
  json,
  // What console.log of an object or Python's print of a dict make of it.
  literalUnquoted,
  literalSingle,
  percent,
  form,
  xmlFull,
  xmlHtml,
  xmlDouble,
  shellSingle,
  shellDouble,
];

// What the forms are made of

const BEYOND_ASCII = /[\u0080-\u{10ffff}]/gu;

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}

function hexByte(byte: number): string {
  return `\\x${hex(byte, 2)}`;
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

function escapeUnits(text: string, which: RegExp): string {
  return text.replace(which, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

/** @param which global; with the u flag, or for ASCII only */
function codePoints(text: string, which: RegExp, write: (point: number) => string): string {
  return text.replace(which, (char) => write(char.codePointAt(0)!));
}

/** The UTF-8 bytes of the characters of `which` (global, with the u flag). */
function escapeBytes(text: string, write: (byte: number) => string, which: RegExp): string {
  return text.replace(which, (char) => {
    if (char <= '\x7f') return write(char.charCodeAt(0));
    let written = '';
    for (const byte of Buffer.from(char)) written += write(byte);
    return written;
  });
}

function percentBytes(text: string, which: RegExp): string {
  return escapeBytes(text, (byte) => `%${hex(byte, 2)}`, which);
}

function pythonEscape(point: number): string {
  if (point < 0x100) return `\\x${hex(point, 2)}`;
  return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
}

function goEscape(point: number): string {
  return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
}

/** HTML's names for the characters of Latin-1, from U+00A0 on (HTML 4, §24.2). */
const NAMES =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para ' +
  'middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave ' +
  'Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc ' +
  'Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc ' +
  'iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const nameList = NAMES.split(' ');

function namedEntity(point: number): string {
  const name = point === 0x20ac ? 'euro' : nameList[point - 0xa0];
  return name === undefined ? `&#${point};` : `&${name};`;
}
