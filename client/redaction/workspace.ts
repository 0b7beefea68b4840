/**
 * The memory in which texts are looked at. One for all matchers: a scan is synchronous and keeps nothing of it, and memory that
 * stays in place is what makes the matcher fast. In the order of addresses: the filter of the matcher at work, the text, what
 * the pass over the text found.
 */
import { FILTER, type Kernel, MAX_FILTER, type Memory, newKernel } from './kernel.js';

/** What is scanned at a time: fits the processor's cache together with the matcher's tables. */
export const SLICE = 64 * 1024;

/** Bytes behind the text that may be read; of a value that is neither a control character nor ASCII. */
const PADDING = 16;
const PAD = 0xff;

const TEXT = FILTER + MAX_FILTER * 4;
const PAGE = 64 * 1024;

class Workspace {
  /** The text. */
  bytes = Buffer.alloc(0);
  words = new Int32Array(0);
  /** What `scan` found. */
  found = new Int32Array(0);
  private readonly memory: Memory;
  private readonly kernel: Kernel;
  private capacity = 0;
  private filter: Int32Array | undefined;

  constructor() {
    ({ memory: this.memory, kernel: this.kernel } = newKernel());
  }

  /** Makes room for a text; what was there is lost. */
  reserve(length: number): void {
    if (length + PADDING <= this.capacity) return;
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(length, SLICE) + 4096 + PADDING));
    const size = TEXT + this.capacity + this.capacity / 2;
    const { memory } = this;
    memory.grow(Math.ceil(size / PAGE) - memory.buffer.byteLength / PAGE);
    const { buffer } = memory;
    this.bytes = Buffer.from(buffer, TEXT, this.capacity);
    this.words = new Int32Array(buffer, TEXT, this.capacity / 4);
    this.found = new Int32Array(buffer, TEXT + this.capacity, this.capacity / 8);
  }

  /** Ends the text at `length`. */
  close(length: number): void {
    for (let at = length; at < length + PADDING; at++) this.bytes[at] = PAD;
  }

  /**
   * Looks for grams and control characters in the text, which has been closed.
   * @param filter see Grams.filter; `shift` is that of the same Grams
   * @returns how many numbers have been written to `found`: pairs of a place in the text and what is there, see kernel.ts
   */
  scan(length: number, filter: Int32Array, shift: number): number {
    if (filter !== this.filter) {
      new Int32Array(this.memory.buffer, FILTER).set(filter);
      this.filter = filter;
    }
    const found = TEXT + this.capacity;
    return (this.kernel(TEXT, TEXT + length, found, shift) - found) / 4;
  }

  /** The place in the text that `found` names by an address. */
  placeOf(address: number): number {
    return address - TEXT;
  }
}

export const workspace = new Workspace();
