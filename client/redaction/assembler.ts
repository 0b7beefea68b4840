/**
 * A WebAssembly module of one function, from the text of its instructions: names of the WebAssembly text format, one after
 * another; locals by name; labels by depth. Knows only the instructions that are in use.
 */

/** Byte codes (WebAssembly 2.0 §5.4) and what follows them. */
const CODES: Readonly<Record<string, readonly [code: readonly number[], immediate?: Immediate]>> = {
  loop: [[0x03, 0x40]],
  end: [[0x0b]],
  br_if: [[0x0d], 'number'],
  select: [[0x1b]],
  'local.get': [[0x20], 'local'],
  'local.set': [[0x21], 'local'],
  'local.tee': [[0x22], 'local'],
  'i32.load': [[0x28], 'memory'],
  'i32.load8_u': [[0x2d], 'memory'],
  'i32.store': [[0x36], 'memory'],
  'i32.const': [[0x41], 'number'],
  'i32.ne': [[0x47]],
  'i32.lt_u': [[0x49]],
  'i32.ctz': [[0x68]],
  'i32.add': [[0x6a]],
  'i32.sub': [[0x6b]],
  'i32.and': [[0x71]],
  'i32.or': [[0x72]],
  'i32.xor': [[0x73]],
  'i32.shl': [[0x74]],
  'i32.shr_u': [[0x76]],
  'v128.load': [[0xfd, 0x00], 'memory'],
  'v128.load32_splat': [[0xfd, 0x09], 'memory'],
  'v128.load32_zero': [[0xfd, 0x5c], 'memory'],
  'v128.load32_lane': [[0xfd, 0x56], 'memory and lane'],
  'v128.const': [[0xfd, 0x0c], 'vector'],
  'i8x16.shuffle': [[0xfd, 0x0d], 'vector'],
  'i8x16.swizzle': [[0xfd, 0x0e]],
  'i8x16.splat': [[0xfd, 0x0f]],
  'i8x16.extract_lane_u': [[0xfd, 0x16], 'number'],
  'i32x4.extract_lane': [[0xfd, 0x1b], 'number'],
  'i8x16.eq': [[0xfd, 0x23]],
  'i8x16.lt_u': [[0xfd, 0x26]],
  'i8x16.gt_u': [[0xfd, 0x28]],
  'i32x4.eq': [[0xfd, 0x37]],
  'v128.and': [[0xfd, 0x4e]],
  'v128.or': [[0xfd, 0x50]],
  'v128.xor': [[0xfd, 0x51]],
  'v128.andnot': [[0xfd, 0x4f]],
  'v128.bitselect': [[0xfd, 0x52]],
  'v128.any_true': [[0xfd, 0x53]],
  'i8x16.bitmask': [[0xfd, 0x64]],
  'i8x16.sub': [[0xfd, 0x71]],
  'i8x16.add': [[0xfd, 0x6e]],
  'i32x4.bitmask': [[0xfd, 0xa4, 0x01]],
  'i32x4.shl': [[0xfd, 0xab, 0x01]],
  'i32x4.shr_u': [[0xfd, 0xad, 0x01]],
  'i32x4.sub': [[0xfd, 0xb1, 0x01]],
  'i32x4.mul': [[0xfd, 0xb5, 0x01]],
};

/** vector: 16 bytes, given as one 32-bit number four times over or as two 64-bit numbers. */
type Immediate = 'number' | 'local' | 'memory' | 'memory and lane' | 'vector';

const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION = 0x60;
const MAGIC_AND_VERSION = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export interface Source {
  /** Names of the i32 parameters. There is one result, an i32. */
  readonly parameters: readonly string[];
  /** Names of further locals by type. */
  readonly i32: readonly string[];
  readonly v128: readonly string[];
  /** Instructions and their operands, separated by white space. Addresses in memory: `offset=number`. */
  readonly code: string;
}

/** The module imports its memory as `env.memory` and exports the function as `run`. */
export function assemble({ parameters, i32, v128, code }: Source): Uint8Array<ArrayBuffer> {
  const names = [...parameters, ...i32, ...v128];
  const words = code.trim().split(/\s+/);
  const body: number[] = [];
  while (words.length > 0) {
    const [bytes, immediate] = CODES[words.shift()!]!;
    body.push(...bytes);
    if (immediate === 'number') body.push(...signed(Number(words.shift())));
    else if (immediate === 'local') body.push(names.indexOf(words.shift()!));
    else if (immediate === 'vector') body.push(...vector(words.shift()!));
    else if (immediate) {
      const offset = /^offset=(\d+)$/.exec(words[0] ?? '')?.[1];
      if (offset) words.shift();
      body.push(0, ...unsigned(Number(offset ?? 0)));
      if (immediate === 'memory and lane') body.push(Number(words.shift()));
    }
  }
  const locals = list([
    [...unsigned(i32.length), I32],
    [...unsigned(v128.length), V128],
  ]);
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list([[FUNCTION, ...list(parameters.map(() => [I32])), 1, I32]])),
    ...section(2, list([[...text('env'), ...text('memory'), 2, 0, 1]])),
    ...section(3, list([[0]])),
    ...section(7, list([[...text('run'), 0, 0]])),
    ...section(10, list([sized([...locals, ...body, 0x0b])])),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

function vector(word: string): number[] {
  const bytes = Buffer.from(word, 'hex');
  return Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!);
}

/** LEB128. */
function unsigned(number: number): number[] {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...unsigned(number >>> 7)];
}

function signed(number: number): number[] {
  return number >= -64 && number < 64 ? [number & 0x7f] : [(number & 0x7f) | 0x80, ...signed(number >> 7)];
}
