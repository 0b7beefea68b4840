/**
 * Comments that silence diagnostics: `# flows-ignore[code, …]` on the line or the line before, and
 * `# flows-ignore-file[code, …]` anywhere for the whole file; without brackets they silence everything. In a block of
 * JavaScript `//` does as well as `#`.
 */

export interface Suppressions {
  /** Line -> codes, or `all`. */
  readonly lines: ReadonlyMap<number, ReadonlySet<string> | 'all'>;
  readonly file: ReadonlySet<string> | 'all';
}

const COMMENT = /(?:#|\/\/)[ \t]*flows-ignore(-file)?(?:[ \t]*\[([^\]\n]*)\])?/;

const NONE: Suppressions = { lines: new Map(), file: new Set() };

const COMMENT_ONLY = /^\s*(?:#|\/\/)/;

/**
 * Reads the comments of a text. A comment that has its line for itself counts for the next line that is no comment; line
 * numbers are the text's, and the number of its lines where only comments follow.
 */
export function readSuppressions(text: string): Suppressions {
  if (!text.includes('flows-ignore')) return NONE;
  const lines = new Map<number, Set<string> | 'all'>();
  let file: Set<string> | 'all' = new Set<string>();
  const all = text.split(/\r\n|\n|\r/);
  all.forEach((line, i) => {
    const match = COMMENT.exec(line);
    if (!match) return;
    const codes = match[2] === undefined ? 'all' : new Set(match[2].split(',').map((code) => code.trim()));
    if (match[1]) {
      file = merge(file, codes);
      return;
    }
    let at = i;
    if (line.slice(0, match.index).trim() === '') while (COMMENT_ONLY.test(all[at] ?? '')) at++;
    lines.set(at, merge(lines.get(at) ?? new Set(), codes));
  });
  return { lines, file };
}

function merge(a: Set<string> | 'all', b: Set<string> | 'all'): Set<string> | 'all' {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]);
}

export function covers(codes: ReadonlySet<string> | 'all' | undefined, code: string): boolean {
  return codes === 'all' || codes?.has(code) === true;
}
