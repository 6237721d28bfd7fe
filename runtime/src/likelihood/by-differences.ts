import type { ScoreSource } from '../model/score-model.js';
import { inParts, type Tracer, type TracerOptions } from './trace.js';

/** h in units of the noise's sigma: see `byDifferences`. */
const STEP = 0.01;

/**
 * v' J v as v' (f(x + h v) - f(x - h v)) / (2 h), which needs nothing but predictions: three rows of a network call for one
 * probe, and two for each further one.
 *
 * @param step h in units of sigma, over which a prediction at that noise changes
 */
export function byDifferences(
  predict: ScoreSource['predict'],
  { size, probes, batch, pause }: TracerOptions,
  step = STEP,
): Tracer {
  const rows = 1 + 2 * probes;
  return {
    rows,
    async ask({ x, levels, labels, probe }) {
      const n = levels.length;
      const prediction = new Float32Array(n * size);
      const sums = new Float64Array(n);
      const v = new Float32Array(size);
      await inParts(n * rows, batch, async (from, to) => {
        const points = Array.from({ length: to - from }, (_, r) => {
          const [i, part] = [Math.floor((from + r) / rows), (from + r) % rows];
          // Row 0 of a point is itself; then, of each probe, the one ahead and the one behind.
          return { i, k: (part - 1) >> 1, side: part === 0 ? 0 : part % 2 ? 1 : -1 };
        });
        const asked = new Float32Array(points.length * size);
        points.forEach(({ i, k, side }, r) => {
          if (side) probe(v, i, k);
          const by = side * step * levels[i]!.sigma;
          for (let d = 0; d < size; d++) asked[r * size + d] = x[i * size + d]! + (by && by * v[d]!);
        });
        const found = await predict(
          asked,
          Float32Array.from(points, ({ i }) => levels[i]!.level),
          labels && Int32Array.from(points, ({ i }) => labels[i]!),
        );
        await pause();
        points.forEach(({ i, k, side }, r) => {
          const own = found.subarray(r * size, (r + 1) * size);
          if (side === 0) return prediction.set(own, i * size);
          probe(v, i, k);
          let along = 0;
          for (let d = 0; d < size; d++) along += v[d]! * own[d]!;
          sums[i]! += (side * along) / (2 * step * levels[i]!.sigma);
        });
      });
      return { prediction, sums };
    },
  };
}
