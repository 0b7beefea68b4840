import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Redactor } from '../../../client/redaction/index.js';
import { LineBuffer } from '../../../client/runner/lineBuffer.js';

describe('a line buffer', function () {
  this.timeout(30_000);

  it('gives the bytes of what was put in, each time anew', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.maxSafeNat(),
      fc.nat(),
      fc.constantFrom(0, 9, 10, 99, 100, 0x7fffffff, 0x80000000),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const lines = new LineBuffer();
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const one of pieces) {
          if (typeof one === 'string') lines.text(one);
          else if (typeof one === 'number') lines.number(one);
          else lines.bytes(one);
        }
        const expected = Buffer.concat(
          pieces.map((one) => (Buffer.isBuffer(one) ? one : Buffer.from(String(one)))),
        );
        assert.ok(lines.take().equals(expected));
      }),
    );
  });

  it('leaves what it has given alone, and takes back memory for the next', () => {
    const lines = new LineBuffer();
    const size = fc.oneof(fc.nat(40), fc.integer({ min: 20_000, max: 90_000 }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 12 }), fc.nat(3), (sizes, keep) => {
        const kept: { taken: Buffer; letter: string }[] = [];
        for (const [i, length] of sizes.entries()) {
          const letter = String.fromCharCode(97 + i);
          lines.copy(Buffer.from(`<${letter.repeat(length)}>`), 1, length + 1);
          kept.push({ taken: lines.take(), letter });
          assert.equal(kept.at(-1)!.taken.length, length);
          if (kept.length > keep) lines.giveBack(kept.shift()!.taken);
          for (const { taken, letter: own } of kept) assert.equal(taken.toString(), own.repeat(taken.length));
        }
      }),
    );
  });

  it('grows with what is put in', () => {
    const lines = new LineBuffer();
    const long = 'ä'.repeat(500_000);
    lines.text('a');
    lines.text(long);
    lines.number(7);
    assert.equal(lines.take().toString(), `a${long}7`);
  });
});

describe('looking for secrets in a batch of lines', function () {
  this.timeout(30_000);

  it('finds one wherever it stands, and however long the batch is', () => {
    const redactor = new Redactor([
      { key: 'ONE', value: 'canary-4711-abcdef' },
      { key: 'TWO', value: 'zwölf Boxkämpfer' },
      { key: 'OPEN', value: 'shown to all', sensitive: false },
    ]);
    fc.assert(
      fc.property(
        fc.nat(200_000),
        fc.nat(1000),
        fc.constantFrom(
          'canary-4711-abcdef',
          encodeURIComponent('zwölf Boxkämpfer'),
          'shown to all',
          'canary-4711-',
          '',
        ),
        (before, after, middle) => {
          const text = '{"a":1}\n'.repeat(before / 8) + middle + '\n{"b":2}'.repeat(after / 8);
          assert.equal(redactor.holdsSecret(Buffer.from(text)), redactor.text(text) !== text);
        },
      ),
      { numRuns: 60 },
    );
  });
});
