/**
 * The memory in which texts are looked at. One for all matchers: a scan is synchronous and keeps nothing of it, and memory that
 * stays in place is what makes the matcher fast. In the order of addresses: the filters of the matcher at work, the text, what
 * the pass over the text found.
 */
import type { Filter, Grams } from './grams.js';
import { type Asked, EIGHTS, FILTERS_END, FOURS, type Kernels, newKernels, newMemory } from './kernel.js';

/** What is scanned at a time: fits the processor's cache together with the matcher's tables. */
export const SLICE = 64 * 1024;

/** Bytes behind the text that may be read; of a value that is neither a control character nor ASCII. */
const PADDING = 32;
const PAD = 0xff;

const TEXT = FILTERS_END;
const PAGE = 64 * 1024;

class Workspace {
  /** The text. */
  bytes = Buffer.alloc(0);
  words = new Int32Array(0);
  /** What `scan` found. */
  found = new Int32Array(0);
  private readonly memory = newMemory();
  private readonly kernels: Partial<Record<Asked, Kernels>> = {};
  private capacity = 0;
  private grams: Grams | undefined;

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
   * Looks for these grams and for control characters in the text, which has been closed; leaves out line breaks that no pattern
   * goes across.
   * @returns how many numbers have been written to `found`: pairs of a place in the text and what is there, see kernel.ts
   */
  scan(length: number, grams: Grams): number {
    const { asked, eights, isLarge, hasEnds } = grams;
    if (grams !== this.grams) {
      this.load(asked, FOURS);
      if (isLarge) this.load(eights, EIGHTS);
      this.grams = grams;
    }
    const filters = isLarge ? (hasEnds ? 'both' : 'eights') : 'fours';
    const { passOver, passOverBreaks } = (this.kernels[filters] ??= newKernels(filters, this.memory));
    const found = TEXT + this.capacity;
    let end = passOver(TEXT, TEXT + length, found, asked.shift, eights.shift);
    if (end > found) end = passOverBreaks(found, end, found, asked.shift, eights.shift);
    return (end - found) / 4;
  }

  private load({ blocks }: Filter, address: number): void {
    new Int32Array(this.memory.buffer, address, blocks.length).set(blocks);
  }

  /** The place in the text that `found` names by an address. */
  placeOf(address: number): number {
    return address - TEXT;
  }
}

export const workspace = new Workspace();
