import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteLines, eachLine } from '../../../client/runner/byteLines.js';
import { decodeMark, encodeMark, fields, readNumbers, type WorkRef } from '../../../client/runner/wire.js';

describe('lines of the sandbox', () => {
  it('are the same however the stream is cut', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'binary', minLength: 190, maxLength: 210 }),
      fc.nat(3_000).map((length) => 'x'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(400)), fc.string(), (texts, cuts, rest) => {
        const lines = texts.map((text) => text.replaceAll('\n', ''));
        const stream = Buffer.from([...lines, rest.replaceAll('\n', '')].join('\n'));
        const splitter = new ByteLines(1_000_000);
        const found: string[] = [];
        const take = (chunk: Buffer): void => {
          const whole = splitter.push(chunk);
          if (whole) eachLine(whole, (from, to) => found.push(whole.toString('utf8', from, to)) > 0);
        };
        let at = 0;
        for (const cut of cuts) take(stream.subarray(at, (at += cut)));
        take(stream.subarray(at));
        assert.deepEqual(
          found,
          lines.map((text) => Buffer.from(text).toString()),
        );
      }),
    );
  });

  it('that do not end are refused', () => {
    const splitter = new ByteLines(100);
    splitter.push(Buffer.from('x'.repeat(1_000) + '\n' + 'y'.repeat(60)));
    assert.throws(() => splitter.push(Buffer.from('y'.repeat(60))), RangeError);
  });

  it('are taken until one is refused', () => {
    const seen: number[] = [];
    assert.equal(
      eachLine(Buffer.from('a\nb\nc\n'), (from) => seen.push(from) < 2),
      false,
    );
    assert.deepEqual(seen, [0, 2]);
  });

  it('begin with numbers and a tab, or are malformed', () => {
    const read = (text: string, count: number): readonly number[] | undefined => {
      const line = Buffer.from(text);
      const end = readNumbers(line, 1, line.length, count);
      return end < 0 ? undefined : [...fields.slice(0, count), end];
    };
    fc.assert(
      fc.property(
        fc.array(fc.nat(999_999_999_999_999), { minLength: 1, maxLength: 4 }),
        fc.string(),
        (numbers, rest) => {
          const head = `E${numbers.join(' ')}\t`;
          assert.deepEqual(read(head + rest, numbers.length), [...numbers, head.length]);
          assert.equal(read(head + rest, numbers.length + 1), undefined);
        },
      ),
    );
    for (const text of [
      'E',
      'E1',
      'E1 2',
      'E\t',
      'E1 \t',
      'E 1\t',
      'E1  2\t',
      'E-1\t',
      'E1.5\t',
      'E1e3\t',
      'Ex\t',
      'E1234567890123456\t',
    ])
      for (const count of [1, 2]) assert.equal(read(text, count), undefined, text);
  });

  it('mark work', () => {
    const works: WorkRef[] = [{ n: 12, d: 3 }, { k: 4 }, { v: 0 }, { config: 77 }];
    for (const work of works)
      for (const mark of ['S', 'W'] as const) {
        const line = Buffer.from(encodeMark(mark, work));
        assert.deepEqual(decodeMark(line, 0, line.length - 1), work);
      }
    for (const text of ['S1\tn', 'S1 2\tk', 'S1\tq', 'S1\t', 'S', 'S1 2\tnn', 'S\tn']) {
      const line = Buffer.from(text);
      assert.equal(decodeMark(line, 0, line.length), undefined, text);
    }
  });
});
