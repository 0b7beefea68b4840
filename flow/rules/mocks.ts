/** Rules for mocks files: what their own text decides. */
import { nearest } from '../keys.js';
import { MOCK_KEYS, mocksIn, outputMaps, RECORDED_KEYS } from '../mocksFile.js';
import type { MapEntry, MapValue, Name, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { Segment } from '../segment.js';
import type { Span } from '../text.js';
import { entryOf, stringOf } from '../yaml.js';

/** What is wrong with a mocks file whatever its flow is. */
export function checkMocks(segment: Segment): Problem[] {
  return new ShapeCheck().file(segment);
}

class ShapeCheck {
  readonly #problems: Problem[] = [];

  file(segment: Segment): Problem[] {
    const { root } = segment.tree;
    if (segment.kind === 'block' && root) this.#report('`blocks` is a map of block names.', root.span);
    if (root?.kind !== 'map') return this.#problems;
    const blocks = entryOf(root, 'blocks');
    if (blocks && blocks.value.kind !== 'map' && !isEmpty(blocks.value))
      this.#report('`blocks` is a map of block names.', blocks.keySpan);
    for (const { name, value } of mocksIn(segment)) this.#mock(name, value);
    const signals = entryOf(root, 'signals');
    if (signals) this.#signals(signals);
    return this.#problems;
  }

  #mock(name: Name, value: Value): void {
    if (value.kind !== 'map') {
      this.#report(`The mock of "${name.text}" is a map with ${list(MOCK_KEYS)}.`, name.span);
      return;
    }
    this.#answer(value, MOCK_KEYS);
    const delay = entryOf(value, 'delay');
    const seconds = delay?.value.kind === 'constant' ? delay.value.value : undefined;
    if (delay && !(typeof seconds === 'number' && seconds >= 0))
      this.#report('`delay` is a number of seconds, 0 or more.', delay.keySpan);
    const recorded = entryOf(value, 'recorded');
    if (!recorded) return;
    if (recorded.value.kind !== 'list') {
      this.#report(
        '`recorded` is a list of answers, each with `when`, and `outputs` or `error`.',
        recorded.keySpan,
      );
      return;
    }
    for (const item of recorded.value.items) {
      this.#constant(item, 'What is recorded is constant: an expression belongs to a mock by hand.');
      if (item.kind === 'map') this.#answer(item, RECORDED_KEYS);
      else this.#report(`A recorded answer is a map with ${list(RECORDED_KEYS)}.`, item.span);
    }
  }

  #answer(map: MapValue, keys: Readonly<Record<string, string>>): void {
    for (const { key, keySpan } of map.entries) {
      if (Object.hasOwn(keys, key)) continue;
      const near = nearest(key, Object.keys(keys));
      this.#problems.push({
        code: 'unknown-field',
        message: `Nobody reads \`${key}\` here. ${near === undefined ? `Known: ${list(keys)}.` : `Did you mean \`${near}\`?`}`,
        severity: 'warning',
        span: keySpan,
        data: near === undefined ? { name: key } : { name: key, near },
      });
    }
    for (const one of outputMaps(map)) {
      if (one.kind !== 'map')
        this.#report('`outputs` is a map of output keys and data, or a list of such maps.', one.span);
    }
    const error = entryOf(map, 'error');
    if (error && stringOf(error.value) === undefined) this.#report('`error` is a text.', error.keySpan);
  }

  #signals({ keySpan, value }: MapEntry): void {
    this.#constant(value, 'Signals in a mocks file are constants.');
    const isMapOfMaps = value.kind === 'map' && value.entries.every((owner) => owner.value.kind === 'map');
    if (!isMapOfMaps && !isEmpty(value))
      this.#report('`signals` is a map of owners, each a map of its signals.', keySpan);
  }

  #constant(value: Value, message: string): void {
    if (value.kind === 'expression') this.#report(message, value.span);
    else if (value.kind === 'list') for (const item of value.items) this.#constant(item, message);
    else if (value.kind === 'map') for (const entry of value.entries) this.#constant(entry.value, message);
  }

  #report(message: string, span: Span): void {
    this.#problems.push({ code: 'shape', message, severity: 'error', span });
  }
}

const isEmpty = (value: Value): boolean => value.kind === 'constant' && value.value === null;

function list(keys: Readonly<Record<string, string>>): string {
  return Object.keys(keys).join(', ');
}
