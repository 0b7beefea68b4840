/**
 * Whether a segment is worth a search for tokens: one walk over its values that looks at texts only. Most segments hold
 * nothing that could be a token, and a large flow is opened without searching them. A no is always right.
 */
import { shapeOf } from '../catalog.js';
import type { MapValue, Value } from '../model.js';
import type { Segment } from '../segment.js';
import type { FieldShape } from '../shape.js';
import { looksLikeToken, MIN_LENGTH, namesSecret } from './detect.js';

export function mayHoldTokens({ tree, content }: Segment): boolean {
  for (const block of content.blocks) {
    const shape = shapeOf(block);
    if (!shape) continue;
    if (setsSensitive(block.config, shape.config)) return true;
    for (const [key, { config }] of block.inputs) {
      const input = shape.inputs.get(key);
      if (input && setsSensitive(config, input.config)) return true;
    }
  }
  return tree.root !== undefined && holds(tree.root, undefined);
}

/** Whatever is written into a sensitive field is a token. */
function setsSensitive(map: MapValue | undefined, fields: ReadonlyMap<string, FieldShape>): boolean {
  for (const { key } of map?.entries ?? []) if (fields.get(key)?.sensitive) return true;
  return false;
}

/** `name`: what the value is given to. */
function holds(value: Value, name: string | undefined): boolean {
  switch (value.kind) {
    case 'constant': {
      const text = value.value;
      if (typeof text !== 'string') return false;
      return looksLikeToken(text) || (text.length >= MIN_LENGTH && name !== undefined && namesSecret(name));
    }
    case 'expression':
      return value.expression.mayHoldToken;
    case 'list':
      for (const item of value.items) if (holds(item, name)) return true;
      return false;
    case 'map':
      for (const entry of value.entries) {
        // The app's own description of a block.
        if (entry.key === 'schema' && entry.value.kind === 'constant') continue;
        if (holds(entry.value, entry.key)) return true;
      }
      return false;
  }
}
