/**
 * Gives each string a number, so that ops that only move elements can move numbers. A string that was seen once is kept;
 * the empty one is 0, and an element that was left out -1.
 */
export class StringTable {
  private readonly strings: Uint8Array[] = [];
  private readonly numbers = new Map<string, number>();

  constructor() {
    this.numberOf(new Uint8Array());
  }

  encode(strings: readonly (Uint8Array | undefined)[]): Int32Array {
    return Int32Array.from(strings, (bytes) => (bytes ? this.numberOf(bytes) : -1));
  }

  /** With a hole for an element that was left out. */
  decode(numbers: Int32Array): Uint8Array[] {
    const strings = new Array<Uint8Array>(numbers.length);
    numbers.forEach((number, i) => {
      if (number >= 0) strings[i] = this.strings[number]!;
    });
    return strings;
  }

  private numberOf(bytes: Uint8Array): number {
    const key = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const known = this.numbers.get(key) ?? this.strings.push(bytes) - 1;
    this.numbers.set(key, known);
    return known;
  }
}

/** The kernels behind those ops that tfjs lets strings into and that look no further into them than to compare them. */
export const STRING_KERNELS: ReadonlySet<string> = new Set([
  ...[
    'Concat',
    'Equal',
    'ExpandDims',
    'GatherNd',
    'NotEqual',
    'Pack',
    'Slice',
    'SparseToDense',
    'StridedSlice',
  ],
  ...['Tile', 'Unpack'],
]);
