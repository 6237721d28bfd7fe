import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { mlp } from '../../models/mlp.js';
import { sliced } from '../../objectives/sliced.js';
import { fit } from '../../trainer/fit.js';
import { lines } from '../charts/lines.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { ring } from '../planar-data.js';

const BATCH = 128;
const NOISE = 0.1;
/** Steps that are averaged into one point of a curve. */
const WINDOW = 10;

/** Song and Ermon, NCSN, 2019, figure 1: data on a curve have no density in the plane, and no score. */
export const manifold: Experiment = {
  name: 'manifold',
  question:
    'What becomes of score matching when the data lie on a thin curve, and what does a little noise do?',
  async run({ full, seed, engine, signal, note }) {
    const steps = full ? 4000 : 1200;
    const network = mlp({ dimensions: 2, hidden: [128, 128], embedding: 0 });
    const curves: Record<string, number[]> = {};
    for (const [name, sigma] of [
      ['on the curve', 0],
      [`with noise of ${NOISE}`, NOISE],
    ] as const) {
      note(name);
      const losses: number[] = (curves[name] = []);
      await fit({
        ...{ network, objective: sliced(), steps, seed, engine, signal, learningRate: 1e-3 },
        batch: (step) => ring(sigma)(BATCH, { seed, step }),
        onStep: (_, { loss }) => losses.push(loss),
      });
    }
    const figures = Object.fromEntries(
      Object.entries(curves).map(([name, losses]) => {
        const { mean, deviation } = meanAndDeviation(losses.slice(-steps / 4));
        return [
          name,
          { meanOfLastQuarter: mean, deviationOfLastQuarter: deviation, least: Math.min(...losses) },
        ];
      }),
    );
    const averaged = (losses: readonly number[]) =>
      Array.from(
        { length: Math.floor(losses.length / WINDOW) },
        (_, i) => meanAndDeviation(losses.slice(i * WINDOW, (i + 1) * WINDOW)).mean,
      );
    const frame = { low: -1.5, high: 1.5 };
    const points = (sigma: number) => ring(sigma)(600, { seed, step: 0 }).x.data as Float32Array;
    return {
      figures: { steps, batch: BATCH, noise: NOISE, ...figures },
      summary: Object.entries(figures).map(
        ([name, { meanOfLastQuarter, deviationOfLastQuarter }]) =>
          `${name}: loss ${meanOfLastQuarter.toFixed(1)} +- ${deviationOfLastQuarter.toFixed(1)} over the last quarter of ${steps} steps`,
      ),
      pictures: {
        loss: lines(
          'Sliced score matching on a circle',
          Object.entries(curves).map(([name, losses]) => {
            const y = averaged(losses);
            return { name, x: y.map((_, i) => (i + 1) * WINDOW), y };
          }),
          { x: 'step', y: `loss, mean of ${WINDOW} steps`, subtitle: 'without noise it has no lower bound' },
        ),
        data: planes('The data', [
          { title: 'on the curve', points: points(0), frame },
          { title: `with noise of ${NOISE}`, points: points(NOISE), frame },
        ]),
      },
    };
  },
};
