import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { elementwise } from './elementwise.js';

/** The kernel that each activation of a fused op stands for. */
const KERNEL: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** The activation at the end of a fused tfjs op. */
export function activate(
  x: Value,
  { activation = 'linear', leakyreluAlpha }: { activation?: string; leakyreluAlpha?: number },
  alpha?: Value,
): Value {
  if (activation === 'linear') return x;
  const rule = elementwise[KERNEL[activation] ?? ''];
  if (!rule) throw new Error(`A fused op with the activation ${activation} cannot be traced.`);
  return rule(alpha ? { x, alpha } : { x }, { alpha: leakyreluAlpha }) as Value;
}

export const biasAdd = (x: Value, bias: Value | undefined): Value => (bias ? g.add(x, bias) : x);
