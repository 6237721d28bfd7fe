import { geometricSigmas } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { energyModel } from '../../models/energy.js';
import { mixtureEnergy } from '../../models/mixture.js';
import { planes } from '../charts/plane.js';
import type { Experiment } from '../experiment.js';
import { onPlane } from '../on-plane.js';
import { TWO_MODES } from '../planar-data.js';

/** Densities and score fields of one data set under noise that falls. */
export const levels: Experiment = {
  name: 'levels',
  question: 'What does noise do to a density and its score, from the largest sigma to the smallest?',
  async run({ full }) {
    await tf.setBackend('cpu');
    const sigmas = geometricSigmas({ sigmaMax: 10, sigmaMin: 0.1, L: full ? 9 : 6 });
    const model = energyModel(mixtureEnergy(TWO_MODES));
    const square = (n: number) => ({ low: -10, high: 10, n });
    const figures: { sigma: number; densityBetweenModes: number; scoreThere: number }[] = [];
    const panels = Array.from(sigmas, (sigma) => {
      const level = (x: tf.Tensor) => tf.fill([x.shape[0]!], sigma) as tf.Tensor1D;
      const density = onPlane(square(80), (x) => tf.exp(tf.neg(model.energy({}, x, level(x)))));
      // A quarter of the way from the small mode to the large.
      const between = tf.tensor2d([[-2.5, -2.5]]);
      figures.push({
        sigma,
        densityBetweenModes:
          Math.exp(-model.energy({}, between, level(between)).dataSync()[0]!) / Math.max(...density.values),
        scoreThere: tf.norm(model.apply({}, between, level(between))).dataSync()[0]!,
      });
      return {
        title: `sigma = ${sigma.toPrecision(2)}`,
        shades: { ...density, name: 'p' },
        arrows: onPlane(square(14), (x) => model.apply({}, x, level(x))),
      };
    });
    return {
      figures: { levels: figures },
      summary: figures.map(
        ({ sigma, densityBetweenModes }) =>
          `sigma ${sigma.toPrecision(2).padEnd(5)} density between the modes, of its largest: ${densityBetweenModes.toExponential(1)}`,
      ),
      pictures: { levels: planes('Noise joins the modes: density and score at each level', panels) },
    };
  },
};
