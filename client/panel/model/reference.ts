/** How an expression reads a place in an event, e.g. `previous.body.items[0]["a b"]`. */
import { IDENTIFIER } from '../../../flow/keys.js';
import type { JsonPath } from './jsonTree.js';
import type { Part } from './messages.js';

/** As an expression of a receiver reads it. */
export function referenceTo(part: Part, path: JsonPath): string {
  switch (part.kind) {
    case 'data':
    case 'previous':
      return member('previous', path);
    case 'output':
      return member('outputs', [part.key, ...path]);
    case 'signals':
      return member('signals', [part.owner, ...path]);
    case 'config':
      return member('config', path);
  }
}

function member(root: string, path: JsonPath): string {
  return path.reduce<string>(
    (base, step) =>
      typeof step === 'string' && IDENTIFIER.test(step)
        ? `${base}.${step}`
        : `${base}[${JSON.stringify(step)}]`,
    root,
  );
}
