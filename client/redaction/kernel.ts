/**
 * The pass over the text, in WebAssembly, as JavaScript has no vectors: sixteen bytes at a time it asks the filters of
 * grams.ts about four words and looks for control characters.
 */
import { assemble } from './assembler.js';
import { CR, LF, MAX_CONTROL } from './gaps.js';

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
  local.get product
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

/**
 * As `ask`, about the grams of which `product` is and the four bytes behind them, which are on the stack: what comes behind the
 * first SPACE of these does not count, as with `toSpace` in grams.ts.
 */
const askEights = `
  v128.const ${hexOf(FOLDED)}                   v128.or                 local.tee next
  v128.const 20202020   i8x16.eq                v128.const 80808080     v128.and                local.tee block
  local.get block       v128.const 01000000     i32x4.sub               v128.xor
  local.get next        v128.and
  local.get product     v128.xor                local.tee product
  local.get product     i32.const ${FOLD_NEXT}  i32x4.shr_u         v128.xor
  v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.set product
  ${ask(EIGHTS, 'eightsShift')}
`;

/** Bits 0 to 15 of what `passOver` writes. */
export const CONTROLS = 0xffff;

/** Which filters the pass over the text asks: for grams, for grams and the four bytes behind them, or for either. */
export type Asked = 'fours' | 'eights' | 'both';

/**
 * Writes two numbers to `found` for each sixteen bytes of text worth a closer look: their address, and which bytes are less
 * than 0x20 (bits 0 to 15) and which words may be grams (bits 16 to 19). No branches: the processor could not foresee them.
 * Returns where it stopped writing. All parameters are addresses, in bytes, but for the filters' shifts; `end` comes after `at`.
 */
