/**
 * The pass over the text, in WebAssembly, as JavaScript has no vectors: sixteen bytes at a time it asks the filters of
 * grams.ts about four words and looks for control characters.
 */
import { assemble } from './assembler.js';

/** Sets bit 5 of each byte, so that ASCII letters of either case look alike. Others may clash: patterns are compared later. */
export const FOLDED = 0x20202020;
export const MULTIPLIER = 0x9e3779b1;
/** See `productOf` in grams.ts. */
export const FOLD_NEXT = 15;

/** Largest filter, in 32-bit numbers. */
export const MAX_FILTER = 1 << 18;

/** Where the filters are in the memory, in bytes, and the first place behind them. */
export const FOURS = 64;
export const EIGHTS = FOURS + MAX_FILTER * 4;
export const FILTERS_END = EIGHTS + MAX_FILTER * 4;

/** Leaves a vector of -1 for the products that the filter may have, 0 for the others. */
const ask = (filter: number, shift: string): string => `
  local.get ${shift}     i32x4.shr_u
  i32.const 2            i32x4.shl               local.tee block
  i32x4.extract_lane 0                           v128.load32_zero offset=${filter}     local.set blocks
  local.get block
  i32x4.extract_lane 1   local.get blocks        v128.load32_lane offset=${filter} 1   local.set blocks
  local.get block
  i32x4.extract_lane 2   local.get blocks        v128.load32_lane offset=${filter} 2   local.set blocks
  local.get block
  i32x4.extract_lane 3   local.get blocks        v128.load32_lane offset=${filter} 3   local.set blocks

  v128.const 0102040810204080
  local.get product      v128.const ${hexOf(MULTIPLIER)}  i32x4.mul
  v128.const 07070707    v128.and                i8x16.swizzle           local.tee block
  local.get blocks       v128.and
  local.get block        i32x4.eq
`;

const askEights = `
  local.get at          v128.load offset=4
  v128.const ${hexOf(FOLDED)}                   v128.or
  local.get product     v128.xor                local.tee product
  local.get product     i32.const ${FOLD_NEXT}  i32x4.shr_u         v128.xor
  v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.tee product
  ${ask(EIGHTS, 'eightsShift')}
  v128.or
`;

/**
 * Writes two numbers to `found` for each sixteen bytes of text worth a closer look: their address, and which bytes are less
 * than 0x20 (bits 0 to 15) and which words may be grams (bits 16 to 19). No branches: the processor could not foresee them.
 * Returns where it stopped writing. All parameters are addresses, in bytes, but for the filters' shifts; `end` comes after `at`.
 * @param eights whether that filter is asked too
 */
const codeOf = (eights: boolean): Uint8Array =>
  assemble({
    parameters: ['at', 'end', 'found', 'foursShift', 'eightsShift'],
    i32: ['bits'],
    v128: ['text', 'product', 'block', 'blocks'],
    code: `
      loop
        local.get at          v128.load               local.tee text
        v128.const ${hexOf(FOLDED)}                   v128.or
        v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.tee product
        ${ask(FOURS, 'foursShift')}
        ${eights ? askEights : ''}
        i32x4.bitmask         i32.const 16            i32.shl
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

export type Kernel = (
  at: number,
  end: number,
  found: number,
  foursShift: number,
  eightsShift: number,
) => number;

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

/** @returns the kernel that asks about grams alone, and the one that asks about eight bytes as well */
export function newKernels(): { readonly memory: Memory; readonly fours: Kernel; readonly both: Kernel } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernel = (eights: boolean): Kernel =>
    new WebAssembly.Instance(new WebAssembly.Module(codeOf(eights)), { env: { memory } }).exports.run;
  return { memory, fours: kernel(false), both: kernel(true) };
}

function hexOf(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString('hex');
}
