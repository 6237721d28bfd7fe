import { type NoiseKey, normals, uniforms } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { mixturePoints } from '../data/mixture-points.js';
import type { MixtureComponent } from '../models/mixture.js';
import type { Batch } from '../objectives/objective.js';

/** Points of the plane, x [count, 2], as a function of the key alone. */
export type PlanarData = (count: number, key: Pick<NoiseKey, 'seed' | 'step'>) => Batch;

/** 0.8 N((5, 5), I) + 0.2 N((-5, -5), I) (Song and Ermon, NCSN, 2019, section 3.2.2). */
export const TWO_MODES: readonly MixtureComponent[] = [
  { weight: 0.8, mean: [5, 5], std: 1 },
  { weight: 0.2, mean: [-5, -5], std: 1 },
];
export const twoModes: PlanarData = (count, key) => mixturePoints(TWO_MODES, count, key);

/** The unit circle, with noise of standard deviation sigma. */
export const ring =
  (sigma: number): PlanarData =>
  (count, key) =>
    curve(count, key, sigma, (u) => [Math.cos(2 * Math.PI * u), Math.sin(2 * Math.PI * u)]);

/** Two and a quarter turns of a spiral of radius 4. */
export const spiral: PlanarData = (count, key) =>
  curve(count, key, 0.1, (u) => {
    // The root spreads the points evenly along the arm.
    const [radius, angle] = [4 * Math.sqrt(u), 4.5 * Math.PI * Math.sqrt(u)];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

/** The dark squares of a chess board of 4 x 4 on [-4, 4]^2. */
export const checkerboard: PlanarData = (count, key) => {
  const u = uniforms(new Float32Array(3 * count), { ...key, stream: 1000 });
  const x = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const square = Math.min(7, Math.floor(8 * u[3 * i]!));
    const [row, column] = [square >> 1, 2 * (square % 2) + ((square >> 1) % 2)];
    x[2 * i] = 2 * (column + u[3 * i + 1]!) - 4;
    x[2 * i + 1] = 2 * (row + u[3 * i + 2]!) - 4;
  }
  return { x: new Tensor('float32', x, [count, 2]) };
};

function curve(
  count: number,
  key: Pick<NoiseKey, 'seed' | 'step'>,
  sigma: number,
  at: (u: number) => readonly [number, number],
): Batch {
  const u = uniforms(new Float32Array(count), { ...key, stream: 1000 });
  const z = normals(new Float32Array(2 * count), { ...key, stream: 1001 });
  const x = z.map((value, e) => at(u[e >> 1]!)[e % 2 === 0 ? 0 : 1] + sigma * value);
  return { x: new Tensor('float32', x, [count, 2]) };
}
