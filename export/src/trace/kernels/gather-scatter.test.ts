import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { optimise } from '../../passes/optimise.js';
import { exportFunction } from '../../score-model/export-function.js';
import { graphOf } from '../../testing/graphs.js';
import { testKernels } from '../../testing/kernels.js';
import { floats, ints } from '../../testing/parity.js';
import { trace } from '../trace.js';
import { gathersAndScatters } from './gather-scatter.js';
import { gathersAndScatters as examples } from '../../testing/examples/gather-scatter.js';

testKernels(gathersAndScatters, examples);

test('an index of more numbers than there are axes is refused', () => {
  const fn = ({ x, i }: Record<string, tf.Tensor>) => ({ y: tf.gatherND(x!, i!) });
  expect(() => exportFunction(fn, { x: floats(['batch', 3]), i: ints([2, 3], 1) })).toThrow(
    'index innermost dimension length must be <= tensor rank',
  );
});

test('of known places that stand twice only the last is written, for the order of writing is open in ONNX', () => {
  const at = (...rows: number[]) => tf.tensor2d(rows, [rows.length, 1], 'int32');
  const written = (places: tf.Tensor2D) => {
    const { graph } = trace(
      ({ x, updates }) => ({ y: tf.tensorScatterUpdate(tf.neg(x!), places, updates!) }),
      { x: floats([5]), updates: floats(places.shape.slice(0, 1)) },
    );
    const { inputs } = graph.nodes.find(({ op }) => op === 'ScatterND')!;
    return optimise(graphOf([], { at: inputs[1]! })).outputs[0]!.value.data;
  };
  expect(written(at(2, 0, 2, 4, 0, 2))).toEqual(BigInt64Array.of(2n, 0n, 4n));
  expect(written(at(2, 0, 4))).toEqual(BigInt64Array.of(2n, 0n, 4n));
});
