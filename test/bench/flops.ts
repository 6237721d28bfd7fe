import type { Trace } from '@scorebridge/export';

/** Floating-point operations of a traced function's convolutions and matrix products, a multiply-add counting as two. */
export function flops({ graph }: Trace): number {
  const product = (shape: readonly number[]) => shape.reduce((p, d) => p * d, 1);
  let total = 0;
  for (const { op, inputs, output } of graph.nodes) {
    const [a, b] = inputs;
    if (op === 'MatMul') total += 2 * product(output.shape) * a!.shape.at(-1)!;
    // A filter [O, I/group, kh, kw] meets every output position of the forward convolution, in each of its gradients too.
    if (op === 'Conv') total += 2 * product(output.shape) * product(b!.shape.slice(1));
    if (op === 'ConvInputGradient') total += 2 * product(a!.shape) * product(b!.shape.slice(1));
    if (op === 'ConvFilterGradient') total += 2 * product(b!.shape) * product(output.shape.slice(1));
  }
  return total;
}
