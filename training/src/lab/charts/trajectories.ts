import type { MixtureComponent } from '../../models/mixture.js';
import type { Plot } from '../../plots/render.js';
import { base } from './base.js';

export interface Trajectories {
  readonly paths: readonly { readonly path: number; readonly t: number; readonly x: number }[];
  readonly T: number;
  readonly abar: ArrayLike<number>;
  /** The data, in one dimension. */
  readonly components: readonly MixtureComponent[];
  /** Where the samples end. */
  readonly samples: Float32Array;
}

const [LOW, HIGH, CELLS] = [-3, 3, 60];
const HEIGHT = 300;

/** Paths over the density of x_t, noise on the left; beside it the samples' histogram and the density of the data. */
export function trajectories(title: string, { paths, T, abar, components, samples }: Trajectories): Plot {
  const density = (x: number, t: number) =>
    components.reduce((sum, { weight, mean, std }) => {
      const variance = abar[t]! * std ** 2 + 1 - abar[t]!;
      return (
        sum +
        (weight * Math.exp(-((x - Math.sqrt(abar[t]!) * mean[0]!) ** 2) / (2 * variance))) /
          Math.sqrt(2 * Math.PI * variance)
      );
    }, 0);
  const half = (HIGH - LOW) / CELLS / 2;
  const columns = Array.from({ length: 50 }, (_, i) => Math.round(((i + 0.5) * T) / 50));
  const shades = columns.flatMap((t) =>
    Array.from({ length: CELLS }, (_, j) => {
      const x = LOW + (2 * j + 1) * half;
      return { t: t - T / 100, t2: t + T / 100, x: x - half, x2: x + half, p: Math.min(1.2, density(x, t)) };
    }),
  );
  const histogram = Array.from({ length: CELLS }, (_, j) => {
    const x = LOW + (2 * j + 1) * half;
    const inside = samples.reduce((sum, value) => sum + (Math.abs(value - x) <= half ? 1 : 0), 0);
    return {
      x,
      low: x - half,
      high: x + half,
      from: 0,
      found: inside / samples.length / (2 * half),
      truth: density(x, 0),
    };
  });
  const x = { type: 'quantitative' as const, title: 'x', scale: { domain: [LOW, HIGH], nice: false } };
  const t = {
    type: 'quantitative' as const,
    title: 'time step t',
    scale: { domain: [0, T], reverse: true, nice: false },
  };
  return {
    ...base(
      title,
      'left: 40 reverse chains on the density of x_t; right: where all end, and the density of the data',
    ),
    spacing: 20,
    hconcat: [
      {
        width: 520,
        height: HEIGHT,
        layer: [
          {
            data: { values: shades },
            mark: { type: 'rect' as const, clip: true },
            encoding: {
              x: { field: 't', ...t },
              x2: { field: 't2' },
              y: { field: 'x', ...x },
              y2: { field: 'x2' },
              color: {
                field: 'p',
                type: 'quantitative' as const,
                title: 'p(x_t)',
                scale: { scheme: 'blues' },
              },
            },
          },
          {
            data: { values: [...paths] },
            mark: { type: 'line' as const, strokeWidth: 0.7, color: '#ea580c', opacity: 0.8, clip: true },
            encoding: {
              x: { field: 't', ...t },
              y: { field: 'x', ...x },
              detail: { field: 'path', type: 'nominal' as const },
            },
          },
        ],
      },
      {
        width: 140,
        height: HEIGHT,
        data: { values: histogram },
        layer: [
          {
            mark: { type: 'rect' as const, color: '#fdba74' },
            encoding: {
              x: { field: 'from', type: 'quantitative' as const, title: 'density at t = 0' },
              x2: { field: 'found' },
              y: { field: 'low', ...x },
              y2: { field: 'high' },
            },
          },
          {
            mark: { type: 'line' as const, orient: 'horizontal' as const, color: '#1e3a8a' },
            encoding: {
              x: { field: 'truth', type: 'quantitative' as const, title: 'density at t = 0' },
              y: { field: 'x', ...x },
              order: { field: 'x', type: 'quantitative' as const },
            },
          },
        ],
      },
    ],
  } as Plot;
}
