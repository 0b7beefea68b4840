import assert from 'node:assert/strict';
import vm from 'node:vm';
import fc from 'fast-check';
import { stepping, type Stepping } from '../../../flow/stepping.js';

const steps = (text: string): Stepping => {
  const found = stepping(text, (offset) => text.slice(0, offset).split('\n').length);
  assert.ok(found, `${text} cannot be read`);
  return found;
};

/** What an expression gives, or throws, with `previous` at hand. */
async function result(text: string, hook = '', frame = ''): Promise<string> {
  const given = '{ n: 3, list: [4, 5, 6], at: { b: "c" } }';
  const body = frame === '' ? '' : `const ${frame} = ${hook}.e(0);`;
  const noop = '{ e: (i) => ({ i }), l() {}, s() {}, w: (f, v) => v, r: (f, v) => v }';
  const code = `(function (previous${frame === '' ? '' : `, ${hook}`}) { 'use strict'; ${body} return (\n${text}\n); })(${given}${frame === '' ? '' : `, ${noop}`})`;
  try {
    const value: unknown = await vm.runInNewContext(code);
    return value === undefined ? 'undefined' : JSON.stringify(value);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function assertSame(text: string): Promise<void> {
  const { text: stepped, hook, frame } = steps(text);
  assert.equal(await result(stepped, hook, frame), await result(text), stepped);
}

const SAMPLES = [
  'previous.n',
  '({ f: function () {}, g: () => 1, h: class {}, i: (() => 2) }).f.name',
  'Object.values({ f: function () {}, g: () => 1, h: class {},\n i: (() => 2) }).map((one) => one.name)',
  '(() => { const f = () => 1, g = (function () {});\n let h\nh = () => 2\nreturn [f.name, g.name, h.name] })()',
  '(() => { let a = 1\nlet b = a\n++b\nreturn [a, b] })()',
  '(() => { a: for (const x of [1, 2]) { for (;;) { continue a } }\nreturn 1 })()',
  '(() => { if (previous.n > 2) return "yes"\nelse return "no" })()',
  '(() => { let i = 0; do i++; while (i < 5)\nreturn i })()',
  '(() => { switch (previous.n) { case 3: { let z = 1; return z } default: return 2 } })()',
  '(() => { try { null.x } catch ({ message }) { return message } finally { previous.n } })()',
  '(async () => { const x = await Promise.resolve(2); return (await x) + 1 })()',
  '(async () => { for await (const x of [1, Promise.resolve(2)]) { if (x > 1) return x } })()',
  '[...(function* () { const a = yield 1; yield; yield* [a, 3] })()]',
  '(() => { class A { static s = () => 5; #p = 1; get p() { return this.#p } static { this.t = 2 } }\n' +
    'class B extends A { constructor() { super(); this.q = 3 } m() { return [this.p, this.q, A.s(), A.t] } }\nreturn new B().m() })()',
  '((a, { b: [c] = [7], ...rest } = {}, d = () => c) => [a, c, rest, d()])(1, { z: 2 })',
  'previous.list\n  .filter((one) => one > 4)\n  .map((one) =>\n    one * 2)\n  .reduce((a, b) => a + b,\n    0)',
  '`a ${previous.n > 2\n ? "x"\n : "y"} ${[1,\n 2]}`',
  'previous?.at?.b ??\n "none"',
  '(\n  // a remark\n  (previous.n)\n)',
  '(function f(k) { return k === 0 ? [typeof this, f.name] : f(k - 1) })(3)',
  '({ m() { return this.v }, v: 4, get w() { return this.v }, ["x" + 1]: 2, __proto__: null }).m()',
  '(() => { var a = 1; { function g() { return a } var b = g() }\nreturn b; function unused() {} })()',
  '(() => { const $ = 1, $h = 2, n = 3, w = 4, v = 5; return [$, $h, n, w, v] })()',
  '(() => { throw new TypeError("no") })()',
  'new Map([[1,\n 2]]).get(1)',
  'delete previous.n, typeof\n nothing',
  'String.raw`a${\n1}b`',
  '(() => { var f = 1; function f() {}\nfunction g() { return 1 } function g() { return 2 }\nreturn [typeof f, g()] })()',
  '(({ n }) => { for (const k in { n }) { var last = k }\nreturn last + n })(previous)',
];

describe('stepping', () => {
  for (const text of SAMPLES)
    it(`changes nothing of what “${text.replace(/\s+/g, ' ')}” gives`, async () => assertSame(text));

  it('changes nothing of what any program of the grammar gives', async () => {
    await fc.assert(
      fc.asyncProperty(program(), async (text) => {
        if (stepping(text, () => 0)) await assertSame(text);
      }),
      { numRuns: 300 },
    );
  });

  it('stops at statements, bodies of arrows, and what is first on a line; each sees its variables', () => {
    const text = `((base) => {
  const prices = previous.items
    .filter((item) => item.ok)
    .map((item) => item.price);
  return {
    base, prices,
    count: prices.length,
  };
})(1)`;
    const { sites, functions } = steps(text);
    assert.deepEqual(
      sites.map(({ offset, inside, locals, closure }) => [
        text.slice(offset).split('\n')[0],
        functions[inside],
        locals.join(),
        closure.join(),
      ]),
      [
        ['((base) => {', '', '', ''],
        ['const prices = previous.items', '(anonymous)', 'prices,base', ''],
        ['(item) => item.ok)', '(anonymous)', 'prices,base', ''],
        ['item.ok)', '(anonymous)', 'item', 'prices,base'],
        ['(item) => item.price);', '(anonymous)', 'prices,base', ''],
        ['item.price);', '(anonymous)', 'item', 'prices,base'],
        ['return {', '(anonymous)', 'prices,base', ''],
        ['prices.length,', '(anonymous)', 'prices,base', ''],
        ['1)', '', '', ''],
      ],
    );
  });

  it('the calls know the way back to where something stands in the expression', () => {
    for (const text of SAMPLES) {
      const found = steps(text);
      const { text: stepped } = found;
      const original = (offset: number): number => found.original(offset);
      let at = 0;
      for (let offset = 0; offset < stepped.length; offset++) {
        const back = original(offset);
        assert.ok(back >= at && back <= text.length, `${text}: ${offset} -> ${back} after ${at}`);
        at = back;
      }
      // Every unit of the expression is reached from where it stands now.
      let from = 0;
      for (let i = 0; i < text.length; i++) {
        const unit = text[i]!;
        from = stepped.indexOf(unit, from);
        while (original(from) < i) from = stepped.indexOf(unit, from + 1);
        assert.equal(original(from), i, `${text}: ${i}`);
        from++;
      }
    }
  });

  it('has nothing for an expression of thousands of variables, and finds that out at once', () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => `const variable${i} = ${i};`);
    assert.equal(
      stepping(`(() => {\n${lines.join('\n')}\nreturn variable1;\n})()`, () => 0),
      undefined,
    );
  });

  it('has nothing for what is no expression', () => {
    for (const text of ['', '1; 2', 'const a = 1', '1) + (2', 'a b'])
      assert.equal(
        stepping(text, () => 0),
        undefined,
      );
  });
});

