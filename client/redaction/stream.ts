/** Masks a byte stream whatever way it is cut into chunks. One per stream: stdout and stderr must not share one. */
import { Writable } from 'node:stream';
import type { Matcher } from './matcher.js';
import type { PatternSet } from './pattern-set.js';
import { FIELDS, type Scan } from './scan.js';
import { SLICE, workspace } from './workspace.js';

const NOTHING = new Uint8Array(0);
const CONTINUE = 0;
const IDLE = 1;
const END = 2;

export interface StreamOptions {
  /** Told the key of each marker. */
  readonly masked?: (key: string) => void;
  /**
   * What `write` returns is valid until the next `write` only. Fresh memory for each chunk can take the operating system as long
   * as the search takes us.
   */
  readonly transient?: boolean;
}

export class RedactionStream {
  /** What has to be looked at again with the next chunk: shown already up to `shown`, still held from there on. */
  private context = Buffer.alloc(0);
  private contextLength = 0;
  private shown = 0;
  /** The byte before `context`; see Matcher.scan. */
  private before = -1;
  // Occurrences that start before `dealtWith` and end by `seen` have had their markers.
  private dealtWith = 0;
  private seen = 0;
  /** End and keys of the last masked stretch: what overlaps it belongs to it. */
  private maskedTo = 0;
  private readonly maskedKeys: string[] = [];
  /** For results that are transient. */
  private room = Buffer.alloc(0);

  /** @param matcher the current one; asked anew for each chunk, so that keys may be added meanwhile */
  constructor(
    private readonly matcher: () => Matcher,
    private readonly options: StreamOptions = {},
  ) {}

  /**
   * Returns what can be shown by now; keeps back only what may still become a secret, and an unfinished UTF-8 character. The
   * result may share memory with `chunk`, which must not be changed before the result has been used.
   */
  write(chunk: Uint8Array): Uint8Array {
    if (chunk.length <= SLICE) return this.process(chunk, CONTINUE, this.options.transient);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; at += SLICE)
      parts.push(this.process(chunk.subarray(at, at + SLICE), CONTINUE));
    return Buffer.concat(parts);
  }

  /** The stream is over: returns what was held. The stream can then be used for another text. */
  end(): Uint8Array {
    const rest = this.process(NOTHING, END);
    this.before = -1;
    this.contextLength = this.shown = this.dealtWith = this.seen = this.maskedTo = 0;
    this.maskedKeys.length = 0;
    return rest;
  }

  /**
   * Nothing has come for a while: returns what is held because of one to three characters that some secret happens to begin
   * with, such as the end of a prompt. Longer beginnings stay held; should the secret go on, its rest is masked.
   */
  idle(): Uint8Array {
    return this.held === 0 ? NOTHING : this.process(NOTHING, IDLE);
  }

  /** Bytes held back at the moment. */
  get held(): number {
    return this.contextLength - this.shown;
  }

  /** @param transient see StreamOptions */
  private process(chunk: Uint8Array, why: number, transient = false): Uint8Array {
    const { contextLength } = this;
    const length = contextLength + chunk.length;
    workspace.reserve(length);
    const text = workspace.bytes;
    copy(this.context, 0, contextLength, text, 0);
    text.set(chunk, contextLength);
    const matcher = this.matcher();
    const scan = matcher.scan(length, this.before, why === END);

    const limit = Math.max(why === IDLE ? scan.firmHold : scan.hold, this.dealtWith);
    let output: Uint8Array;
    if (scan.count > 0) output = this.mask(scan, limit, matcher.set, transient);
    else {
      const from = this.shown;
      this.shown = Math.max(from, limit);
      // The chunk's own bytes need no copy.
      if (from >= contextLength) output = chunk.subarray(from - contextLength, this.shown - contextLength);
      else copy(text, from, this.shown, (output = this.memory(this.shown - from, transient)), 0);
    }

    const { keep } = scan;
    this.before = scan.before;
    this.contextLength = length - keep;
    if (this.contextLength > this.context.length) this.context = Buffer.alloc(2 * this.contextLength);
    copy(text, keep, length, this.context, 0);
    this.shown -= keep;
    this.dealtWith = limit - keep;
    this.seen = length - keep;
    this.maskedTo -= keep;
    return output;
  }

  /** The text from `shown` to `limit`, with markers for the occurrences that start before `limit`. Sets `shown`. */
  private mask(scan: Scan, limit: number, set: PatternSet, transient: boolean): Uint8Array {
    const { occurrences } = scan;
    const output = new Output(this.shown, set.markers);
    for (const at of inOrder(scan)) {
      const start = occurrences[at]!;
      const end = occurrences[at + 1]!;
      if (start >= limit) break;
      if (start < this.dealtWith && end <= this.seen) continue;
      if (start >= this.maskedTo) {
        this.maskedKeys.length = 0;
        output.showTo(start);
        this.maskedTo = end;
      } else if (end > this.maskedTo) this.maskedTo = end;
      output.skipTo(this.maskedTo);
      const id = occurrences[at + 2]!;
      const key = set.keys[id]!;
      if (this.maskedKeys.includes(key)) continue;
      this.maskedKeys.push(key);
      this.options.masked?.(key);
      output.insert(id);
    }
    output.showTo(limit);
    this.shown = output.position;
    return output.writeTo(this.memory(output.size, transient));
  }

  private memory(size: number, transient: boolean): Buffer {
    if (!transient) return Buffer.allocUnsafe(size);
    if (size > this.room.length) this.room = Buffer.allocUnsafeSlow(2 * size);
    return this.room.subarray(0, size);
  }
}

