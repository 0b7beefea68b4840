/**
 * The pass over the text, in WebAssembly, as JavaScript has no vectors: sixteen bytes at a time it asks the filter of
 * grams.ts about four words and looks for control characters.
 */
import { assemble } from './assembler.js';

/** Sets bit 5 of each byte, so that ASCII letters of either case look alike. Others may clash: patterns are compared later. */
export const FOLDED = 0x20202020;
export const MULTIPLIER = 0x9e3779b1;
/** See `askedOf` in grams.ts. */
export const FOLD_BACK = 13;

/** Largest filter, in 32-bit numbers. */
export const MAX_FILTER = 1 << 18;

/** Where the filter is in the memory, in bytes. */
export const FILTER = 64;

/**
 * Writes two numbers to `found` for each sixteen bytes of text worth a closer look: their address, and which bytes are less
 * than 0x20 (bits 0 to 15) and which words may be grams (bits 16 to 19). No branches: the processor could not foresee them.
 * Returns where it stopped writing. All parameters but `shift` (see Grams) are addresses, in bytes; `end` comes after `at`.
 */
const code = assemble({
  parameters: ['at', 'end', 'found', 'shift'],
  i32: ['bits'],
  v128: ['text', 'product', 'block', 'asked'],
  code: `
    loop
      local.get at          v128.load               local.tee text

      v128.const ${hexOf(FOLDED)}                      v128.or
      v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.tee product

      local.get shift       i32x4.shr_u
      i32.const 2           i32x4.shl               local.tee block
      i32x4.extract_lane 0                          v128.load32_zero offset=${FILTER}     local.set asked
      local.get block
      i32x4.extract_lane 1  local.get asked         v128.load32_lane offset=${FILTER} 1   local.set asked
      local.get block
      i32x4.extract_lane 2  local.get asked         v128.load32_lane offset=${FILTER} 2   local.set asked
      local.get block
      i32x4.extract_lane 3  local.get asked         v128.load32_lane offset=${FILTER} 3   local.set asked

      v128.const 0102040810204080
      local.get product     local.get product       i32.const ${FOLD_BACK}  i32x4.shr_u   v128.xor
      v128.const 07070707   v128.and                i8x16.swizzle       local.tee block
      local.get asked       v128.and
      local.get block       i32x4.eq                i32x4.bitmask
      i32.const 16          i32.shl

      local.get text        v128.const 20202020     i8x16.lt_u          i8x16.bitmask
      i32.or                local.set bits

      local.get found       local.get at            i32.store
      local.get found       local.get bits          i32.store offset=4
      local.get found       local.get bits          i32.const 0         i32.ne
      i32.const 3           i32.shl                 i32.add             local.set found

      local.get at          i32.const 16            i32.add             local.tee at
      local.get end         i32.lt_u                br_if 0
    end
    local.get found
  `,
});

export type Kernel = (at: number, end: number, found: number, shift: number) => number;

/** A page has 64 KiB. */
export interface Memory {
  /** A new one after `grow`. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** What we use of WebAssembly: Node's types have none of it. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Memory: new (limits: { readonly initial: number }) => Memory;
    readonly Module: new (code: Uint8Array) => object;
    readonly Instance: new (
      module: object,
      imports: { readonly env: { readonly memory: Memory } },
    ) => { readonly exports: { readonly run: Kernel } };
  };
};

export function newKernel(): { readonly memory: Memory; readonly kernel: Kernel } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  return { memory, kernel: instance.exports.run };
}

function hexOf(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString('hex');
}