const passOver = (asked: Asked): Uint8Array =>
  assemble({
    parameters: ['at', 'end', 'found', 'foursShift', 'eightsShift'],
    i32: ['bits'],
    v128: ['text', 'next', 'product', 'block', 'blocks'],
    code: `
      loop
        local.get at          v128.load               local.tee text
        v128.const ${hexOf(FOLDED)}                   v128.or
        v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.set product
        ${asked === 'eights' ? '' : ask(FOURS, 'foursShift')}
        ${asked === 'fours' ? '' : `local.get at  v128.load offset=4  ${askEights}`}
        ${asked === 'both' ? 'v128.or' : ''}
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

/** An escape sequence this many bytes before a line break has its end before the break, or shows it by a control character. */
const ESCAPE_REACH = MAX_CONTROL + 32;

/**
 * See below. Behind `word`, the last aligned word before the break, come the bytes with the break left out, or with a SPACE in
 * its place.
 */
const eightsAcrossBreak = `
  local.get text        v128.const 090a0b0c0b0c0d0e08090a0b0b0c0d0e  i8x16.swizzle
  ${askEights}

  local.get break       i32.const -4            i32.and             i32.const 4           i32.sub
  local.tee word        v128.load32_splat       v128.const ${hexOf(FOLDED)}               v128.or
  v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.set product
  local.get word        local.get break         i32.sub             i8x16.splat
  v128.const 0c0d0e0f   i8x16.add               local.set places
  local.get text        local.get places        i8x16.swizzle
  local.get text        local.get places        local.get places    v128.const 08080808   i8x16.gt_u
  i8x16.add             i8x16.swizzle
  local.get places      v128.const 08080808     i8x16.eq            v128.andnot
  v128.const ffffffff00000000                   v128.bitselect
  ${askEights}          v128.or
`;

/** Leaves 0 in place of the number on the stack if five characters of the line cannot be an offset of a dump. */
const ifOffset = `
  i32.const 0           i32.const 0x1eff
  local.get text        v128.const ${hexOf(FOLDED)}                   v128.or                 local.tee next
  v128.const 30303030   i8x16.sub               v128.const 0b0b0b0b     i8x16.lt_u
  local.get next
  v128.const 61616161   i8x16.sub               v128.const 06060606     i8x16.lt_u
  v128.or               i8x16.bitmask           i32.const 0x1f00        i32.and                 i32.lt_u
  select
`;

/**
 * Goes over what `passOver` wrote from `entry` to `end` and takes out the line breaks, with the blanks and further breaks behind
 * them, that stand between ordinary characters (four before, seven behind: no other control characters, no two blanks in a row)
 * and across which no pattern goes: by far most of all control characters. Returns where what is left ends.
 *
 * `text` is what stands around the break: 87654321abcdefgh. A window of seven bytes that the break is in holds one of the grams
 * 321a, 1abc and, with a SPACE in place of the break, 321_ and _abc. And what stands behind the last word before the break may be
 * other bytes than `passOver` asked for.
 *
 * Where `passOver` asks for eight bytes only, the grams of the other filter are those of dumps, at an end of their lines.
 */
const passOverBreaks = (asked: Asked): Uint8Array =>
  assemble({
    parameters: ['entry', 'end', 'found', 'foursShift', 'eightsShift'],
    i32: ['at', 'bits', 'break', 'byte', 'word', 'spaces', 'escape', 'kept'],
    v128: ['text', 'places', 'next', 'product', 'block', 'blocks'],
    code: `
      loop
        local.get entry       i32.load                local.set at
        local.get entry       i32.load offset=4       local.set bits

        local.get at          local.get escape
        local.get at          v128.load               v128.const 1b1b1b1b i8x16.eq              v128.any_true
        select                local.set escape

        local.get at          local.get bits          i32.const ${CONTROLS}                     i32.and
        i32.ctz               i32.add                 local.tee break
        i32.const 8           i32.sub                 v128.load
        local.get break
        local.get break       v128.load offset=1      local.tee next      v128.const 20202020 i8x16.eq
        local.get next        v128.const 0a0a0a0a     i8x16.eq            v128.or             i8x16.bitmask
        i32.const -1          i32.xor                 i32.ctz             i32.add
        v128.load offset=1
        i8x16.shuffle 00010203040506071011121314151617                    local.set text

        local.get break       i32.load8_u             local.tee byte      i32.const ${LF}     i32.ne
        local.get byte        i32.const ${CR}         i32.ne              i32.and
        local.get text        v128.const 20202020     i8x16.lt_u          i8x16.bitmask
        local.get text        v128.const 20202020     i8x16.eq            i8x16.bitmask         local.tee spaces
        local.get spaces      i32.const 1             i32.shr_u           i32.const 0x180       i32.or
        i32.and               i32.or                  i32.const 0x7ff0    i32.and               i32.or
        local.get bits        local.get bits          i32.const 0         local.get bits        i32.sub
        i32.and               local.get bits          i32.add
        i32.and               i32.const ${CONTROLS}   i32.and             i32.or
        local.get at          local.get escape        i32.sub             i32.const ${ESCAPE_REACH}
        i32.lt_u              i32.or

        local.get text        v128.const 050607080708090a050607ffff08090a i8x16.swizzle
        v128.const ${hexOf(FOLDED)}                   v128.or
        v128.const ${hexOf(MULTIPLIER)}               i32x4.mul           local.set product
        ${ask(FOURS, 'foursShift')}
        v128.any_true         ${asked === 'eights' ? ifOffset : ''}     i32.or
        ${asked === 'fours' ? '' : `${eightsAcrossBreak}  v128.any_true i32.or`}
        local.set kept

        local.get found       local.get at            i32.store
        local.get found
        local.get bits        local.get bits          i32.const ${~CONTROLS}                    i32.and
        local.get kept        select                  local.tee bits      i32.store offset=4
        local.get found       local.get bits          i32.const 0         i32.ne
        i32.const 3           i32.shl                 i32.add             local.set found

        local.get entry       i32.const 8             i32.add             local.tee entry
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

export interface Kernels {
  readonly passOver: Kernel;
  readonly passOverBreaks: Kernel;
}

export function newMemory(): Memory {
  return new WebAssembly.Memory({ initial: 1 });
}

export function newKernels(asked: Asked, memory: Memory): Kernels {
  const kernel = (code: Uint8Array): Kernel =>
    new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports.run;
  return { passOver: kernel(passOver(asked)), passOverBreaks: kernel(passOverBreaks(asked)) };
}

function hexOf(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString('hex');
}
