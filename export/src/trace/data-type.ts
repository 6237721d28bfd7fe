import type { DataType as TfDataType } from '@tensorflow/tfjs-core';
import type { DataType } from '../graph/graph.js';

/** The graph's type for a tfjs type; throws for those that cannot be traced. */
export function dataTypeOf(dtype: TfDataType): DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`A tensor of type ${dtype} cannot be traced: only float32, int32 and bool can.`);
}
