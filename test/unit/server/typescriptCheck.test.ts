import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import fc from 'fast-check';
import { FlowDocument } from '../../../flow/document.js';
import { scalarSource } from '../../../flow/quoting.js';
import { checkTypes } from '../../../flow/types/check.js';
import { FlowTypes } from '../../../flow/types/flowTypes.js';
import { sourceOf } from '../../../flow/types/service.js';
import { afterIssue, service, typeErrors } from './typescriptService.js';

/** JavaScript as a literal block behind `Get Issue`. */
const script = (code: string): string =>
  afterIssue(`!expr |-\n            ${code.replaceAll('\n', '\n            ')}`);

describe('type errors of expressions', function () {
  this.timeout(60_000);

  /** Code, and what is said about it; nothing where that is left out. */
  const MISTAKES: readonly (readonly [string, string])[] = [
    ['outputs.getIssue.lables', 'lables: There is no `lables` in `outputs.getIssue`. Did you mean `labels`?'],
    ['previous.lables', 'lables: There is no `lables` in `previous`. Did you mean `labels`?'],
    [
      'outputs.getIssue.exact.gamma',
      'gamma: There is no `gamma` in `outputs.getIssue.exact`. It has `alpha`, `beta`.',
    ],
    [
      'outputs.getIssue.author?.loginn',
      'loginn: There is no `loginn` in `outputs.getIssue.author`. Did you mean `login`?',
    ],
    [
      'outputs.getIssue.id.trimm()',
      'trimm: There is no `trimm` in `outputs.getIssue.id`. Did you mean `trim`?',
    ],
    ['outputs.getIssue.id.nested', 'nested: There is no `nested` in `outputs.getIssue.id`. It is `string`.'],
    [
      '(() => { const { lables } = outputs.getIssue; return lables })()',
      'lables: There is no `lables` in this object. Did you mean `labels`?',
    ],
    [
      'outputs.getIssue.either.fille',
      'fille: There is no `fille` in `outputs.getIssue.either`. Did you mean `file`?',
    ],
    [
      'outputs.getIssue.labels.map((l) => l.lenght)',
      'lenght: There is no `lenght` in `l`. Did you mean `length`?',
    ],
    [
      '({ ...outputs.getIssue.author, more: 1 }).logn',
      'logn: There is no `logn` in `({ ...outputs.getIssue.author, more: 1 })`. Did you mean `login`?',
    ],
    ['signals.getIssue.stat', 'stat: There is no `stat` in `signals.getIssue`. Did you mean `state`?'],
    ['Math.flor(2)', 'flor: There is no `flor` in `Math`. Did you mean `floor`?'],
    [
      '(async () => { const sum = crypto.subtle.digest("SHA-256", new Uint8Array()); return sum.byteLength })()',
      'byteLength: There is no `byteLength` in `sum`. It is a promise: `await` it first.',
    ],
    ['outpts.getIssue', 'outpts: `outpts` is not defined. Did you mean `outputs`?'],
    ['[missing]', 'missing: `missing` is not defined.'],
    ['({ missing })', 'missing: `missing` is not defined.'],
    ['document.title', 'document: `document` is not defined: expressions run in Node.js, not in a browser.'],
    ['outputs.getIssue.id()', 'id: `id` is no function: it is `string`.'],
    [
      'new outputs.getIssue.id()',
      'outputs.getIssue.id: `outputs.getIssue.id` cannot be used with `new`: it is `string`.',
    ],
    [
      'encodeURIComponent(outputs.getIssue.author)',
      'outputs.getIssue.author: `outputs.getIssue.author` is `{ login: string; }`, but `string | number | boolean` is expected.',
    ],
    [
      'JSON.parse(outputs.getIssue)',
      'outputs.getIssue: `outputs.getIssue` is an object, but `string` is expected.',
    ],
    [
      'outputs.getIssue.labels.map("x")',
      '"x": `"x"` is `"x"`, but `(value: string, index: number, array: string[]) => any` is expected.',
    ],
    ['JSON.parse()', 'parse: Expected 1-2 arguments, but got 0.'],
    [
      '[...outputs.getIssue.author]',
      'outputs.getIssue.author: `outputs.getIssue.author` cannot be iterated: it is `{ login: string; }`, no array.',
    ],
    [
      'outputs.getIssue.state === "opn"',
      'outputs.getIssue.state === "opn": This is always false: `"open" | "closed"` is never the same as `"opn"`.',
    ],
    [
      'outputs.getIssue.count !== "5"',
      'outputs.getIssue.count !== "5": This is always true: `number` is never the same as `"5"`.',
    ],
    ['(() => { const a = 1; a = 2; return a })()', "a: Cannot assign to 'a' because it is a constant."],
    ['(() => { return b; const b = 1 })()', "b: Block-scoped variable 'b' used before its declaration."],
  ];
  for (const [code, expected] of MISTAKES) {
    it(`${code} → ${expected.slice(0, 60)}`, () => assert.deepEqual(typeErrors(script(code)), [expected]));
  }

  /** JavaScript that works, though a stricter reader would complain. */
  const IDIOMS = [
    'outputs.getIssue.notInTheSchema.deep',
    'outputs.getIssue.anything.x.y()',
    'outputs.getIssue.bad[0].x',
    'outputs.getIssue.map.any.toFixed()',
    'outputs.getIssue.either.file + outputs.getIssue.either.folder',
    'outputs.getIssue["with-dash"].trim()',
    'outputs.getIssue["lables"]',
    'outputs.notUpstream.x',
    'outputs.getIssue.foo = 5',
    'delete outputs.getIssue.foo',
    '"foo" in outputs.getIssue',
    'previous?.author?.login ?? "nobody"',
    'secrets.ANY.trim()',
    'secrets[`${previous.id}`]',
    'signals.anInstallation.thing.deep',
    'ref("signal.getIssue.nope").deep',
    'encrypt("a", "b").c + decrypt("a", "b")',
    '(() => { const made = {}; made.first = 1; made["second"] = 2; return made.first + made.third })()',
    '(() => { const error = new Error("x"); error.code = "Y"; throw error })()',
    '(() => { let x = 1; x = "a"; return x.length })()',
    '(() => { let done = false; [1].forEach(() => { done = true }); return done === true })()',
    '(() => { let x; if (Math.random()) x = { a: 1 }; else x = { b: 2 }; return x.a })()',
    '(() => { try { return 1 } catch (e) { return e.response.data } })()',
    '(() => { const options = { month: "long" }; return new Intl.DateTimeFormat("en", options).format() })()',
    '(() => { const f = (x) => x.foo.bar; return f(outputs) })()',
    '(({ a = 1, b }) => b)({})',
    '((a, b) => a)(1)',
    '((a) => a)(1, 2)',
    '(function (x) { return arguments.length + this.y })(1)',
    'new (class { constructor() { this.x = 1 } get() { return this.x + this.y } })().get()',
    'parseInt(outputs.getIssue.count)',
    'Math.floor(new Date())',
    'new Date() - new Date(outputs.getIssue.id)',
    'outputs.getIssue.count == "5"',
    'outputs.getIssue.labels.includes(5)',
    'outputs.getIssue.labels.reduce((all, l) => { all[l] = 1; return all }, {}).any',
    'Object.groupBy(outputs.getIssue.labels, (l) => l[0]).a',
    'Object.fromEntries(Object.entries(outputs.getIssue).map(([k, v]) => [k, v.toString()])).id',
    'Object.assign({}, { a: 1 }, outputs.getIssue).zzz',
    '({ ...outputs.getIssue, q: 1 }).zzz',
    '"abc".replace(/a/g, (m) => m.length)',
    '[].concat(1, [2])',
    '[1].concat("a")',
    '[1, 2].filter(Boolean).map(Number)',
    '[3, 1].sort((a, b) => a > b)',
    'typeof notThere === "undefined"',
    'process.env.HOME + require("node:crypto").x + Buffer.from("x").toString("base64url")',
    '(async () => (await (await fetch("x")).json()).foo)()',
    '/(?<year>\\d+)/.exec("x")?.groups?.year',
    'new Set([1]).union(new Set())',
    'Error.captureStackTrace({})',
  ];
  for (const code of IDIOMS)
    it(`says nothing about ${code}`, () => assert.deepEqual(typeErrors(script(code)), []));

  it('says nothing about the examples', () => {
    const files = fs.readdirSync('examples').filter((name) => name.endsWith('.flow.yaml'));
    assert.ok(files.length > 0);
    for (const name of files)
      assert.deepEqual(typeErrors(fs.readFileSync(path.join('examples', name), 'utf8')), [], name);
  });

  it('knows every global of Node', () => {
    // In a process of its own: tests have globals besides.
    const program = 'console.log(Object.getOwnPropertyNames(globalThis).join())';
    const names = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    // Where code is given on the command line, Node's modules are names, too.
    const globals = names
      .trim()
      .split(',')
      .filter((name) => !builtinModules.includes(name));
    assert.ok(globals.includes('TextEncoder'));
    assert.deepEqual(typeErrors(script(`[${globals.join(', ')}]`)), []);
  });

  it('bears every beginning of every expression: it answers, and does not throw', () => {
    const codes = [...MISTAKES.map(([code]) => code), ...IDIOMS];
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.nat(), fc.nat(), (code, cut, cursor) => {
        const text = code.slice(0, cut % (code.length + 1));
        const document = new FlowDocument(afterIssue(`!expr ${scalarSource(text, 'double', false)}`));
        const types = new FlowTypes(document);
        const placed = document.blocks.at(-1)!;
        const [value] = placed.block.expressions;
        const source = sourceOf(types.expression(value!, placed, 'assist'));
        const place = { ...source, offset: cursor % (text.length + 1) };
        service().complete(place);
        service().signatures(place);
        for (const span of [service().hover(place)?.span, ...service().definitions(place)]) {
          if (span) assert.ok(0 <= span.start && span.start <= span.end && span.end <= text.length);
        }
        service().check([source]);
        checkTypes(document, service());
      }),
      { numRuns: 150 },
    );
  });
});
