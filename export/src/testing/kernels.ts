import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { OLDEST_OPSET, OPSET } from '../onnx/opsets.js';
import { gradientsOf, outputsOf, type Examples, type Line } from './example.js';
import { SEED, draw, exportDifference, randomNumbers } from './parity.js';

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
 * Tests kernels against tfjs's cpu backend at batch 1, 3 and 17 and in every opset, and with them the gradient of
 * every line whose output is float; fails where a rule has no line.
 */
export function testKernels(rules: Readonly<Record<string, unknown>>, table: Examples): void {
  test('every kernel has its line', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(rules).sort());
  });

  describe.each(Object.entries(table))('%s', (kernel, lines) => {
    test.each(lines.map((each, i) => [i, each] as const))('line %i', async (_, each) => {
      const { within = 1e-6, gradient = 1e-5, batches, since } = each.options;
      expect(await kernelsOf(each), 'the kernels that run').toContain(kernel);
      const forward = await exportDifference(outputsOf(each), each.inputs, batches, { since });
      for (const [name, error] of Object.entries(forward)) {
        expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(within);
      }
      const differentiable = Object.values(each.inputs).some(({ dtype }) => dtype === 'float32');
      if (typeof gradient === 'string' || !differentiable) return;
      const backward = await exportDifference(gradientsOf(each), each.inputs, batches, {
        opsets: [OPSET, OLDEST_OPSET],
      });
      for (const [name, error] of Object.entries(backward)) {
        expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(gradient);
      }
    });
  });
}
