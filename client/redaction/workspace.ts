/**
 * The bytes being looked at. One for all matchers: a scan is synchronous and keeps nothing of it, and reading aligned words of
 * memory that stays in place is what makes the matcher fast.
 */

/** What is scanned at a time: fits the processor's cache together with the matcher's tables. */
export const SLICE = 64 * 1024;

/** Bytes behind the text that may be read; of a value that is neither a control character nor ASCII. */
const PADDING = 16;
const PAD = 0xff;

class Workspace {
  /** First the text, then, from `output` on, what becomes of it. */
  bytes = Buffer.alloc(0);
  words = new Int32Array(0);
  output = 0;

  /** Makes room for a text; what was there is lost. */
  reserve(length: number): void {
    if (length + PADDING <= this.output) return;
    this.output = 2 ** Math.ceil(Math.log2(Math.max(length, SLICE) + 4096 + PADDING));
    this.allocate(2 * this.output);
  }

  /** Makes room for `size` bytes of output; the text and what has been put out stay. */
  reserveOutput(size: number): void {
    if (this.output + size <= this.bytes.length) return;
    const { bytes } = this;
    this.allocate(2 * (this.output + size));
    this.bytes.set(bytes);
  }

  /** Ends the text at `length`. */
  close(length: number): void {
    this.bytes.fill(PAD, length, length + PADDING);
  }

  private allocate(size: number): void {
    const memory = new ArrayBuffer((size + 3) & ~3);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
  }
}

export const workspace = new Workspace();
