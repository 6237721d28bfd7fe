import * as tf from '@tensorflow/tfjs';
import { normals } from '@scorebridge/runtime';
import { mixturePoints } from '../../data/mixture-points.js';
import { energyModel } from '../../models/energy.js';
import { mixtureEnergy } from '../../models/mixture.js';
import { mlp, mlpEnergy } from '../../models/mlp.js';
import type { Network } from '../../models/network.js';
import { unpack } from '../../models/parameters.js';
import { contrastiveDivergence } from '../../objectives/contrastive-divergence.js';
import { denoising } from '../../objectives/denoising.js';
import { explicit } from '../../objectives/explicit.js';
import { finiteDifferenceSliced } from '../../objectives/finite-difference-sliced.js';
import { maximumLikelihood } from '../../objectives/maximum-likelihood.js';
import type { Objective } from '../../objectives/objective.js';
import { sliced } from '../../objectives/sliced.js';
import { grid } from '../../quadrature/grid.js';
import { fit } from '../../trainer/fit.js';
import { bars } from '../charts/bars.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { onPlane } from '../on-plane.js';

const BATCH = 256;
const COMPONENTS = [
  { weight: 0.6, mean: [1.1, 0.7], std: 0.6 },
  { weight: 0.4, mean: [-1.1, -0.5], std: 0.8 },
];
const SIGMA = 0.1;
const box = { low: -3.5, high: 3.5 };
const networks = {
  score: mlp({ dimensions: 2, hidden: [64, 64], embedding: 0 }),
  energy: energyModel(mlpEnergy({ dimensions: 2, hidden: [64, 64], embedding: 0 })),
};

/** Every objective on the same points and networks, against the true score. */
export const matching: Experiment = {
  name: 'matching',
  question: 'How near to the true score does each objective come, and what does it cost?',
  async run({ full, seed, engine, signal, note }) {
    const steps = full ? 4000 : 600;
    const cases: readonly [string, Objective, readonly (keyof typeof networks)[]][] = [
      ['explicit', explicit(), ['score', 'energy']],
      ['sliced', sliced(), ['score', 'energy']],
      ['sliced, plain', sliced({ varianceReduced: false }), ['score', 'energy']],
      ['finite differences', finiteDifferenceSliced(), ['score', 'energy']],
      [`denoising, sigma ${SIGMA}`, denoising({ sigmas: Float64Array.of(SIGMA) }), ['score', 'energy']],
      [
        'maximum likelihood',
        maximumLikelihood({ grid: grid({ low: [-5, -5], high: [5, 5], n: 60 }) }),
        ['energy'],
      ],
      ['contrastive divergence', contrastiveDivergence({ k: 10, eps: 0.02 }), ['energy']],
      [
        'persistent chains',
        contrastiveDivergence({ k: 10, eps: 0.02, chains: normals(new Float32Array(2 * BATCH), { seed }) }),
        ['energy'],
      ],
    ];
    const rows: {
      name: string;
      objective: string;
      model: string;
      fisherDivergence: number;
      seconds: number;
    }[] = [];
    const learned: Record<string, Float32Array> = {};
    for (const [objective, made, kinds] of cases)
      for (const model of kinds) {
        const name = `${objective} (${model})`;
        note(name);
        const started = performance.now();
        const { ema } = await fit({
          ...{ network: networks[model], objective: made, steps, seed, engine, signal, learningRate: 5e-3 },
          batch: (step) => mixturePoints(COMPONENTS, BATCH, { seed, step }),
          optimiser: { emaDecay: 0.99 },
        });
        const seconds = (performance.now() - started) / 1000;
        learned[name] = ema;
        rows.push({
          name,
          objective,
          model,
          fisherDivergence: await fisherDivergence(networks[model], ema, seed),
          seconds,
        });
      }
    const best = [...rows].sort((a, b) => a.fisherDivergence - b.fisherDivergence)[0]!;
    return {
      figures: { steps, batch: BATCH, rows },
      summary: rows.map(
        ({ name, fisherDivergence, seconds }) =>
          `${name.padEnd(36)}${fisherDivergence.toFixed(4)}  ${seconds.toFixed(1)} s`,
      ),
      pictures: {
        divergence: bars(
          'Fisher divergence from the true score',
          rows.map(({ name, fisherDivergence }) => ({ name, value: fisherDivergence })),
          {
            x: '1/2 E ||s - grad log p||^2, log scale',
            log: true,
            subtitle: `${steps} steps of ${BATCH} points; lower is better`,
          },
        ),
        time: bars(
          `Time of ${steps} steps`,
          rows.map(({ name, seconds }) => ({ name, value: seconds })),
          { x: 'seconds, tracing included' },
        ),
        fields: await fields(best.name, networks[best.model as keyof typeof networks], learned[best.name]!),
      },
    };
  },
};

const truth = energyModel(mixtureEnergy(COMPONENTS));
const zeros = (x: tf.Tensor) => tf.zeros([x.shape[0]!]) as tf.Tensor1D;
const scoreOf = (network: Network, parameters: Float32Array) => (x: tf.Tensor2D) =>
  network.apply(unpack(tf.tensor1d(parameters), network.specs), x, zeros(x));

/** 1/2 E ||s(x) - grad log p(x)||^2 over fresh points of p. */
async function fisherDivergence(network: Network, parameters: Float32Array, seed: number): Promise<number> {
  await tf.setBackend('cpu');
  const { x } = mixturePoints(COMPONENTS, 5000, { seed: seed + 1 });
  return tf.tidy(() => {
    const points = tf.tensor2d(x.data as Float32Array, [5000, 2]);
    const error = tf.sub(scoreOf(network, parameters)(points), truth.apply({}, points, zeros(points)));
    return tf.mul(0.5, tf.mean(tf.sum(tf.square(error), 1))).dataSync()[0]!;
  });
}

async function fields(name: string, network: Network, parameters: Float32Array) {
  await tf.setBackend('cpu');
  const square = { ...box, n: 18 };
  const density = onPlane({ ...box, n: 80 }, (x) => tf.exp(tf.neg(truth.energy({}, x, zeros(x)))));
  return planes('The true field and the nearest', [
    {
      title: 'true score',
      shades: { ...density, name: 'p' },
      arrows: onPlane(square, (x) => truth.apply({}, x, zeros(x))),
    },
    { title: name, shades: { ...density, name: 'p' }, arrows: onPlane(square, scoreOf(network, parameters)) },
  ]);
}
