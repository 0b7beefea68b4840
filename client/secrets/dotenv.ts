/**
 * Reads a .env file as the common libraries do: `KEY=value`, `export`, single quotes and backticks as they are, double quotes
 * with escapes, quoted values over several lines, `#` comments. References (`$OTHER`) are not expanded. Pure; what it returns
 * holds values and must not leave the import.
 */

export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface EnvFile {
  /** The last entry of a key counts, as in a shell. */
  readonly entries: readonly EnvEntry[];
  /** Lines that are no entry. */
  readonly skipped: readonly number[];
}

const ENTRY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_$][\w$.-]*)[ \t]*[=:][ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

export function parseEnv(source: string): EnvFile {
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|[\n\r]/);
  const entries = new Map<string, EnvEntry>();
  const skipped: number[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const match = ENTRY.exec(line);
    const start = i;
    if (!match) {
      skipped.push(start + 1);
      continue;
    }
    const rest = line.slice(match[0].length);
    const quote = /^["'`]/.exec(rest)?.[0];
    let value: string | undefined;
    if (quote !== undefined) {
      let text = rest.slice(1);
      let end = closing(text, quote);
      // A quoted value may go on; one that never ends is a plain value that begins with a quote.
      let last = i;
      while (end < 0 && last + 1 < lines.length) {
        text += `\n${lines[++last]!}`;
        end = closing(text, quote);
      }
      if (end >= 0) {
        i = last;
        const inner = text.slice(0, end);
        value =
          quote === '"' ? inner.replace(/\\([nrt"\\$])/g, (_all, char: string) => ESCAPES[char]!) : inner;
      }
    }
    value ??= rest.replace(/(?:^|\s)#.*$/, '').trim();
    entries.delete(match[1]!);
    entries.set(match[1]!, { key: match[1]!, value, line: start + 1 });
  }
  return { entries: [...entries.values()], skipped };
}

/** Where the quote ends; a backslash escapes in double quotes only. */
function closing(text: string, quote: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && quote === '"') i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}
