/** The secret key that a place in a line names: what commands offer first. */

const ACCESS =
  /\bsecrets\s*(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)|\bsecrets\s*(?:\?\.)?\[\s*\\?(["'`])\2?([A-Za-z_$][\w$]*)/g;

/** `character` counts UTF-16 units from the start of the line. */
export function keyAt(line: string, character: number): string | undefined {
  for (const match of line.matchAll(ACCESS)) {
    if (match.index <= character && character <= match.index + match[0].length) return match[1] ?? match[3];
  }
  return undefined;
}
