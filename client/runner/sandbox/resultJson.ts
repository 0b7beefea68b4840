/** JSON of what expressions give. */
import { describeError, EngineError } from './errors.js';

/** JSON.stringify's own type leaves out that some values have no JSON. */
const toJson: (value: unknown) => string | undefined = JSON.stringify;

/** A value without JSON (undefined, a function) is null. Throws an EngineError for what cannot be an event's data. */
export function resultJson(value: unknown, limit: number): string {
  let json: string | undefined;
  try {
    json = toJson(value);
  } catch (thrown) {
    const { message } = describeError(thrown, undefined);
    throw new EngineError('json', `The result cannot be turned into JSON: ${message.split('\n', 1)[0]!}`);
  }
  return json === undefined ? 'null' : within(limit, json);
}

/** The JSON, unless it is too long for an event. */
export function within(limit: number, json: string): string {
  if (json.length > limit)
    throw new EngineError(
      'payload',
      `The result has ${json.length} characters as JSON; the limit is ${limit}.`,
    );
  return json;
}
