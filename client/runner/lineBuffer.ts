/**
 * Lines of text as bytes, put together in one place. Events are many: as strings, their lines would be most of what a run
 * throws away again.
 */
export class LineBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(SIZE);
  #length = 0;
  /** What takes the place of memory that is given away. */
  #spare: Buffer | undefined;

  /** ASCII or UTF-8 bytes as they are. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const target = this.#bytes;
    const at = this.#length;
    if (length > SHORT) target.set(bytes, at);
    else for (let i = 0; i < length; i++) target[at + i] = bytes[i]!;
    this.#length += length;
  }

  /** A part of them. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#reserve(length);
    const target = this.#bytes;
    const at = this.#length;
    if (length > SHORT_PART) target.set(bytes.subarray(from, to), at);
    else for (let i = 0; i < length; i++) target[at + i] = bytes[from + i]!;
    this.#length += length;
  }

  text(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  /** A whole number, 0 or more. */
  number(value: number): void {
    if (value > 0x7fffffff) {
      this.text(String(value));
      return;
    }
    this.#reserve(10);
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits++;
    const target = this.#bytes;
    const start = this.#length;
    let rest = value;
    for (let at = start + digits - 1; at >= start; at--) {
      const next = (rest / 10) | 0;
      target[at] = 48 + rest - next * 10;
      rest = next;
    }
    this.#length += digits;
  }

  /** What was put in since the last time, in memory of its own. */
  take(): Buffer {
    const [bytes, length] = [this.#bytes, this.#length];
    this.#length = 0;
    if (length * 2 < bytes.length) {
      const taken = Buffer.allocUnsafeSlow(length);
      bytes.copy(taken, 0, 0, length);
      return taken;
    }
    this.#bytes = this.#spare ?? Buffer.allocUnsafeSlow(bytes.length);
    this.#spare = undefined;
    return bytes.subarray(0, length);
  }

  /** Gives back what was taken and nobody reads any more. */
  giveBack({ buffer }: Buffer): void {
    if (buffer.byteLength >= SIZE) this.#spare ??= Buffer.from(buffer);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const SIZE = 64 * 1024;
/** Bytes that are copied one by one: a call would take longer; of a part, it needs an object as well. */
const SHORT = 16;
const SHORT_PART = 80;
