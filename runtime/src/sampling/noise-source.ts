/**
 * Standard normals in place of those that a seed draws.
 *
 * @param draw 0 for where a sampler starts, 1 for the first that it asks for on its way, and so on
 * @param shape [batch, ...shape]
 * @param first index of the batch's first sample
 * @returns as many numbers, row by row
 */
export type NoiseSource = (draw: number, shape: readonly number[], first: number) => ArrayLike<number>;
