/**
 * The text of TypeScript's declarations of ECMAScript: what `Math`, `Array` and their like are. Read from the files
 * beside TypeScript; the build runs this module and puts the text itself in its place (esbuild.mjs), so that nothing is
 * read at run time.
 */
import type ts from 'typescript';

/** Node.js 24, the platform's runtime, has ECMAScript 2025. */
const EDITION = 'es2025';

/** Left out: types of decorators, which no expression can have. */
const SKIPPED = /^decorators/;

/**
 * The declarations in one text, and after it those files that are modules, as they cannot be joined with others.
 * Joined, they are parsed and bound once and not looked up by name for each program.
 */
export function readLib({ sys }: Pick<typeof ts, 'sys'>): string[] {
  const folder = sys.getExecutingFilePath().replace(/[^/\\]*$/, '');
  const seen = new Set<string>();
  const modules: string[] = [];
  const read = (name: string): string => {
    if (seen.has(name) || SKIPPED.test(name)) return '';
    seen.add(name);
    const text = sys.readFile(`${folder}lib.${name}.d.ts`);
    if (text === undefined)
      throw new Error(`TypeScript's declarations of ${name} are not beside it in ${folder}.`);
    let before = '';
    const own = text
      .replace(/^\/\*![^]*?\*\/\s*/, '')
      .replace(/^\/\/\/ <reference lib="(.*?)" ?\/>\r?\n/gm, (_line, referenced: string) => {
        before += read(referenced);
        return '';
      });
    if (!/^export \{\}/m.test(own)) return before + own;
    modules.push(own);
    return before;
  };
  const joined = read(EDITION);
  return [joined, ...modules];
}
