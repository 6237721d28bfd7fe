import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { OLDEST_OPSET, OPSET } from '../onnx/opsets.js';
import { gradientsOf, outputsOf, type Examples, type Line } from './example.js';
import { SEED, draw, exportDifference, randomNumbers } from './parity.js';

const OLDER_OPSETS = Array.from({ length: OPSET - OLDEST_OPSET }, (_, i) => OPSET - 1 - i);

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

/** Each line, and the gradient of those whose output is float, on ONNX Runtime and on tfjs, in these opsets. */
async function compare(each: Line, forward: readonly number[], backward: readonly number[]): Promise<void> {
  const { inputs, options } = each;
  const { within = 1e-6, gradient = 1e-5, batches, since } = options;
  const check = (differences: Readonly<Record<string, number>>, limit: number) => {
    for (const [name, error] of Object.entries(differences))
      expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(limit);
  };
  check(await exportDifference(outputsOf(each), inputs, batches, { opsets: forward, since }), within);
  const differentiable = Object.values(inputs).some(({ dtype }) => dtype === 'float32');
  if (typeof gradient === 'string' || !differentiable) return;
  check(await exportDifference(gradientsOf(each), inputs, batches, { opsets: backward }), gradient);
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
    const numbered = lines.map((each, i) => [i, each] as const);
    test.each(numbered)('line %i', async (_, each) => {
      expect(await kernelsOf(each), 'the kernels that run').toContain(kernel);
      await compare(each, [OPSET], [OPSET]);
    });
    test.each(numbered)('line %i in older opsets', { tags: ['long'] }, (_, each) =>
      compare(each, OLDER_OPSETS, [OLDEST_OPSET]),
    );
  });
}
