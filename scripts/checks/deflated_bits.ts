// Tells how many bits of a gzip file each byte of its content takes, so that the parts of a bundle add up to the whole.

const GZIP_HEADER_BYTES = 10;
const END_OF_BLOCK = 256;
const MAX_CODE_BITS = 15;
const LENGTHS = { first: 3, step: 4, codes: 29 } as const;
const DISTANCES = { first: 1, step: 2, codes: 30 } as const;
/** The order in which a block names the lengths of the codes for code lengths. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A symbol by the length of its code and the code itself. */
type Codes = ReadonlyMap<number, number>;

/** Returns the bits of each byte of the content. A repetition is shared by the bytes that it repeats. */
export function deflatedBits(gzip: Uint8Array): number[] {
  const stream = new BitReader(gzip.subarray(GZIP_HEADER_BYTES));
  const bits: number[] = [];
  for (let isLast = false; !isLast;) {
    isLast = stream.read(1) === 1;
    const kind = stream.read(2);
    if (kind === 0) readStored(stream, bits);
    else readCoded(stream, kind === 1 ? FIXED_CODES : readCodes(stream), bits);
  }
  return bits;
}

class BitReader {
  readonly #data: Uint8Array;
  position = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** Reads a number, its lowest bit first. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.#bit() << i;
    return value;
  }

  readSymbol(codes: Codes): number {
    let code = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length++) {
      code = code << 1 | this.#bit();
      const symbol = codes.get(keyOf(length, code));
      if (symbol !== undefined) return symbol;
    }
    throw new TypeError("Cannot read the gzip file: it has an unknown code");
  }

  #bit(): number {
    const byte = this.#data[this.position >> 3];
    if (byte === undefined) throw new TypeError("Cannot read the gzip file: it ends too early");
    return byte >> (this.position++ & 7) & 1;
  }
}

function readStored(stream: BitReader, bits: number[]): void {
  stream.position = Math.ceil(stream.position / 8) * 8;
  const length = stream.read(16);
  stream.position += 16 + 8 * length;
  for (let i = 0; i < length; i++) bits.push(8);
}

function readCoded(
  stream: BitReader,
  [literals, distances]: readonly [literals: Codes, distances: Codes],
  bits: number[],
): void {
  for (;;) {
    const start = stream.position;
    const symbol = stream.readSymbol(literals);
    if (symbol === END_OF_BLOCK) return;
    if (symbol < END_OF_BLOCK) bits.push(stream.position - start);
    else {
      const length = symbol === END_OF_BLOCK + LENGTHS.codes
        ? 258
        : numberOf(stream, symbol - END_OF_BLOCK - 1, LENGTHS);
      numberOf(stream, stream.readSymbol(distances), DISTANCES);
      const share = (stream.position - start) / length;
      for (let i = 0; i < length; i++) bits.push(share);
    }
  }
}

/** A length or a distance: each `step` codes, another bit follows the code. */
function numberOf(
  stream: BitReader,
  code: number,
  { first, step }: typeof LENGTHS | typeof DISTANCES,
): number {
  if (code < 2 * step) return first + code;
  const extra = Math.floor(code / step) - 1;
  return first + ((step + code % step) << extra) + stream.read(extra);
}

function readCodes(stream: BitReader): [literals: Codes, distances: Codes] {
  const literalCount = stream.read(5) + 257;
  const distanceCount = stream.read(5) + 1;
  const orderCount = stream.read(4) + 4;
  const orderLengths = Array<number>(LENGTH_ORDER.length).fill(0);
  for (const symbol of LENGTH_ORDER.slice(0, orderCount)) orderLengths[symbol] = stream.read(3);
  const codes = codesOf(orderLengths);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = stream.readSymbol(codes);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...repeated(lengths.at(-1) ?? 0, stream.read(2) + 3));
    else lengths.push(...repeated(0, symbol === 17 ? stream.read(3) + 3 : stream.read(7) + 11));
  }
  return [codesOf(lengths.slice(0, literalCount)), codesOf(lengths.slice(literalCount))];
}

/** The codes of symbols whose lengths are known: shorter ones first, and equal ones in the order of the symbols. */
function codesOf(lengths: readonly number[]): Codes {
  const codes = new Map<number, number>();
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    for (const [symbol, its] of lengths.entries()) {
      if (its === length) codes.set(keyOf(length, code++), symbol);
    }
    code <<= 1;
  }
  return codes;
}

const FIXED_CODES = [
  codesOf([...repeated(8, 144), ...repeated(9, 112), ...repeated(7, 24), ...repeated(8, 8)]),
  codesOf(repeated(5, DISTANCES.codes)),
] as const;

function keyOf(length: number, code: number): number {
  return length << MAX_CODE_BITS | code;
}

function repeated(value: number, count: number): number[] {
  return Array<number>(count).fill(value);
}