/** Small programs: nested functions, loops, conditions, layouts over several lines. */
function program(): fc.Arbitrary<string> {
  const gap = fc.constantFrom(' ', '\n', ' /* x */ ');
  const { expression } = fc.letrec<{ expression: string; statement: string }>((tie) => {
    const e = tie('expression');
    const s = tie('statement');
    const list = fc.array(e, { maxLength: 3 });
    return {
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('previous.n', '1', '"text"', 'previous.list', 'null', 'x', '[]'),
        fc.tuple(e, gap, e).map(([a, g, b]) => `(${a}${g}+ ${b})`),
        fc.tuple(e, gap, e, gap, e).map(([a, g, b, h, c]) => `(${a}${g}? ${b}${h}: ${c})`),
        fc.tuple(list, gap).map(([items, g]) => `[${items.join(`,${g}`)}]`),
        fc.tuple(e, gap, e).map(([a, g, b]) => `({ a: ${a},${g}b: ${b} })`),
        fc.tuple(e, gap).map(([a, g]) => `((x) =>${g}${a})(2)`),
        fc.tuple(e, gap).map(([a, g]) => `[1, 2]${g}.map((x) =>${g}(${a}))`),
        fc
          .tuple(fc.array(s, { maxLength: 4 }), gap, e)
          .map(([lines, g, a]) => `(() => {${g}let x = 0;${g}${lines.join(g)}${g}return ${a}; })()`),
        fc.tuple(e, gap).map(([a, g]) => `\`\${${g}${a}}\``),
        fc.tuple(e, gap, e).map(([a, g, b]) => `(${a}${g}?? ${b})`),
      ),
      statement: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('x++;', ';', 'var y = x;', 'function f() { return x }'),
        e.map((a) => `x = ${a};`),
        fc.tuple(e, s).map(([a, one]) => `if (${a}) ${one} else { ${one} }`),
        fc.tuple(e, s).map(([a, one]) => `for (const k of [${a}]) ${one.startsWith('function') ? ';' : one}`),
        fc.tuple(s, e).map(([one, a]) => `try { ${one} ${a}; } catch { x = 1 }`),
      ),
    };
  });
  return fc.tuple(expression).map(([body]) => `((x) => ${body})(7)`);
}
