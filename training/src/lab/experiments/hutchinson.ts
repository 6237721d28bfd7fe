import { compile } from '@scorebridge/export';
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

const BATCH = 64;
const PROJECTIONS: readonly Projection[] = ['rademacher', 'gaussian', 'sphere'];

/** Exact and sliced score matching: time against the number of dimensions, variance against the number of slices. */
export const hutchinson: Experiment = {
  name: 'hutchinson',
  question:
    'What does the trace of the score cost exactly, what does it cost by random slices, and how noisy are they?',
  async run({ full, seed, signal, note }) {
    await tf.setBackend('cpu');
    const timings = [];
    for (const D of [2, 8, 32, 128, 392, 784]) {
      signal.throwIfAborted();
      note(`${D} dimensions`);
      timings.push(await timed(D, seed, full ? 200 : 50));
    }
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
    const variances = await varianceOfSlices(full ? 16 : 8, full ? 2000 : 300, seed);
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
        `Exact: ${slope.toFixed(2)} evaluations of the score for each dimension; at D = ${timings.at(-1)!.D} ${timings.at(-1)!.exact.toFixed(1)} ms a batch of ${BATCH}.`,
        `Sliced: ${Math.min(...flat).toFixed(2)} to ${Math.max(...flat).toFixed(2)} evaluations from D = ${timings[0]!.D} to ${timings.at(-1)!.D}; ${timings.at(-1)!.sliced.toFixed(1)} ms at the last.`,
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

/** A loss, or without an objective the score alone, on one thread of ONNX Runtime. */
async function compiled(predict: Predict, x: Tensor, objective?: Objective) {
  const fn = compile(
    (inputs): Record<string, tf.Tensor> =>
      objective
        ? { loss: objective.loss(predict, inputs) }
        : { score: predict(inputs.x!, inputs.level as tf.Tensor1D) },
    { provider: 'cpu', threads: 1 },
  );
  const level = new Tensor('float32', new Float32Array(BATCH), [BATCH]);
  const draw = (step: number, seed: number) =>
    objective ? objective.draw({ x }, { seed, step }) : { x, level };
  return {
    draw,
    run: (inputs: ReturnType<typeof draw>) => fn.run(inputs),
    dispose: () => fn.dispose(),
  };
}

/** The least time in milliseconds of score, exact and sliced loss, taken in turns: what others do on the machine only adds. */
async function timed(D: number, seed: number, rounds: number) {
  const { predict, x, dispose } = problem(D, seed);
  const programs = {
    score: await compiled(predict, x),
    sliced: await compiled(predict, x, sliced()),
    exact: await compiled(predict, x, explicit()),
  };
  const least = { score: Infinity, sliced: Infinity, exact: Infinity };
  // The first round is the compiler's, and an exact trace takes long enough to be timed a few times only.
  for (let round = 0; round <= rounds; round++)
    for (const [name, { draw, run }] of Object.entries(programs)) {
      if (name === 'exact' && round > 5) continue;
      const inputs = draw(1, seed);
      const started = performance.now();
      await run(inputs);
      const took = performance.now() - started;
      if (round > 0) least[name as keyof typeof least] = Math.min(least[name as keyof typeof least], took);
    }
  for (const program of Object.values(programs)) await program.dispose();
  dispose();
  return { D, ...least };
}

async function varianceOfSlices(most: number, draws: number, seed: number) {
  const { predict, x, dispose } = problem(16, seed);
  const rows = [];
  for (const projection of PROJECTIONS)
    for (let slices = 1; slices <= most; slices *= 2) {
      const program = await compiled(predict, x, sliced({ projection, slices }));
      const losses: number[] = [];
      for (let k = 1; k <= draws; k++) {
        const { loss } = await program.run(program.draw(k, seed));
        losses.push((loss!.data as Float32Array)[0]!);
      }
      await program.dispose();
      rows.push({ projection, slices, ...meanAndDeviation(losses) });
    }
  dispose();
  return rows;
}

/** Of the least-squares line. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [meanAndDeviation(x).mean, meanAndDeviation(y).mean];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