/** Copies from[start .. end) to to[at ..); for the few bytes that usually are held, a loop is faster. */
function copy(from: Uint8Array, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > 64) to.set(from.subarray(start, end), at);
  else for (let i = start, j = at; i < end; i++, j++) to[j] = from[i]!;
}

/** Offsets of the occurrences by start, then by key. */
function inOrder({ count, occurrences }: Scan): number[] {
  const offsets: number[] = [];
  let sorted = true;
  for (let i = 0; i < count; i++) {
    const at = i * FIELDS;
    if (i > 0 && occurrences[at]! <= occurrences[at - FIELDS]!) sorted = false;
    offsets.push(at);
  }
  if (sorted) return offsets;
  return offsets.sort(
    (a, b) => occurrences[a]! - occurrences[b]! || occurrences[a + 2]! - occurrences[b + 2]!,
  );
}

/** Puts the shown stretches of the workspace's text and the markers together. */
class Output {
  /** Pairs: a stretch's start and end, or MARKER and the index of a marker. */
  private readonly parts: number[] = [];
  /** Bytes of all of it. */
  size = 0;

  /** @param position up to here the text has been shown or masked */
  constructor(
    public position: number,
    private readonly markers: readonly Uint8Array[],
  ) {}

  showTo(to: number): void {
    if (to <= this.position) return;
    this.parts.push(this.position, to);
    this.size += to - this.position;
    this.position = to;
  }

  skipTo(to: number): void {
    if (to > this.position) this.position = to;
  }

  insert(marker: number): void {
    this.parts.push(MARKER, marker);
    this.size += this.markers[marker]!.length;
  }

  writeTo(output: Buffer): Buffer {
    const { parts, markers } = this;
    const text = workspace.bytes;
    let at = 0;
    for (let i = 0; i < parts.length; i += 2) {
      const start = parts[i]!;
      const end = parts[i + 1]!;
      if (start === MARKER) {
        const marker = markers[end]!;
        copy(marker, 0, marker.length, output, at);
        at += marker.length;
      } else {
        copy(text, start, end, output, at);
        at += end - start;
      }
    }
    return output;
  }
}

const MARKER = -1;

export interface SinkOptions {
  /** Milliseconds without a chunk after which `idle` is called; 0: never. Default 100. */
  readonly idleMs?: number;
}

/**
 * What is written to it comes out masked at `output`, which is not ended. Made for a transient stream: each chunk has left
 * before the next one is looked at. Errors of `output` are told by its own event only.
 */
export function maskingSink(
  stream: RedactionStream,
  output: NodeJS.WritableStream,
  { idleMs = 100 }: SinkOptions = {},
): Writable {
  let timer: NodeJS.Timeout | undefined;
  const show = (bytes: Uint8Array, done?: () => void): void => {
    if (bytes.length > 0) output.write(bytes, () => done?.());
    else done?.();
  };
  return new Writable({
    write(chunk: Uint8Array, _, done) {
      clearTimeout(timer);
      show(stream.write(chunk), done);
      if (idleMs > 0 && stream.held > 0) timer = setTimeout(() => show(stream.idle()), idleMs).unref();
    },
    final(done) {
      clearTimeout(timer);
      show(stream.end(), done);
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
}
