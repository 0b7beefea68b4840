/** Reads test files. Never throws; what cannot be read is left out and named in a problem. */
import type { Code } from '../codes.js';
import { durationIn } from '../duration.js';
import { nearest, secretKeyProblem } from '../keys.js';
import type { Json, MapEntry, MapValue, Name, Value } from '../model.js';
import type { Problem } from '../problem.js';
import type { Span } from '../text.js';
import { entryOf, readYaml, stringOf } from '../yaml.js';
import { EXPECT_KEYS, REQUEST_KEYS, RESPONSE_KEYS, SEND_KEYS, TEST_FILE_KEYS, TEST_KEYS } from './keys.js';
import { MATCHERS, regExpOf } from './matchers.js';
import type { Expectation, FlowTest, FlowTestFile, TestSecret, TestSetup, TestStep } from './model.js';

export function parseTestFile(text: string): FlowTestFile {
  const { root, problems } = readYaml(text, MATCHERS);
  return new TestReader([...problems]).file(root);
}

/** Seconds, or a text such as `90m`, in milliseconds; undefined for anything else. */
function durationOf(value: Value | undefined): number | undefined {
  if (value?.kind !== 'constant') return undefined;
  if (typeof value.value === 'number') return value.value > 0 ? value.value * 1_000 : undefined;
  return durationIn(String(value.value));
}

class TestReader {
  constructor(readonly problems: Problem[]) {}

