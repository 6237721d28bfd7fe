import { sizeOf } from './size-of.js';

/** A source of independent random numbers; each parameter has its own. */
export interface Random {
  /** `count` draws from N(0, 1). */
  normals(count: number): Float32Array;
  /** `count` draws from U[0, 1). */
  uniforms(count: number): Float32Array;
}

/** The first values of a parameter of `shape`, row-major. */
export type Initialiser = (random: Random, shape: readonly number[]) => Float32Array;

// Kernels are [...window, inputs, outputs], so that all but the last axis feed one output.
const fanIn = (shape: readonly number[]) => sizeOf(shape.slice(0, -1));

export const zeros: Initialiser = (_, shape) => new Float32Array(sizeOf(shape));
export const ones: Initialiser = (_, shape) => new Float32Array(sizeOf(shape)).fill(1);

/** N(0, std^2). */
export const normal =
  (std: number): Initialiser =>
  (random, shape) =>
    random.normals(sizeOf(shape)).map((z) => std * z);

/** U[-limit, limit). */
export const uniform =
  (limit: number): Initialiser =>
  (random, shape) =>
    random.uniforms(sizeOf(shape)).map((u) => limit * (2 * u - 1));

/** N(0, 1 / fan in): keeps the variance of a linear layer (LeCun et al., Efficient BackProp, 1998). */
export const leCunNormal: Initialiser = (random, shape) => normal(Math.sqrt(1 / fanIn(shape)))(random, shape);

/** As `leCunNormal`, uniform. */
export const leCunUniform: Initialiser = (random, shape) =>
  uniform(Math.sqrt(3 / fanIn(shape)))(random, shape);

/** N(0, 2 / fan in): keeps the variance through a ReLU (He et al., Delving Deep into Rectifiers, 2015, eq. 10). */
export const heNormal: Initialiser = (random, shape) => normal(Math.sqrt(2 / fanIn(shape)))(random, shape);

/** As `heNormal`, uniform. */
export const heUniform: Initialiser = (random, shape) => uniform(Math.sqrt(6 / fanIn(shape)))(random, shape);
