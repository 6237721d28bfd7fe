import { blocks } from './blocks.js';
import { complexes } from './complex.js';
import { convolutions3d } from './convolution-3d.js';
import { convolutions } from './convolution.js';
import { counting } from './counting.js';
import { einsums } from './einsum.js';
import { crops } from './crop-and-resize.js';
import { dilations } from './dilation.js';
import { elementwise } from './elementwise.js';
import { fillings } from './filling.js';
import { gathersAndScatters } from './gather-scatter.js';
import { imageMoves } from './image.js';
import { matMuls } from './matmul.js';
import { nonMaxSuppressions } from './non-max-suppression.js';
import { normalizations } from './normalization.js';
import { poolings } from './pooling.js';
import { random } from './random.js';
import { reductions } from './reduction.js';
import { resizings } from './resize.js';
import { Complex, type Inputs, type Recorded, type Rules } from './rule.js';
import { shapes } from './shape.js';
import { slicesAndPads } from './slice-and-pad.js';
import { sorting } from './sorting.js';
import { sparse } from './sparse.js';
import { uniques } from './unique.js';
import { transforms } from './transform.js';

/** Every tfjs kernel that can be recorded, for numbers that are not complex. */
const kernels: Rules = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...slicesAndPads,
  ...blocks,
  ...fillings,
  ...gathersAndScatters,
  ...sorting,
  ...counting,
  ...sparse,
  ...uniques,
  ...random,
  ...matMuls,
  ...einsums,
  ...convolutions,
  ...convolutions3d,
  ...poolings,
  ...resizings,
  ...normalizations,
  ...crops,
  ...dilations,
  ...imageMoves,
  ...transforms,
  ...nonMaxSuppressions,
};

/** Every tfjs kernel that can be recorded. */
export const kernelsWithRule: ReadonlySet<string> = new Set([
  ...Object.keys(kernels),
  ...Object.keys(complexes),
]);

/**
 * Records a kernel.
 *
 * @throws Error if it has no rule for complex64 and meets it
 */
export function record(
  kernel: string,
  inputs: Readonly<Record<string, Recorded>>,
  attrs: object,
): Recorded | Recorded[] {
  const isComplex =
    ('dtype' in attrs && attrs.dtype === 'complex64') ||
    Object.values(inputs).some((value) => value instanceof Complex);
  const rule = kernels[kernel];
  if (rule && !isComplex) return rule(inputs as Inputs, attrs);
  const complexRule = complexes[kernel];
  if (complexRule) return complexRule(inputs, attrs);
  throw new Error(
    `The tfjs kernel ${kernel} cannot be traced for complex64: take the tensor apart with tf.real and tf.imag.`,
  );
}
