/** Masks a byte stream whatever way it is cut into chunks. One per stream: stdout and stderr must not share one. */
import { Transform } from 'node:stream';
import { marker } from './markers.js';
import type { Matcher } from './matcher.js';

const NOTHING = new Uint8Array(0);

export class RedactionStream {
  /** What has to be looked at again with the next chunk: shown already up to `shown`, still held from there on. */
  private context: Uint8Array = NOTHING;
  private shown = 0;
  /** The byte before `context`; see Matcher.scan. */
  private before = -1;
  // Occurrences that start before `dealtWith` and end by `seen` have had their markers.
  private dealtWith = 0;
  private seen = 0;
  /** End and keys of the last masked stretch: what overlaps it belongs to it. */
  private maskedTo = 0;
  private maskedKeys = new Set<string>();

  /** @param matcher the current one; asked anew for each chunk, so that keys may be added meanwhile */
  constructor(private readonly matcher: () => Matcher) {}

  /**
   * Returns what can be shown by now; keeps back only what may still become a secret. The result may share memory with
   * `chunk`, which must not be changed before the result has been used.
   */
  write(chunk: Uint8Array): Uint8Array {
    return this.process(chunk, 'write');
  }

  /** The stream is over: returns what was held. The stream can then be used for another text. */
  end(): Uint8Array {
    const rest = this.process(NOTHING, 'end');
    this.context = NOTHING;
    this.before = -1;
    this.shown = this.dealtWith = this.seen = this.maskedTo = 0;
    this.maskedKeys.clear();
    return rest;
  }

  /**
   * Nothing has come for a while: returns what is held because of one to three characters that some secret happens to begin
   * with, such as the end of a prompt. Longer beginnings stay held; should the secret go on, its rest is masked.
   */
  idle(): Uint8Array {
    return this.shown === this.context.length ? NOTHING : this.process(NOTHING, 'idle');
  }

  /** A node Transform over this stream. */
  transform(options?: TransformOptions): Transform {
    return redactionTransform(this, options);
  }

  /** Bytes held back at the moment. */
  get held(): number {
    return this.context.length - this.shown;
  }

  private process(chunk: Uint8Array, why: 'write' | 'idle' | 'end'): Uint8Array {
    const text = this.context.length === 0 ? chunk : joined(this.context, chunk);
    const matcher = this.matcher();
    const scan = matcher.scan(text, this.before, why === 'end');
    const limit = Math.max(why === 'idle' ? scan.firmHold : scan.hold, this.dealtWith);
    const output = new Output(text, this.shown);

    const { occurrences } = scan;
    for (const at of inOrder(scan.count, occurrences)) {
      const start = occurrences[at]!;
      const end = occurrences[at + 1]!;
      if (start >= limit) break;
      if (start < this.dealtWith && end <= this.seen) continue;
      const key = matcher.set.keys[occurrences[at + 2]!]!;
      if (start >= this.maskedTo) {
        this.maskedKeys.clear();
        output.showTo(start);
        this.maskedTo = end;
      } else if (end > this.maskedTo) this.maskedTo = end;
      output.skipTo(this.maskedTo);
      if (this.maskedKeys.has(key)) continue;
      this.maskedKeys.add(key);
      output.insert(key);
    }
    output.showTo(limit);

    const keep = scan.keep;
    this.before = scan.before;
    this.context = keep === text.length ? NOTHING : text.slice(keep);
    this.shown = output.position - keep;
    this.dealtWith = limit - keep;
    this.seen = text.length - keep;
    this.maskedTo -= keep;
    return output.bytes();
  }
}

/** Offsets of the occurrences (four numbers each) by start, then by key. */
function inOrder(count: number, occurrences: Int32Array): number[] {
  const offsets = Array.from({ length: count }, (_, i) => i * 4);
  return offsets.sort(
    (a, b) => occurrences[a]! - occurrences[b]! || occurrences[a + 2]! - occurrences[b + 2]!,
  );
}

/** Puts the shown stretches of a text and the markers together; copies nothing when the text is shown as it is. */
class Output {
  private readonly parts: Uint8Array[] = [];

  constructor(
    private readonly text: Uint8Array,
    /** Up to here the text has been shown or masked. */
    public position: number,
  ) {}

  showTo(to: number): void {
    if (to <= this.position) return;
    this.parts.push(this.text.subarray(this.position, to));
    this.position = to;
  }

  skipTo(to: number): void {
    if (to > this.position) this.position = to;
  }

  insert(key: string): void {
    this.parts.push(Buffer.from(marker(key)));
  }

  bytes(): Uint8Array {
    const { parts } = this;
    return parts.length === 0 ? NOTHING : parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (b.length === 0) return a;
  const both = Buffer.allocUnsafe(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

export interface TransformOptions {
  /** Milliseconds without a chunk after which `idle` is called; 0: never. Default 100. */
  readonly idleMs?: number;
}

function redactionTransform(stream: RedactionStream, { idleMs = 100 }: TransformOptions = {}): Transform {
  let timer: NodeJS.Timeout | undefined;
  const transform = new Transform({
    transform(chunk: Uint8Array | string, encoding, done) {
      clearTimeout(timer);
      const shown = stream.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      if (idleMs > 0 && stream.held > 0) timer = setTimeout(release, idleMs).unref();
      done(null, shown.length > 0 ? shown : undefined);
    },
    flush(done) {
      clearTimeout(timer);
      const rest = stream.end();
      done(null, rest.length > 0 ? rest : undefined);
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
  function release(): void {
    const shown = stream.idle();
    if (shown.length > 0) transform.push(shown);
  }
  return transform;
}
