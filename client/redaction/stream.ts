/** Masks a byte stream whatever way it is cut into chunks. One per stream: stdout and stderr must not share one. */
import { Transform } from 'node:stream';
import type { Matcher } from './matcher.js';
import { mask, union } from './redactor.js';

export class RedactionStream {
  private held: Uint8Array = new Uint8Array(0);

  constructor(private readonly matcher: () => Matcher) {}

  /** Returns what can be shown by now; keeps back only what may still become a secret. */
  write(chunk: Uint8Array): Uint8Array {
    return this.process(chunk, false);
  }

  /** The stream is over: returns what was held. */
  end(): Uint8Array {
    return this.process(new Uint8Array(0), true);
  }

  /** A node Transform over this stream. */
  transform(): Transform {
    return new Transform({
      transform: (chunk: Uint8Array | string, _encoding, done) =>
        done(null, this.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)),
      flush: (done) => done(null, this.end()),
    });
  }

  private process(chunk: Uint8Array, final: boolean): Uint8Array {
    const text = Buffer.concat([this.held, chunk]);
    const { matches, hold } = this.matcher().scan(text);
    const spans = union(matches);
    let cut = final ? text.length : hold;
    for (const span of spans) if (span.start < cut && cut < span.end) cut = span.start;
    this.held = text.subarray(cut);
    return mask(text, 0, cut, spans);
  }
}