  file(root: Value | undefined): FlowTestFile {
    const { problems } = this;
    if (root?.kind !== 'map') {
      if (root && !isEmpty(root)) this.#report('test-shape', 'A test file is a map with `tests`.', root.span);
      return { setup: { secrets: new Map(), stored: [] }, tests: [], problems };
    }
    this.#known(root, TEST_FILE_KEYS);
    const flow = this.#text(root, 'flow', 'a path from this file, e.g. `flow: ./jira.flow.yaml`');
    const setup = this.#setup(root);
    const entry = entryOf(root, 'tests');
    if (!entry) {
      this.#report('test-shape', 'A test file has a list of `tests`.', {
        start: root.span.start,
        end: root.span.start,
      });
    }
    const tests = entry ? this.#items(entry, '`tests`', false).flatMap((item) => this.#test(item)) : [];
    const names = new Set<string>();
    for (const { name } of tests) {
      if (names.has(name.text)) this.#report('test-shape', 'Two tests have this name.', name.span);
      names.add(name.text);
    }
    return { setup, tests, problems, ...(flow && { flow }) };
  }

  #test(value: Value): FlowTest[] {
    if (value.kind !== 'map') {
      this.#report(
        'test-shape',
        'A test is a map with `name`, `send` or `request`, and `expect`.',
        value.span,
      );
      return [];
    }
    this.#known(value, TEST_KEYS);
    const name = this.#text(value, 'name', 'what the test shows, e.g. `name: an approval confirms the run`');
    if (!name && !entryOf(value, 'name'))
      this.#report('test-shape', 'A test has a `name`.', firstLine(value));
    // In the order of the file.
    const steps = value.entries.flatMap((entry): TestStep[] => {
      if (entry.key === 'send') return this.#items(entry, '`send`').flatMap((item) => this.#send(item));
      if (entry.key === 'request')
        return this.#items(entry, '`request`').flatMap((item) => this.#request(item));
      return entry.key === 'advance' ? this.#advance(entry) : [];
    });
    if (!value.entries.some(({ key }) => key === 'send' || key === 'request' || key === 'advance'))
      this.#report(
        'test-shape',
        'A test begins with a `send`, a `request` or an `advance`.',
        name?.span ?? firstLine(value),
      );
    const expect = this.#expectations(value, 'expect');
    const never = this.#expectations(value, 'never');
    if (!entryOf(value, 'expect') && !entryOf(value, 'never'))
      this.#report(
        'test-shape',
        'A test says what it expects: `expect` or `never`.',
        name?.span ?? firstLine(value),
      );
    return [
      {
        name: name ?? { text: 'test without a name', span: firstLine(value) },
        setup: this.#setup(value),
        steps,
        expect,
        never,
      },
    ];
  }

  #setup(map: MapValue): TestSetup {
    const mocks = this.#text(map, 'mocks', 'a path from this file, e.g. `mocks: ./denied.mocks.yaml`');
    const seed = entryOf(map, 'seed');
    const number = seed?.value.kind === 'constant' ? seed.value.value : undefined;
    if (seed && !(typeof number === 'number' && Number.isSafeInteger(number) && number >= 0))
      this.#report('test-shape', '`seed` is a whole number.', seed.keySpan);
    const time = this.#time(entryOf(map, 'time'));
    const signals = entryOf(map, 'signals');
    return {
      ...this.#secrets(entryOf(map, 'secrets')),
      ...(mocks && { mocks }),
      ...(typeof number === 'number' && { seed: number }),
      ...(time !== undefined && { time }),
      ...(signals && { signals: this.#signals(signals) }),
    };
  }

  #time(entry: MapEntry | undefined): number | undefined {
    if (!entry) return undefined;
    const time = Date.parse(stringOf(entry.value) ?? '');
    if (!Number.isNaN(time)) return time;
    this.#report('test-shape', '`time` is a point in time, e.g. 2026-01-31T09:00:00Z.', entry.keySpan);
    return undefined;
  }

  #secrets(entry: MapEntry | undefined): Pick<TestSetup, 'secrets' | 'stored'> {
    const secrets = new Map<string, TestSecret>();
    const stored: Name[] = [];
    for (const { key, keySpan, value } of this.#entries(entry, '`secrets`')) {
      const bad = secretKeyProblem(key);
      if (bad !== undefined) {
        this.#report('test-shape', bad, keySpan);
        continue;
      }
      const word = stringOf(value);
      const fake = value.kind === 'map' ? stringOf(entryOf(value, 'fake')?.value) : undefined;
      if (value.kind === 'map') this.#known(value, { fake: 'a made-up value' });
      if (word === 'generated' || word === 'none' || word === 'stored') {
        secrets.set(key, word);
        if (word === 'stored') stored.push({ text: key, span: keySpan });
      } else if (fake !== undefined && fake !== '') secrets.set(key, { fake });
      // What stands there may be a value in the wrong place: it is not repeated.
      else
        this.#report(
          'test-value',
          `A test file holds no value of a secret: it is shared. \`${key}\` is \`generated\`, \`none\`, or \`{ fake: … }\` with a text that is made up for this test.`,
          value.span.end > value.span.start ? value.span : keySpan,
        );
    }
    return { secrets, stored };
  }

  #signals(entry: MapEntry): Record<string, Record<string, Json>> {
    const all = this.#json(entry.value);
    const isMap = (value: Json): value is Record<string, Json> =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap(all) && Object.values(all).every(isMap)) return all as Record<string, Record<string, Json>>;
    this.#report('test-shape', '`signals` is a map of owners, each a map of its signals.', entry.keySpan);
    return {};
  }

  #send(value: Value): TestStep[] {
    if (value.kind !== 'map') {
      this.#report('test-shape', '`send` is a map with `block` and `data`.', value.span);
      return [];
    }
    this.#known(value, SEND_KEYS);
    const block = this.#name(value, 'block');
    const input = this.#text(value, 'input', 'an input’s key');
    const output = this.#text(value, 'output', 'an output’s key');
    if (input && output)
      this.#report(
        'test-shape',
        'An event goes to an `input` or comes from an `output`, not both.',
        output.span,
      );
    const data = entryOf(value, 'data');
    const ancestors = this.#entries(entryOf(value, 'outputs'), '`outputs`').map(
      (entry) => [entry.key, this.#json(entry.value)] as const,
    );
    if (!block) return [];
    return [
      {
        kind: 'send',
        block,
        data: data ? this.#json(data.value) : null,
        span: value.span,
        ...(input && { input }),
        ...(output && { output }),
        ...(ancestors.length > 0 && { ancestors: Object.fromEntries(ancestors) }),
      },
    ];
  }

  #request(value: Value): TestStep[] {
    if (value.kind !== 'map') {
      this.#report('test-shape', '`request` is a map with `method` and `path`.', value.span);
      return [];
    }
    this.#known(value, REQUEST_KEYS);
    const path = this.#text(value, 'path', 'a path, e.g. `path: /hello/Ada`');
    const method = this.#text(value, 'method', 'a method, e.g. `method: POST`');
    if (method && !/^[A-Za-z]+$/.test(method.text))
      this.#report('test-shape', '`method` is a word such as POST.', method.span);
    if (path && !path.text.startsWith('/'))
      this.#report('test-shape', 'A `path` begins with `/`; the address is that of the run.', path.span);
    if (!path) {
      if (!entryOf(value, 'path')) this.#report('test-shape', 'A request has a `path`.', firstLine(value));
      return [];
    }
    const body = entryOf(value, 'body');
    return [
      {
        kind: 'request',
        method: method?.text.toUpperCase() ?? (body ? 'POST' : 'GET'),
        path: path.text,
        query: this.#texts(entryOf(value, 'query')),
        headers: this.#texts(entryOf(value, 'headers')),
        span: value.span,
        ...(body && { body: this.#json(body.value) }),
      },
    ];
  }

  #advance(entry: MapEntry): TestStep[] {
    const milliseconds = durationOf(entry.value);
    if (milliseconds !== undefined) return [{ kind: 'advance', milliseconds, span: entry.value.span }];
    this.#report('test-shape', '`advance` is seconds, or a text such as 90m, 12h or 7d.', entry.keySpan);
    return [];
  }

  #expectations(map: MapValue, key: 'expect' | 'never'): Expectation[] {
    const entry = entryOf(map, key);
    return entry ? this.#items(entry, `\`${key}\``).flatMap((item) => this.#expectation(item, key)) : [];
  }

  #expectation(value: Value, list: 'expect' | 'never'): Expectation[] {
    if (value.kind !== 'map') {
      this.#report('test-shape', `An item of \`${list}\` is a map with \`block\`.`, value.span);
      return [];
    }
    this.#known(value, EXPECT_KEYS);
    const { span } = value;
    const response = entryOf(value, 'response');
    if (response) return list === 'never' ? this.#noResponse(response) : this.#response(value, response);
    const block = this.#name(value, 'block');
    if (!block) return [];
    const failed = entryOf(value, 'failed');
    const data = entryOf(value, 'data');
    const output = this.#text(value, 'output', 'an output’s key');
    if (data) this.#pattern(data.value);
    if (failed) {
      if (output ?? data)
        this.#report('test-shape', 'A failure has no `output` and no `data`.', failed.keySpan);
      this.#pattern(failed.value);
      return [{ kind: 'failed', block, message: failed.value, span }];
    }
    return [{ kind: 'event', block, span, ...(output && { output }), ...(data && { data: data.value }) }];
  }

  #response(map: MapValue, { keySpan, value }: MapEntry): Expectation[] {
    const other = map.entries.find(({ key }) => key !== 'response');
    if (other) this.#report('test-shape', 'A response stands alone in its item.', other.keySpan);
    if (value.kind !== 'map') {
      this.#report('test-shape', '`response` is a map with `status`, `headers` and `body`.', keySpan);
      return [];
    }
    this.#known(value, RESPONSE_KEYS);
    const parts = Object.fromEntries(
      value.entries.filter(({ key }) => key in RESPONSE_KEYS).map((part) => [part.key, part.value]),
    );
    for (const part of Object.values(parts)) this.#pattern(part);
    const { status, headers, body } = parts;
    if (headers && headers.kind !== 'map')
      this.#report('test-shape', '`headers` is a map of names and values.', headers.span);
    return [
      {
        kind: 'response',
        span: map.span,
        ...(status && { status }),
        ...(headers?.kind === 'map' && { headers }),
        ...(body && { body }),
      },
    ];
  }

  #noResponse({ keySpan }: MapEntry): Expectation[] {
    this.#report(
      'test-shape',
      '`never` is about events and failures: a request always has a response.',
      keySpan,
    );
    return [];
  }

  /** Looks through expected data for matchers that cannot work. */
  #pattern(value: Value): void {
    if (value.kind === 'map') for (const entry of value.entries) this.#pattern(entry.value);
    else if (value.kind === 'list') for (const item of value.items) this.#pattern(item);
    else if (value.kind === 'expression') {
      const { syntaxError } = value.expression;
      if (syntaxError) {
        const { start, end } = syntaxError.span;
        this.#report('expression-syntax', syntaxError.message, {
          start: value.scalar.toSource(start),
          end: value.scalar.toSource(end),
        });
      }
    } else if (value.tag === '!match' && !regExpOf(String(value.value))) {
      this.#report(
        'test-shape',
        '`!match` takes a regular expression between slashes, e.g. `!match /^v\\d+$/i`.',
        value.span,
      );
    }
  }

  /** Constant data. Expressions and matchers belong to what is expected. */
  #json(value: Value): Json {
    switch (value.kind) {
      case 'constant':
        if (value.tag !== undefined) this.#constantOnly(value.span);
        return value.value;
      case 'expression':
        this.#constantOnly(value.span);
        return null;
      case 'list':
        return value.items.map((item) => this.#json(item));
      case 'map':
        return Object.fromEntries(value.entries.map((entry) => [entry.key, this.#json(entry.value)]));
    }
  }

  #constantOnly(span: Span): void {
    this.#report(
      'test-shape',
      'What is sent is written out: expressions and matchers stand in `expect` and `never` only.',
      span,
    );
  }

  #texts(entry: MapEntry | undefined): Record<string, string> {
    return Object.fromEntries(
      this.#entries(entry, `\`${entry?.key ?? ''}\``).flatMap(({ key, value }): [string, string][] => {
        if (value.kind === 'constant' && value.value !== null && value.tag === undefined)
          return [[key, String(value.value)]];
        this.#report('test-shape', `\`${key}\` is a text here.`, value.span);
        return [];
      }),
    );
  }

  #name(map: MapValue, key: 'block'): Name | undefined {
    const name = this.#text(map, key, 'the name of a block');
    if (!name && !entryOf(map, key)) this.#report('test-shape', `\`${key}\` is missing.`, firstLine(map));
    return name;
  }

  #text(map: MapValue, key: string, what: string): Name | undefined {
    const entry = entryOf(map, key);
    if (!entry) return undefined;
    const { value } = entry;
    if (value.kind === 'constant' && value.value !== null && value.value !== '' && value.tag === undefined)
      return { text: String(value.value), span: value.span };
    this.#report('test-shape', `\`${key}\` is ${what}.`, entry.keySpan);
    return undefined;
  }

  #entries(entry: MapEntry | undefined, what: string): readonly MapEntry[] {
    if (!entry || isEmpty(entry.value)) return [];
    if (entry.value.kind === 'map') return entry.value.entries;
    this.#report('test-shape', `${what} is a map.`, entry.keySpan);
    return [];
  }

  /** Items of a list; one that stands alone counts as a list of one where that is allowed. */
  #items({ key, keySpan, value }: MapEntry, what: string, single = true): readonly Value[] {
    if (value.kind === 'list') return value.items;
    if (isEmpty(value)) {
      if (key !== 'expect' && key !== 'never') this.#report('test-shape', `${what} is empty.`, keySpan);
      return [];
    }
    if (single && value.kind === 'map') return [value];
    this.#report(
      'test-shape',
      single ? `${what} is a map, or a list of such maps.` : `${what} is a list.`,
      keySpan,
    );
    return [];
  }

  #known(map: MapValue, keys: Readonly<Record<string, string>>): void {
    for (const { key, keySpan } of map.entries) {
      if (Object.hasOwn(keys, key)) continue;
      const near = nearest(key, Object.keys(keys));
      this.#report(
        'test-field',
        near === undefined
          ? `Nobody reads this key. Known here: ${Object.keys(keys).join(', ')}.`
          : `Unknown key \`${key}\`. Did you mean \`${near}\`?`,
        keySpan,
        'warning',
      );
    }
  }

  #report(code: Code, message: string, span: Span, severity: Problem['severity'] = 'error'): void {
    this.problems.push({ code, message, severity, span });
  }
}

function isEmpty(value: Value): boolean {
  return value.kind === 'constant' && value.value === null && value.tag === undefined;
}

/** The first entry's key: where to point for something that is missing in a map. */
function firstLine(map: MapValue): Span {
  return map.entries[0]?.keySpan ?? map.span;
}
