/**
 * Virtual files: what TypeScript is shown for an expression. `(<text>\n)` behind declarations of the names that the
 * platform gives it, so that offsets differ by one constant. A file's name stands for its text and never changes its
 * meaning: whatever was computed for a name stays true.
 */
import type { Span } from '../text.js';

export interface VirtualFile {
  readonly name: string;
  readonly text: string;
  /** Files whose names stand in the text. */
  readonly imports: readonly VirtualFile[];
}

export interface VirtualExpression {
  readonly file: VirtualFile;
  /** Where the expression's own text begins in the file's. */
  readonly start: number;
  readonly length: number;
}

/** A type as written in a virtual file, and the files that it names. */
export interface TypeReference {
  readonly text: string;
  readonly files: readonly VirtualFile[];
}

export const ANY: TypeReference = { text: 'any', files: [] };

/** The names that an expression finds, by type; undefined: the platform does not give it that name there. */
export interface Names {
  readonly outputs?: TypeReference;
  readonly previous?: TypeReference;
  readonly secrets?: TypeReference;
  readonly signals?: TypeReference;
  readonly raw?: TypeReference;
  readonly config?: TypeReference;
}

const DOCS: Readonly<Record<keyof Names, string>> = {
  outputs: 'Data of the blocks that the event has passed, by their keys.',
  previous: 'Data of the event that came in: what the block before has sent.',
  secrets: 'Secrets of the project, by their keys.',
  signals: 'Signals of blocks and app installations: `signals.<owner>.<signal>`.',
  raw: 'The data of the block’s own event before it is customised.',
  config: 'The block’s evaluated configuration.',
};

const ORDER: readonly (keyof Names)[] = ['outputs', 'previous', 'secrets', 'signals', 'raw', 'config'];

let count = 0;

/** A name that no file has had; what stands before the number tells what it holds. */
export function freshName(kind: string, ending: '.js' | '.ts' | '.d.ts'): string {
  return `/${kind}/${++count}${ending}`;
}

/** A module that declares one value of a type: `typeof import(…).value` names it without giving it an alias in hovers. */
export function declaration(type: string, imports: readonly VirtualFile[] = []): TypeReference {
  const file = {
    name: freshName('shape', '.d.ts'),
    text: `export declare const value: ${type};\n`,
    imports,
  };
  return exported(file, 'value');
}

/** The type of what a virtual module exports under a name. */
export function exported(file: VirtualFile, name: string): TypeReference {
  return { text: `typeof import("${file.name.replace(/(?:\.d)?\.[jt]s$/, '')}").${name}`, files: [file] };
}

/** What an expression's value is once it is emitted: promises are awaited (flows-platform §3.1). */
export function awaited({ text, files }: TypeReference): TypeReference {
  return { text: `Awaited<${text}>`, files };
}

/** The declarations before an expression's text. Equal heads before equal texts make equal files. */
export function headOf(names: Names, language: 'js' | 'ts'): string {
  const lines = ORDER.flatMap((name) => {
    const type = names[name];
    if (!type) return [];
    return language === 'ts'
      ? [`declare const ${name}: ${type.text};\n`]
      : [`/**\n * ${DOCS[name]}\n * @type {${type.text}}\n */\nconst ${name} = undefined;\n`];
  });
  return `${lines.join('')}export default (`;
}

export function importsOf(names: Names): VirtualFile[] {
  return [...new Set(ORDER.flatMap((name) => names[name]?.files ?? []))];
}

/** JavaScript as people write it: parameters are optional, objects grow. For completion, hover and reports. */
export function expressionFile(
  head: string,
  text: string,
  imports: readonly VirtualFile[],
): VirtualExpression {
  return {
    file: { name: freshName('expression', '.js'), text: `${head}${text}\n);\n`, imports },
    start: head.length,
    length: text.length,
  };
}

/**
 * The language in which an expression shows what it gives. TypeScript's own takes an object literal as complete, where
 * JavaScript's has it open to properties set later. Functions with statements can set them, so they stay JavaScript.
 */
export function languageOf(text: string): 'js' | 'ts' {
  return /\bfunction\b|\bclass\b|=>\s*\{|\)\s*\{/.test(text) ? 'js' : 'ts';
}

/** The file's text without what was put around the expression: a span of the file to one of the expression. */
export function toExpression(
  { start, length }: Pick<VirtualExpression, 'start' | 'length'>,
  span: Span,
): Span | undefined {
  const from = span.start - start;
  const to = span.end - start;
  if (to < 0 || from > length) return undefined;
  return { start: Math.max(0, from), end: Math.min(length, to) };
}

/** The files themselves and everything that they import, each once. */
export function closure(files: readonly VirtualFile[]): VirtualFile[] {
  const all = new Set(files);
  for (const file of all) for (const imported of file.imports) all.add(imported);
  return [...all];
}
