/**
 * JSON of the new objects that literals make (analysis.ts, `Fresh`), written by a function of their own: several times
 * faster than JSON.stringify, which has to find out what it was given. And it tells that the object equals what its JSON
 * would be parsed to, so that nobody needs to parse it.
 */
import vm from 'node:vm';
import type { Fresh } from '../analysis.js';

/** Undefined: the value holds something that its JSON would not give back as it is, or does not belong to it alone. */
export type Writer = (value: unknown) => string | undefined;

/** Longest text whose characters are looked at one by one. */
const SHORT = 64;

export function makeWriter(fresh: Fresh): Writer {
  let steps = '';
  let count = 0;
  const write = (part: Fresh | null, access: string): string => {
    const name = `v${count++}`;
    if (!part) {
      steps += `const ${name} = leaf(${access}); if (${name} === undefined) return undefined;\n`;
      return name;
    }
    // What inherits `toJSON` is written by it.
    steps += `const ${name} = ${access}; if (${name}.toJSON !== undefined) return undefined;\n`;
    if ('a' in part)
      return ["'['", ...separated(part.a.map((item, i) => write(item, `${name}[${i}]`))), "']'"].join(' + ');
    const properties = part.o.map(([key, item]) => {
      const text = JSON.stringify(key);
      return `${JSON.stringify(`${text}:`)} + ${write(item, `${name}[${text}]`)}`;
    });
    return ["'{'", ...separated(properties), "'}'"].join(' + ');
  };
  const result = write(fresh, 'value');
  const code = `(function (leaf) { 'use strict'; return function (value) {\n${steps}return ${result};\n}; })`;
  const make = new vm.Script(code, { filename: 'writer' }).runInThisContext() as (
    leaf: (value: unknown) => string | undefined,
  ) => Writer;
  return make(leaf);
}

function separated(parts: readonly string[]): string[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : ["','", part]));
}

/** JSON of what is neither object nor function; undefined for these, and for what JSON has no word for. */
function leaf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      // JSON has no -0, and what is not finite becomes null.
      return Number.isFinite(value) && !Object.is(value, -0) ? `${value}` : undefined;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return value === null ? 'null' : undefined;
  }
}

function quoted(text: string): string {
  const { length } = text;
  if (length > SHORT) return JSON.stringify(text);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    // Control characters, quotes, backslashes, and surrogates, which may lack their other half.
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff))
      return JSON.stringify(text);
  }
  return `"${text}"`;
}
