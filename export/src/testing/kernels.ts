import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { SEED, draw, exportDifference, randomNumbers, type Input } from './parity.js';

/** Every input as a Tensor4D, whatever its rank: tfjs's types ask for a rank where its functions do not. */
type Drawn<I> = { readonly [K in keyof I]: tf.Tensor4D };

export interface Line {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly fn: (inputs: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[];
  readonly options: LineOptions;
}

export interface LineOptions {
  /** The largest relative error allowed; 1e-6 where nothing is said. */
  readonly within?: number;
  /** The same for the gradient, 1e-5 where nothing is said; or why it is not compared with tfjs's. */
  readonly gradient?: number | string;
  /** The batch sizes, where tfjs is not right at every one. */
  readonly batches?: readonly number[];
}

/** One use of a kernel, for `testKernels`. */
export const line = <I extends Readonly<Record<string, Input>>>(
  inputs: I,
  fn: (inputs: Drawn<I>) => tf.Tensor | tf.Tensor[],
  options: LineOptions = {},
): Line => ({ inputs, fn: fn as unknown as Line['fn'], options });

const byName = (made: tf.Tensor | tf.Tensor[]): Record<string, tf.Tensor> =>
  Object.fromEntries([made].flat().map((y, i) => [`y${i}`, y]));

/** d/dx of the sum of y^2 for every float input x: a dy that no two elements share. */
function gradients({ inputs, fn }: Line) {
  const names = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32');
  return (tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const loss = (...xs: tf.Tensor[]) => {
      const made = [fn({ ...tensors, ...Object.fromEntries(names.map((name, i) => [name, xs[i]!])) })].flat();
      return made.map((y) => tf.sum(tf.square(y))).reduce((a, b) => tf.add(a, b));
    };
    const found = tf.grads(loss)(names.map((name) => tensors[name]!));
    return Object.fromEntries(names.map((name, i) => [`d${name}`, found[i]!]));
  };
}

/** The kernels that tfjs's cpu backend runs for a line. */
async function kernelsOf({ inputs, fn }: Line): Promise<string[]> {
  await tf.setBackend('cpu');
  const random = randomNumbers();
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => [name, draw(spec, 2, random).tensor]),
  );
  const profile = await tf.profile(() => {
    fn(tensors);
  });
  return profile.kernelNames;
}

/**
 * Tests kernels against tfjs's cpu backend at batch 1, 3 and 17, and with them the gradient of every line whose
 * output is float; fails where a rule has no line.
 */
export function testKernels(
  rules: Readonly<Record<string, unknown>>,
  table: Readonly<Record<string, readonly Line[]>>,
): void {
  test('every kernel has its line', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(rules).sort());
  });

  describe.each(Object.entries(table))('%s', (kernel, lines) => {
    test.each(lines.map((each, i) => [i, each] as const))('line %i', async (_, each) => {
      expect(await kernelsOf(each), 'the kernels that run').toContain(kernel);
      const forward = await exportDifference((t) => byName(each.fn(t)), each.inputs, each.options.batches);
      const { within = 1e-6, gradient = 1e-5 } = each.options;
      for (const [name, error] of Object.entries(forward)) {
        expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(within);
      }
      const differentiable = Object.values(each.inputs).some(({ dtype }) => dtype === 'float32');
      if (typeof gradient === 'string' || !differentiable) return;
      const backward = await exportDifference(gradients(each), each.inputs, each.options.batches);
      for (const [name, error] of Object.entries(backward)) {
        expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(gradient);
      }
    });
  });
}
