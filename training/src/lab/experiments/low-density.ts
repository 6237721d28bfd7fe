import * as tf from '@tensorflow/tfjs';
import { energyModel } from '../../models/energy.js';
import { mixtureEnergy } from '../../models/mixture.js';
import { mlp } from '../../models/mlp.js';
import { unpack } from '../../models/parameters.js';
import { sliced } from '../../objectives/sliced.js';
import { fit } from '../../trainer/fit.js';
import { lines } from '../charts/lines.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { TWO_MODES, twoModes } from '../planar-data.js';
import { onPlane } from '../on-plane.js';

const BATCH = 256;
const BINS = 8;
const square = (n: number) => ({ low: -8, high: 8, n });

/** Song and Ermon, NCSN, 2019, figure 2: a score that is learned from data alone is wrong where there are none. */
export const lowDensity: Experiment = {
  name: 'low-density',
  question: 'How wrong is a learned score where there are few data?',
  async run({ full, seed, engine, signal, note }) {
    const steps = full ? 6000 : 1500;
    const network = mlp({ dimensions: 2, hidden: [128, 128], embedding: 0 });
    note('sliced score matching');
    const { ema } = await fit({
      ...{ network, objective: sliced(), steps, seed, engine, signal, learningRate: 3e-3 },
      batch: (step) => twoModes(BATCH, { seed, step }),
      optimiser: { emaDecay: 0.995 },
    });
    await tf.setBackend('cpu');
    const truth = energyModel(mixtureEnergy(TWO_MODES));
    const zeros = (x: tf.Tensor) => tf.zeros([x.shape[0]!]) as tf.Tensor1D;
    const exact = (x: tf.Tensor2D) => truth.apply({}, x, zeros(x));
    const learned = (x: tf.Tensor2D) => network.apply(unpack(tf.tensor1d(ema), network.specs), x, zeros(x));
    const energies = onPlane(square(80), (x) => truth.energy({}, x, zeros(x)));
    const errors = onPlane(square(80), (x) => tf.norm(tf.sub(learned(x), exact(x)), 2, 1));
    const density = { ...energies, values: energies.values.map((f) => Math.exp(-f)) };

    // Cells by their density, from the least to the greatest, in bins of equal width in log10 p.
    const logs = energies.values.map((f) => -f / Math.LN10);
    const [least, most] = [Math.max(-12, Math.min(...logs)), Math.max(...logs)];
    const bins = Array.from({ length: BINS }, (_, b) => {
      const [low, high] = [0, 1].map((end) => least + ((most - least) * (b + end)) / BINS) as [
        number,
        number,
      ];
      const inside = [...errors.values]
        .filter((_, e) => logs[e]! >= low && logs[e]! <= high)
        .sort((a, b) => a - b);
      return { log10Density: (low + high) / 2, medianError: inside[Math.floor(inside.length / 2)] ?? NaN };
    }).filter(({ medianError }) => Number.isFinite(medianError));
    return {
      figures: { steps, batch: BATCH, bins },
      summary: bins.map(
        ({ log10Density, medianError }) =>
          `p about 10^${log10Density.toFixed(1).padStart(5)}: median error of the score ${medianError.toFixed(2)}`,
      ),
      pictures: {
        fields: planes('A score learned from data, against the truth', [
          {
            title: 'true score on the density',
            shades: { ...density, name: 'p' },
            arrows: onPlane(square(16), exact),
          },
          {
            title: 'learned score on the density',
            shades: { ...density, name: 'p' },
            arrows: onPlane(square(16), learned),
          },
          { title: 'error of the learned score', shades: { ...errors, name: '||error||', scheme: 'magma' } },
        ]),
        error: lines(
          'Error against density',
          [
            {
              name: 'median over the plane',
              x: bins.map(({ log10Density }) => log10Density),
              y: bins.map(({ medianError }) => medianError),
            },
          ],
          { x: 'log10 of the data density', y: '|| learned - true score ||', logY: true },
        ),
      },
    };
  },
};
