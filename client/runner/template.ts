/** Parsed YAML values to templates: constants folded together, expressions by index. */
import type { ExpressionValue, Json, Value } from '../../flow/model.js';
import type { Template } from './definition.js';

/** `add` takes over an expression and gives its index. */
export function toTemplate(value: Value, add: (value: ExpressionValue) => number): Template {
  switch (value.kind) {
    case 'constant':
      return { c: value.value };
    case 'expression':
      return { x: add(value) };
    case 'list': {
      const items = value.items.map((item) => toTemplate(item, add));
      return items.every(isConstant) ? { c: items.map(({ c }) => c) } : { l: items };
    }
    case 'map': {
      const entries = value.entries.map(({ key, value: inner }) => [key, toTemplate(inner, add)] as const);
      return entries.every((entry): entry is readonly [string, { c: Json }] => isConstant(entry[1]))
        ? { c: Object.fromEntries(entries.map(([key, { c }]) => [key, c])) }
        : { m: entries };
    }
  }
}

export function isConstant(template: Template): template is { c: Json } {
  return 'c' in template;
}
