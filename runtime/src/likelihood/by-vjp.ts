import type { ScoreSource } from '../model/score-model.js';
import { dot, inParts, type Tracer, type TracerOptions } from './trace.js';

/** v' J v as (v' J) v, by a source's own vector-Jacobian product: a row of a network call for each probe. */
export function byVjp(
  vjp: NonNullable<ScoreSource['vjp']>,
  { size, probes, batch, pause }: TracerOptions,
): Tracer {
  return {
    rows: probes,
    async ask({ x, levels, labels, probe }) {
      const n = levels.length;
      const prediction = new Float32Array(n * size);
      const sums = new Float64Array(n);
      await inParts(n * probes, batch, async (from, to) => {
        const points = Array.from({ length: to - from }, (_, r) => Math.floor((from + r) / probes));
        const [asked, v] = [new Float32Array(points.length * size), new Float32Array(points.length * size)];
        points.forEach((i, r) => {
          asked.set(x.subarray(i * size, (i + 1) * size), r * size);
          probe(v.subarray(r * size, (r + 1) * size), i, (from + r) % probes);
        });
        const found = await vjp(
          asked,
          Float32Array.from(points, (i) => levels[i]!.level),
          v,
          labels && Int32Array.from(points, (i) => labels[i]!),
        );
        await pause();
        points.forEach((i, r) => {
          const row = [r * size, (r + 1) * size] as const;
          prediction.set(found.prediction.subarray(...row), i * size);
          sums[i]! += dot(v.subarray(...row), found.vjp.subarray(...row));
        });
      });
      return { prediction, sums };
    },
  };
}
