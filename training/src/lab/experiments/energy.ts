import * as tf from '@tensorflow/tfjs';
import { energyModel } from '../../models/energy.js';
import { mixtureEnergy } from '../../models/mixture.js';
import { grid } from '../../quadrature/grid.js';
import { logPartition } from '../../quadrature/log-partition.js';
import { lines } from '../charts/lines.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { onPlane } from '../on-plane.js';

const COMPONENTS = [
  { weight: 0.5, mean: [1.2, 0.8], std: 0.6 },
  { weight: 0.3, mean: [-1.4, -0.6], std: 0.5 },
  { weight: 0.2, mean: [-0.4, 1.6], std: 0.4 },
];
/** What is added to the energy; the density it stands for is then exp(-f) / Z with Z = exp(-SHIFT). */
const SHIFT = 3;
const [LOW, HIGH] = [-3.5, 3.5];

/** A density by its energy: what the score does not need, and what Z costs that the likelihood does. */
export const energy: Experiment = {
  name: 'energy',
  question:
    'What is an energy, what is its score, and what does the normaliser Z cost that only the likelihood needs?',
  async run({ full, signal, note }) {
    await tf.setBackend('cpu');
    const model = energyModel(mixtureEnergy(COMPONENTS));
    const f = (x: tf.Tensor2D) => tf.add<tf.Tensor1D>(model.energy({}, x, tf.zeros([x.shape[0]])), SHIFT);
    const square = (n: number) => ({ low: LOW, high: HIGH, n });
    const energies = onPlane(square(80), f);
    const density = energies.values.map((value) => Math.exp(SHIFT - value));
    const field = onPlane(square(18), (x) => model.apply({}, x, tf.zeros([x.shape[0]])));

    const largest = full ? 64 : 32;
    const resolutions = [4, 8, 16, 32, 64].filter((n) => n <= largest);
    const planar = resolutions.map((n) => ({
      n,
      error: tf.tidy(
        () => logPartition(f, grid({ low: [LOW, LOW], high: [HIGH, HIGH], n })).dataSync()[0]! + SHIFT,
      ),
    }));

    note('quadrature in 1 to 4 dimensions');
    const n = full ? 24 : 16;
    const cost = [1, 2, 3, 4].map((D) => {
      signal.throwIfAborted();
      // A standard normal without its constant: Z = (2 pi)^(D/2).
      const box = { low: Array<number>(D).fill(-5), high: Array<number>(D).fill(5), n };
      const quadratic = (x: tf.Tensor2D) => tf.mul<tf.Tensor1D>(0.5, tf.sum(tf.square(x), 1));
      const started = performance.now();
      const logZ = tf.tidy(() => logPartition(quadratic, grid(box)).dataSync()[0]!);
      const milliseconds = performance.now() - started;
      return { D, evaluations: n ** D, milliseconds, error: logZ - (D / 2) * Math.log(2 * Math.PI) };
    });

    return {
      figures: { logZ: -SHIFT, planar, cost },
      summary: [
        `log Z of the mixture's energy is ${-SHIFT}; by quadrature, off by ${planar.map(({ n, error }) => `${error.toExponential(1)} (${n} x ${n})`).join(', ')}`,
        ...cost.map(
          ({ D, evaluations, error }) =>
            `D = ${D}: ${evaluations} evaluations of the energy for a log Z that is off by ${error.toExponential(1)}`,
        ),
        `D = 784: 10^${Math.round(784 * Math.log10(n))} evaluations`,
        `The score is the same whatever is added to the energy: Z drops out.`,
      ],
      pictures: {
        energy: planes('One mixture: density, energy, score', [
          { title: 'density p(x) = exp(-f(x)) / Z', shades: { ...energies, values: density, name: 'p' } },
          { title: 'energy f(x)', shades: { ...energies, name: 'f', scheme: 'magma' } },
          { title: 'score -grad f(x)', arrows: field },
        ]),
        partition: lines(
          'What quadrature costs',
          [
            {
              name: `${n} cells along each dimension`,
              x: cost.map(({ D }) => D),
              y: cost.map(({ evaluations }) => evaluations),
            },
          ],
          { x: 'dimensions D', y: 'evaluations of the energy, n^D', logY: true },
        ),
      },
    };
  },
};
