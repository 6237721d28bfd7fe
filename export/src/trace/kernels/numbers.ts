import type { DataType as TfDataType } from '@tensorflow/tfjs-core';
import type { DataType, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

/** tfjs truncates float to int, as ONNX does, and takes anything but 0 as true. */
export function castTo(v: Value, dtype: TfDataType): Value {
  if (dtype === 'float32' || dtype === 'int32') return g.cast(v, dtype);
  if (dtype === 'bool') return v.dtype === 'bool' ? v : g.unary('Not', g.compare('Equal', v, g.scalar(0, v)));
  throw new Error(`Cast to ${dtype} cannot be traced: only float32, int32 and bool can.`);
}

type Numbers = readonly [Value, ...Value[]];

/** Most of ONNX's arithmetic knows no bools: in tfjs they are 0 and 1, and what comes out is a bool again. */
export const onNumbers = <V extends Numbers>(values: V, f: (...values: V) => Value): Value =>
  convertedTo('int32', values, ({ dtype }) => dtype !== 'bool', f);

/** Much of it knows floats alone: of a result from whole numbers tfjs keeps the whole part. */
export const onFloats = <V extends Numbers>(values: V, f: (...values: V) => Value): Value =>
  convertedTo('float32', values, ({ dtype }) => dtype === 'float32', f);

function convertedTo<V extends Numbers>(
  dtype: DataType,
  values: V,
  fits: (v: Value) => boolean,
  f: (...values: V) => Value,
): Value {
  if (values.every(fits)) return f(...values);
  const converted = values.map((v) => g.cast(v, dtype)) as unknown as V;
  const whole = g.cast(f(...converted), 'int32');
  return castTo(whole, values[0].dtype as TfDataType);
}
