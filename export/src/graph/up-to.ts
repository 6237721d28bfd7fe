import type { DataType, Value } from './graph.js';
import { constant, emit, repeat } from './ops.js';

/** A number, of rank 0, that follows the sizes: what it is at each witness. */
export const sizeValue = (at: readonly number[], dtype: DataType): Value =>
  emit('Size', [], { dtype, shapes: repeat([], at.length) }, {}, { value: at.map((n) => [n]) });

/** 0, 1, 2 ... below a length that may follow the sizes: what it is at each witness. */
export function upTo(length: readonly number[], dtype: 'int32' | 'int64'): Value {
  const number = (value: number) => constant(dtype, [], [value], length.length);
  const shapes = length.map((n) => [n]);
  return emit('Range', [number(0), sizeValue(length, dtype), number(1)], { dtype, shapes });
}
