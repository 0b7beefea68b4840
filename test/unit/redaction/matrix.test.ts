/** Which printed forms of a value are masked: 37 transformations of 4 values, and more. */
import assert from 'node:assert/strict';
import { Redactor } from '../../../client/redaction/index.js';
import { Matcher } from '../../../client/redaction/matcher.js';
import { PatternSet } from '../../../client/redaction/pattern-set.js';
import { patternsOf } from '../../../client/redaction/patterns.js';
import { RedactionStream } from '../../../client/redaction/stream.js';
import { MATRIX, MORE, SAMPLES, survivor, type Transform } from './matrix.js';

const COLUMNS = Object.keys(SAMPLES);

/** One for each value: building a redactor costs more than using it. */
const redactors = new Map(
  COLUMNS.map((column) => [column, new Redactor([{ key: 'API_TOKEN', value: SAMPLES[column]!.value }])]),
);

/** The cells that show a part of the value, with what they show. */
function leaks(transforms: Readonly<Record<string, Transform>>): string[] {
  const leaking: string[] = [];
  for (const [name, transform] of Object.entries(transforms)) {
    for (const column of COLUMNS) {
      const sample = SAMPLES[column]!;
      const output = redactors
        .get(column)!
        .text(`2026-01-02T03:04:05Z info ${transform(sample.value)} done\n`);
      const shown = survivor(transform, sample, output);
      if (shown !== undefined) leaking.push(`${name} / ${column}: ${JSON.stringify(shown)}`);
    }
  }
  return leaking;
}

describe('redaction: printed forms of a value', () => {
  it('has 37 transformations of 4 values', () => {
    assert.equal(Object.keys(MATRIX).length * COLUMNS.length, 148);
  });

  it('masks all cells but one: the first two thirds of words are ordinary words', () => {
    assert.deepEqual(leaks(MATRIX), ['first two thirds / non-ASCII: "pässwörd"']);
  });

  it('masks the further forms', () => {
    assert.deepEqual(leaks(MORE), []);
  });

  it('masks the same among very many secrets, which are looked for in another way', () => {
    for (const [column, { value }] of Object.entries(SAMPLES)) {
      const matcher = new Matcher(new PatternSet([{ key: 'API_TOKEN', patterns: patternsOf(value) }], 0));
      for (const [name, transform] of Object.entries({ ...MATRIX, ...MORE })) {
        const text = Buffer.from(`a ${transform(value)} z\n`);
        const whole = redactors.get(column)!.text(text.toString());
        for (const size of [text.length, 13, 1]) {
          const stream = new RedactionStream(() => matcher);
          const parts: Uint8Array[] = [];
          for (let at = 0; at < text.length; at += size)
            parts.push(stream.write(text.subarray(at, at + size)));
          parts.push(stream.end());
          assert.equal(
            Buffer.concat(parts).toString(),
            whole,
            `${name} / ${column}, ${size} bytes at a time`,
          );
        }
      }
    }
  }).timeout(20_000);

  it('shows the forms when the key is not sensitive', () => {
    for (const { value } of Object.values(SAMPLES)) {
      const redactor = new Redactor([{ key: 'API_TOKEN', value, sensitive: false }]);
      for (const transform of Object.values(MATRIX))
        assert.equal(redactor.text(transform(value)), transform(value));
    }
  });

  it('leaves the other value alone', () => {
    for (const { value, other } of Object.values(SAMPLES)) {
      const redactor = new Redactor([{ key: 'API_TOKEN', value }]);
      for (const transform of [...Object.values(MATRIX), ...Object.values(MORE)]) {
        assert.equal(redactor.text(transform(other)), transform(other));
      }
    }
  });

  it('masks the same, cut at every offset and byte by byte', () => {
    for (const [name, transform] of Object.entries({ ...MATRIX, ...MORE })) {
      for (const column of COLUMNS) {
        const { value } = SAMPLES[column]!;
        const redactor = redactors.get(column)!;
        const text = Buffer.from(`a ${transform(value)} z\n`);
        const whole = redactor.text(text.toString());
        const stream = redactor.stream();
        // Every offset of the short ones; FUZZ_CASES asks for a long run.
        const step = text.length < 300 || process.env['FUZZ_CASES'] ? 1 : 29;
        const single: Uint8Array[] = [];
        for (const byte of text) single.push(stream.write(Uint8Array.of(byte)));
        single.push(stream.end());
        assert.equal(Buffer.concat(single).toString(), whole, `${name} / ${column}, byte by byte`);
        for (let cut = 0; cut <= text.length; cut += step) {
          const parts = [stream.write(text.subarray(0, cut)), stream.write(text.subarray(cut)), stream.end()];
          assert.equal(Buffer.concat(parts).toString(), whole, `${name} / ${column}, cut at ${cut}`);
        }
      }
    }
  }).timeout(60_000);
});
