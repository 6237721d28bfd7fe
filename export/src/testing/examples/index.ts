import { blocks } from './blocks.js';
import { complexes } from './complex.js';
import { convolutions3d } from './convolution-3d.js';
import { convolutions } from './convolution.js';
import { counting } from './counting.js';
import { crops } from './crop-and-resize.js';
import { dilations } from './dilation.js';
import { einsums } from './einsum.js';
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
import { shapes } from './shape.js';
import { slicesAndPads } from './slice-and-pad.js';
import { sorting } from './sorting.js';
import { sparse } from './sparse.js';
import { transforms } from './transform.js';
import { uniques } from './unique.js';
import type { Line } from '../example.js';

const files = [
  blocks,
  complexes,
  convolutions3d,
  convolutions,
  counting,
  crops,
  dilations,
  einsums,
  elementwise,
  fillings,
  gathersAndScatters,
  imageMoves,
  matMuls,
  nonMaxSuppressions,
  normalizations,
  poolings,
  random,
  reductions,
  resizings,
  shapes,
  slicesAndPads,
  sorting,
  sparse,
  transforms,
  uniques,
];

/** The uses of every kernel. */
export const examples: ReadonlyMap<string, readonly Line[]> = files
  .flatMap((file) => Object.entries(file))
  .reduce(
    (all, [kernel, lines]) => all.set(kernel, [...(all.get(kernel) ?? []), ...lines]),
    new Map<string, readonly Line[]>(),
  );
