import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { mlp } from '../../models/mlp.js';
import { initialise, unpack } from '../../models/parameters.js';
import { explicit } from '../../objectives/explicit.js';
import type { Objective, Predict } from '../../objectives/objective.js';
import { sliced } from '../../objectives/sliced.js';
import type { Projection } from '../../objectives/slices.js';
import { lines } from '../charts/lines.js';
import type { Experiment } from '../experiment.js';

const BATCH = 16;
const PROJECTIONS: readonly Projection[] = ['rademacher', 'gaussian', 'sphere'];

/** Exact and sliced score matching: time against the number of dimensions, variance against the number of slices. */
export const hutchinson: Experiment = {
  name: 'hutchinson',
  question:
    'What does the trace of the score cost exactly, what does it cost by random slices, and how noisy are they?',
  async run({ full, seed, signal, note }) {
    await tf.setBackend('cpu');
    const dimensions = full ? [2, 8, 32, 128, 392, 784] : [2, 8, 32, 96];
    const repeats = 5;
    const measure = (D: number) => {
      signal.throwIfAborted();
      note(`${D} dimensions`);
      const { predict, x, dispose } = problem(D, seed);
      try {
        const time = (objective: Objective) =>
          leastTime(repeats, () => lossOf(objective, predict, x, seed, 1));
        const score = leastTime(repeats, () =>
          tf.tidy(() => void predict(device(x), tf.zeros([BATCH])).dataSync()),
        );
        return { D, score, exact: time(explicit()), sliced: time(sliced()) };
      } finally {
        dispose();
      }
    };
    // The first is measured twice, as the engine that runs this is still compiling it.
    measure(dimensions[0]!);
    const timings = dimensions.map(measure);
    // In evaluations of the score, which itself takes longer in more dimensions.
    const relative = timings.map(({ D, score, exact, sliced }) => ({
      D,
      exact: exact / score,
      sliced: sliced / score,
    }));
    const slope = slopeOf(
      relative.map(({ D }) => D),
      relative.map(({ exact }) => exact),
    );
    const flat = relative.map((row) => row.sliced);

    note('variance');
    const variances = varianceOfSlices(full ? 16 : 8, full ? 300 : 150, seed);
    return {
      figures: {
        batch: BATCH,
        milliseconds: timings,
        inScoreEvaluations: relative,
        exactSlopePerDimension: slope,
        slicedSpread: Math.max(...flat) / Math.min(...flat) - 1,
        variances,
      },
      summary: [
        `Exact: ${slope.toFixed(2)} evaluations of the score for each dimension; at D = ${dimensions.at(-1)} ${timings.at(-1)!.exact.toFixed(0)} ms a batch of ${BATCH}.`,
        `Sliced: ${Math.min(...flat).toFixed(1)} to ${Math.max(...flat).toFixed(1)} evaluations from D = ${dimensions[0]} to ${dimensions.at(-1)}; ${timings.at(-1)!.sliced.toFixed(0)} ms at the last.`,
        ...PROJECTIONS.map((projection) => {
          const rows = variances.filter((row) => row.projection === projection);
          return `${projection}: standard deviation ${rows.map(({ slices, deviation }) => `${deviation.toPrecision(2)} (${slices})`).join(', ')} slices`;
        }),
      ],
      pictures: {
        cost: lines(
          'Time of one loss, in evaluations of the score',
          (['exact', 'sliced'] as const).map((name) => ({
            name: name === 'exact' ? 'exact trace' : 'one slice',
            x: relative.map(({ D }) => D),
            y: relative.map((row) => row[name]),
          })),
          { x: 'dimensions D', y: 'evaluations of the score', logX: true, logY: true },
        ),
        variance: lines(
          'Noise of the sliced loss about the exact one',
          PROJECTIONS.map((projection) => {
            const rows = variances.filter((row) => row.projection === projection);
            return {
              name: projection,
              x: rows.map(({ slices }) => slices),
              y: rows.map(({ deviation }) => deviation),
            };
          }),
          { x: 'slices', y: 'standard deviation of the loss', logX: true, logY: true },
        ),
      },
    };
  },
};

/** A score network of D dimensions and a batch of points. */
function problem(D: number, seed: number) {
  const network = mlp({ dimensions: D, hidden: [128, 128], embedding: 0 });
  const flat = tf.tensor1d(initialise(network.specs, seed));
  const p = tf.tidy(() => unpack(flat, network.specs));
  const predict: Predict = (x, level) => network.apply(p, x, level);
  const x = new Tensor('float32', normals(new Float32Array(BATCH * D), { seed, stream: 1000 }), [BATCH, D]);
  return { predict, x, dispose: () => tf.dispose([flat, ...Object.values(p)]) };
}

const device = ({ data, dims }: Tensor) => tf.tensor(data as Float32Array, [...dims]);

function lossOf(objective: Objective, predict: Predict, x: Tensor, seed: number, step: number): number {
  return tf.tidy(() => {
    const inputs = Object.entries(objective.draw({ x }, { seed, step }));
    return objective
      .loss(predict, Object.fromEntries(inputs.map(([name, value]) => [name, device(value)])))
      .dataSync()[0]!;
  });
}

function varianceOfSlices(most: number, draws: number, seed: number) {
  const { predict, x, dispose } = problem(16, seed);
  const rows = [];
  for (const projection of PROJECTIONS)
    for (let slices = 1; slices <= most; slices *= 2) {
      const objective = sliced({ projection, slices });
      const losses = Array.from({ length: draws }, (_, k) => lossOf(objective, predict, x, seed, k + 1));
      rows.push({ projection, slices, ...meanAndDeviation(losses) });
    }
  dispose();
  return rows;
}

function leastTime(repeats: number, run: () => void): number {
  run();
  const times = Array.from({ length: repeats }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  // What others do on the machine only adds.
  return Math.min(...times);
}

/** Of the least-squares line. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [meanAndDeviation(x).mean, meanAndDeviation(y).mean];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
