import { Value, type Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { product } from '../graph/sizes.js';

/** Numbers from which on a tensor is handed on as it is: 64 KiB of them. */
const LARGE = 2 ** 14;

/** What one graph gives and another takes. */
export interface HandOver {
  /** The outputs of the one, given what stands in it for each of the values. */
  outputs(values: readonly Value[]): Graph['outputs'];
  /** The inputs of the other. */
  readonly inputs: readonly Value[];
  /** What stands in the other for each of the values. */
  readonly received: ReadonlyMap<Value, Value>;
}

/**
 * Hands values of known sizes on: large ones as they are, the others as one vector, because a session takes hundreds of
 * tensors slowly.
 *
 * @param name of the vector, and the beginning of the names of the others
 */
export function handOver(name: string, values: readonly Value[]): HandOver {
  const isLarge = values.map((value) => sizeOf(value) >= LARGE);
  const large = values.filter((_, i) => isLarge[i]);
  const small = values.filter((_, i) => !isLarge[i]);
  const inputs = large.map((value, i) => input(`${name}.${i}`, value.shape));
  const received = new Map(large.map((value, i) => [value, inputs[i]!]));
  const vector = input(name, [small.reduce((sum, value) => sum + sizeOf(value), 0)]);
  if (small.length > 0) {
    inputs.push(vector);
    pieces(vector, small).forEach((piece, i) => received.set(small[i]!, piece));
  }
  return {
    inputs,
    received,
    outputs: (made) => [
      ...made.filter((_, i) => isLarge[i]).map((value, i) => ({ name: `${name}.${i}`, value })),
      ...(small.length > 0 ? [{ name, value: join(made.filter((_, i) => !isLarge[i])) }] : []),
    ],
  };
}

const sizeOf = (value: Value): number => product(value.shape);

function input(name: string, shape: readonly number[]): Value {
  const value = new Value('float32', [shape]);
  value.name = name;
  return value;
}

const join = (values: readonly Value[]): Value =>
  g.concat(
    values.map((value) => g.reshape(value, [[sizeOf(value)]])),
    0,
  );

/** The values that a vector holds one after the other. */
function pieces(vector: Value, values: readonly Value[]): Value[] {
  const parts = values.length === 1 ? [vector] : g.split(vector, [values.map(sizeOf)], 0);
  return values.map(({ shapes }, i) => g.reshape(parts[i]!, shapes));
}
