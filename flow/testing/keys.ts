/** The keys of a test file, with what they are for: for messages, hover and completion. */

export const TEST_FILE_KEYS = {
  flow: 'path of the flow; default: the flow beside this file',
  mocks: 'path of the mocks; default: those beside the flow',
  secrets: 'made-up values of secrets, for this test only',
  signals: 'signals by owner and name',
  time: 'virtual time at the start, e.g. 2026-01-31T09:00:00Z',
  seed: 'makes ids and chance another, repeatable, choice',
  tests: 'the tests',
} as const;
export const TEST_KEYS = {
  name: 'what the test shows',
  send: 'a debug event, or a list of them',
  request: 'an HTTP request to an endpoint of the flow, or a list of them',
  advance: 'virtual time that passes then, e.g. 90m: schedules fire',
  expect: 'events, failures and responses that must come',
  never: 'events and failures that must not come',
  mocks: 'path of the mocks of this test',
  secrets: 'made-up values of secrets, for this test only',
  signals: 'signals of this test, by owner and name',
  time: 'virtual time at the start of this test',
  seed: 'seed of this test',
} as const;
export const SEND_KEYS = {
  block: 'the block that gets the event',
  input: 'its input; default: the only one, or `default`',
  output: 'emit on this output in the block’s name instead',
  data: 'the event’s data',
  outputs: 'what earlier blocks have emitted, by block name',
} as const;
export const REQUEST_KEYS = {
  method: 'default GET',
  path: 'e.g. /hello/Ada',
  query: 'parameters by name',
  headers: 'headers by name',
  body: 'text, or data that is sent as JSON',
} as const;
export const EXPECT_KEYS = {
  block: 'the block that emits or fails',
  output: 'the output; default: any',
  data: 'the data, in part; !any, !absent, !match and !expr stand for what differs',
  failed: 'text of the failure’s message',
  response: 'the answer to the request',
} as const;
export const RESPONSE_KEYS = {
  status: 'e.g. 200',
  headers: 'headers, in part',
  body: 'the body, in part',
} as const;

/** The keys that a map at a path of a test file may have; `[]` is a list's item. Undefined: any, or there is no map. */
export function keysAt(path: readonly string[]): Readonly<Record<string, string>> | undefined {
  const [root, item, part, ...rest] = path;
  if (root === undefined) return TEST_FILE_KEYS;
  if (root !== 'tests' || item !== '[]') return undefined;
  if (part === undefined) return TEST_KEYS;
  // A list of them and one alone are written alike.
  const [below, ...deeper] = rest[0] === '[]' ? rest.slice(1) : rest;
  if (part === 'expect' || part === 'never') {
    if (below === undefined) return EXPECT_KEYS;
    return below === 'response' && deeper.length === 0 ? RESPONSE_KEYS : undefined;
  }
  if (below !== undefined) return undefined;
  return part === 'send' ? SEND_KEYS : part === 'request' ? REQUEST_KEYS : undefined;
}
