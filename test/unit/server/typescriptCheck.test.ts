import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { FlowDocument } from '../../../flow/document.js';
import { scalarSource } from '../../../flow/quoting.js';
import type { JsonSchema } from '../../../flow/shape.js';
import { checkTypes } from '../../../flow/types/check.js';
import { FlowTypes } from '../../../flow/types/flowTypes.js';
import { typeOfSchema } from '../../../flow/types/schema.js';
import { sourceOf, type ExpressionSource } from '../../../flow/types/service.js';
import { afterIssue, appBlock, coreBlock, flow, ISSUE, service, typeErrors } from './typescriptService.js';

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

  describe('between blocks', () => {
    const use = (from: string | string[], code: string): string =>
      coreBlock('Use', 'condition', {
        from,
        config: `condition: !expr ${scalarSource(code, 'single', false)}`,
      });

    it('a transform’s object literal has what is in it, nothing else; what a function returns may have more', () => {
      const made = (output: string): string =>
        flow(coreBlock('Make', 'transform', { output }), use('Make', 'outputs.make.other'));
      assert.deepEqual(typeErrors(made("!expr '{ total: 1, at: 2 }'")), [
        'other: There is no `other` in `outputs.make`. It has `total`, `at`.',
      ]);
      assert.deepEqual(
        typeErrors(made("!expr '(() => { const made = {}; made.total = 1; return made })()'")),
        [],
      );
      assert.deepEqual(typeErrors(made('!expr JSON.parse(secrets.X)')), []);
      assert.deepEqual(typeErrors(made('\n          total: 1')), [
        'other: There is no `other` in `outputs.make`. It has `total`.',
      ]);
      assert.deepEqual(typeErrors(made("!expr '{ total: '")), []);
    });

    it('types go through chains of transforms', () => {
      const chain = flow(
        appBlock('Get Issue', { default: ISSUE }),
        coreBlock('A', 'transform', {
          from: 'Get Issue',
          output: "!expr '{ author: outputs.getIssue.author }'",
        }),
        coreBlock('B', 'transform', { from: 'A', output: '!expr outputs.a.author' }),
        use('B', '[outputs.b.logn, previous.logn]'),
      );
      assert.equal(typeErrors(chain).length, 2);
    });

    it('transforms that read each other in a circle are anything, whoever is asked first', () => {
      const circle = (first: string, second: string): string =>
        flow(
          coreBlock(first, 'transform', {
            from: second,
            output: `!expr '{ x: outputs.${second.toLowerCase()}.x, own: 1 }'`,
          }),
          coreBlock(second, 'transform', {
            from: first,
            output: `!expr '{ x: outputs.${first.toLowerCase()}.x, own: 1 }'`,
          }),
          use([first, second], '[outputs.a.own, outputs.b.own, outputs.a.x.y.z]'),
        );
      assert.deepEqual(typeErrors(circle('A', 'B')), []);
      assert.deepEqual(typeErrors(circle('B', 'A')), []);
    });

    it('an endpoint that answers itself is typed', () => {
      const echo = (code: string): string =>
        flow(
          coreBlock('Hook', 'httpEndpoint', {
            fixed: 'path: /hello/{name}',
            from: 'Make',
            config: 'body: !expr outputs.make.greting',
          }),
          coreBlock('Make', 'transform', { from: 'Hook/requests', output: `!expr '{ greeting: ${code} }'` }),
        );
      assert.deepEqual(typeErrors(echo('outputs.hook.params.name')), [
        'greting: There is no `greting` in `outputs.make`. Did you mean `greeting`?',
      ]);
      assert.equal(typeErrors(echo('outputs.hook.params.nam')).length, 2);
      // What an endpoint's request has besides is not all documented.
      assert.equal(typeErrors(echo('outputs.hook.clientAddress.x')).length, 1);
    });

    it('two outputs of a block are told apart by the way', () => {
      const two = (output: string): string =>
        flow(
          appBlock('Ask', {
            sent: { type: 'object', properties: { alpha: { type: 'string' } }, additionalProperties: false },
            answered: {
              type: 'object',
              properties: { beta: { type: 'string' } },
              additionalProperties: false,
            },
          }),
          use(`Ask/${output}`, 'outputs.ask.beta'),
        );
      assert.equal(typeErrors(two('sent')).length, 1);
      assert.equal(typeErrors(two('answered')).length, 0);
    });

    it('blocks of one key are all of them, and only those upstream', () => {
      const shape = (name: string): JsonSchema => ({
        type: 'object',
        properties: { [name]: { type: 'string' } },
        additionalProperties: false,
      });
      const blocks = [
        appBlock('Get', { default: shape('alpha') }),
        appBlock('Get (1)', { default: shape('beta') }),
        appBlock('Get (2)', { default: shape('gamma') }),
      ];
      assert.deepEqual(
        typeErrors(flow(...blocks, use(['Get', 'Get (1)'], '[outputs.get.alpha, outputs.get.beta]'))),
        [],
      );
      assert.equal(
        typeErrors(flow(...blocks, use('Get', '[outputs.get.alpha, outputs.get.beta]'))).length,
        1,
      );
      assert.equal(typeErrors(flow(...blocks, use(['Get', 'Get (1)'], 'outputs.get.gamma'))).length, 1);
    });

    it('what is not known is anything: conditions, sleeps, errors, customisations of `previous`, links to nowhere', () => {
      for (const block of [
        coreBlock('Mid', 'condition', { from: 'Get Issue', config: 'condition: true' }),
        coreBlock('Mid', 'sleep', { from: 'Get Issue', config: 'sleep: 1' }),
        coreBlock('Mid', 'transform', { from: 'Get Issue' }),
        coreBlock('Mid', 'transform', { from: 'Get Issue', output: '!expr previous' }),
        coreBlock('Mid', 'unheardOf', { from: 'Get Issue' }),
      ]) {
        const text = flow(
          appBlock('Get Issue', { default: ISSUE }),
          block,
          use(['Mid', 'Nowhere'], '[previous.lables, outputs.mid.lables]'),
        );
        assert.deepEqual(typeErrors(text), []);
      }
      const handled = flow(
        `${appBlock('Get Issue', { default: ISSUE })}\n    errorHandler: Use`,
        use([], '[previous.lables, outputs.getIssue.lables]'),
      );
      assert.deepEqual(typeErrors(handled), []);
    });
  });

  it('underlines exactly the name, in every style of scalar', () => {
    // Texts between which the name stands: what YAML escapes, folds and trims.
    const filler = fc
      .array(fc.constantFrom(' ', '\n', '\\', '"', "'", 'é', '\u{1f600}', '\t', '#', ': ', 'a', '  '), {
        maxLength: 12,
      })
      .map((parts) => `/*${parts.join('').replaceAll('*/', '')}*/`);
    let checked = 0;
    fc.assert(
      fc.property(
        filler,
        filler,
        fc.constantFrom('double', 'single', 'literal', 'folded'),
        (before, after, style) => {
          const code = `${before} nowhere ${after}`;
          let source: string;
          if (style === 'double' || style === 'single') {
            source = scalarSource(code, style, false);
          } else {
            const mark = style === 'literal' ? '|2-' : '>2-';
            source = `${mark}\n${code
              .split('\n')
              .map((line) => `            ${line}`)
              .join('\n')}`;
          }
          const found = typeErrors(afterIssue(`!expr ${source}`));
          // Some texts end the comment or the scalar before the name: then there is no such name.
          const [problem] = found;
          if (!problem) return;
          checked++;
          assert.match(problem, /^nowhere: `nowhere` is not defined\.$/);
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(checked > 30, `${checked} of 60`);
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

  it('gives after any edits what it gives for the text as a whole', () => {
    const start = flow(
      coreBlock('Hook', 'httpEndpoint', { fixed: 'path: /hello/{name}' }),
      appBlock('Get Issue', { default: ISSUE }, { from: 'Hook/requests', signals: { state: {} } }),
      coreBlock('Make', 'transform', {
        from: 'Get Issue',
        output: "!expr '{ author: outputs.getIssue.author }'",
      }),
      coreBlock('Use', 'condition', {
        from: 'Make',
        config: "condition: !expr 'outputs.make.author.logn + previous.author.login'",
      }),
      coreBlock('Last', 'transform', {
        from: 'Use/then',
        output: "!expr '[outputs.make.autor, signals.getIssue.stat]'",
      }),
    );
    const edits = [
      ['author', 'autor'],
      ['logn', 'login'],
      ['Get Issue', 'Fetch'],
      ['getIssue', 'fetch'],
      ['Make', 'Made'],
      ['make', 'made'],
      ['block: Make', 'block: Hook'],
      ['{name}', '{id}'],
      ['"labels"', '"lables"'],
      ['stat', 'state'],
      ['Use', 'Use (1)'],
      ['outputs.', 'previous.'],
      ['  - name', '  # - name'],
      ['default', 'requests'],
    ] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(edits.length - 1), fc.boolean(), fc.nat(5)), { maxLength: 8 }),
        (steps) => {
          const document = new FlowDocument(start);
          const types = new FlowTypes(document);
          const sources = (of: FlowDocument, from: FlowTypes): ExpressionSource[] =>
            of.blocks.flatMap((placed) =>
              placed.block.expressions.map((value) => sourceOf(from.expression(value, placed, 'check'))),
            );
          for (const [i, back, nth] of steps) {
            const [a, b] = back ? [edits[i]![1], edits[i]![0]] : edits[i]!;
            const { text } = document;
            const places = [...text.matchAll(new RegExp(a.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g'))];
            const at = places[nth % Math.max(1, places.length)]?.index;
            if (at === undefined) continue;
            document.change([
              { range: { start: document.positionAt(at), end: document.positionAt(at + a.length) }, text: b },
            ]);
            sources(document, types);
          }
          const fresh = new FlowDocument(document.text);
          assert.deepEqual(
            service().check(sources(document, types)),
            service().check(sources(fresh, new FlowTypes(fresh))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('types of schemas', function () {
  this.timeout(60_000);

  for (const [schema, expected] of [
    [{}, 'any'],
    [undefined, 'any'],
    ['string', 'any'],
    [[], 'any'],
    [{ type: 'string' }, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'nonsense' }, 'any'],
    [{ type: { type: 'string' } }, 'any'],
    [{ type: 'array' }, 'any[]'],
    [{ type: 'array', items: { type: { type: 'string' } } }, 'any[]'],
    [{ items: { type: 'string' } }, 'string[]'],
    [{ type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
    [{ enum: ['a', 1, true, null] }, '"a" | 1 | true | null'],
    [{ enum: [] }, 'any'],
    [{ enum: [{}] }, 'any'],
    [{ const: 'a' }, '"a"'],
    [{ type: 'object' }, '{ [key: string]: any }'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [key: string]: number }'],
    [{ properties: { a: { type: 'string' } } }, '{\na?: string; }'],
    [
      { properties: { a: {} }, required: ['a'], additionalProperties: true },
      '{\na: any;\n[key: string]: any; }',
    ],
    [{ properties: { 'a-b': {} }, required: 'a-b' }, '{\n"a-b"?: any; }'],
    [
      { properties: { a: { description: 'x */ y', deprecated: true } } },
      '{\n/** x *\u200b/ y\n@deprecated */ a?: any; }',
    ],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
    [{ anyOf: [{ type: 'string' }, {}] }, 'any'],
    [{ anyOf: 'nonsense' }, 'any'],
    [{ oneOf: [{ type: 'string' }], nullable: true }, 'string | null'],
    [{ allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }, '{\na?: any; } & {\nb?: any; }'],
    [{ $ref: '#/elsewhere' }, 'any'],
  ] as const) {
    it(`${JSON.stringify(schema)} is ${expected.replace(/\s+/g, ' ')}`, () => {
      assert.equal(typeOfSchema(schema), expected);
    });
  }

  it('whatever the schema, what comes out is a type', () => {
    const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'schema' },
        fc.constant({}),
        fc.record(
          {
            type: fc.oneof(
              fc.constantFrom('string', 'number', 'object', 'array', 'null', 'odd', 5),
              fc.array(fc.constantFrom('string', 'array', 7), { maxLength: 2 }),
            ),
            properties: fc.oneof(
              fc.dictionary(fc.string(), tie('schema'), { maxKeys: 3 }),
              fc.constant('odd'),
            ),
            items: fc.oneof(fc.constant('odd'), tie('schema')),
            additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
            anyOf: fc.oneof(fc.constant({}), fc.array(tie('schema'), { maxLength: 2 })),
            allOf: fc.array(tie('schema'), { maxLength: 2 }),
            enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 4 }),
            required: fc.oneof(fc.array(fc.string(), { maxLength: 2 }), fc.boolean()),
            description: fc.oneof(fc.string(), fc.constantFrom('*/ }', '/**', '`${'), fc.integer()),
            deprecated: fc.boolean(),
            nullable: fc.boolean(),
          },
          { requiredKeys: [] },
        ) as fc.Arbitrary<JsonSchema>,
      ),
    }));
    fc.assert(
      fc.property(
        fc.oneof(schema, fc.jsonValue() as fc.Arbitrary<JsonSchema>),
        fc.boolean(),
        (given, open) => {
          const text = `export declare const value: ${typeOfSchema(given, { open })};\n`;
          const file = ts.createSourceFile('/a.d.ts', text, ts.ScriptTarget.ESNext);
          const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] };
          assert.deepEqual(
            parseDiagnostics.map(({ messageText }) => messageText),
            [],
            text,
          );
          assert.equal(file.statements.length, 1, text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
