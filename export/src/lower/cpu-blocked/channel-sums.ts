import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { mapSizes, product, sameInts, sameSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import { asOneSample, blockedForm, emitBlocked, plainWindow, windowAttributes } from './blocked.js';

/**
 * The sum or mean over each image of a channel: ONNX Runtime's blocked mean, or, for a product, a convolution of the
 * one factor with the other as its filter, which does not write the product out.
 */
export const channelSums: LoweringRule = (node, [x]) => {
  const blocked = blockedForm(x!);
  const axes = [...(node.attrs['axes'] as readonly number[])].sort();
  if (!blocked || !sameInts(axes, [2, 3]) || node.attrs['keepdims'] !== 1) return undefined;
  const pixels = product(x!.shape.slice(2));
  const factors = factorsOf(blocked);
  const isMean = node.op === 'ReduceMean';
  if (!factors) {
    const mean = emitBlocked('GlobalAveragePool', [blocked], node.output.shapes);
    return [isMean ? mean : g.mul(mean, g.scalar(pixels, mean))];
  }
  const image = asOneSample(factors[0]);
  const [, channels, height, width] = image.shape as [number, number, number, number];
  const filter = g.reshape(
    factors[1],
    mapSizes(image.shapes, () => [channels, 1, height, width]),
  );
  const dot = emitBlocked(
    'Conv',
    [image, filter],
    mapSizes(image.shapes, () => [1, channels, 1, 1]),
    windowAttributes(plainWindow([height, width], channels)),
  );
  const sums = g.reshape(dot, node.output.shapes);
  return [isMean ? g.mul(sums, g.scalar(1 / pixels, sums)) : sums];
};

function factorsOf(value: Value): readonly [Value, Value] | undefined {
  if (value.producer?.op !== 'Mul') return undefined;
  const [a, b] = value.producer.inputs as [Value, Value];
  return sameSizes(a.shapes, b.shapes) ? [a, b] : undefined;
}
