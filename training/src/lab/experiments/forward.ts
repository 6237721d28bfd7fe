import { alphaBars, linearBetas, normals, priorKl, terminalSnr } from '@scorebridge/runtime';
import { loadMnist } from '../../data/mnist.js';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { lines } from '../charts/lines.js';
import { strip } from '../charts/strip.js';
import type { Experiment } from '../experiment.js';
import { spreadDigits } from '../spread-digits.js';

const SIDE = 28;
const T = 1000;
const ENDS = [1e-2, 2e-2];

/** The forward process of DDPM, with the last beta of the lecture and with that of the paper. */
export const forward: Experiment = {
  name: 'forward',
  question:
    'Does the noise win? What is left of the data after 1,000 steps, with betas up to 1e-2 and up to 2e-2?',
  async run({ full, seed, signal, note }) {
    const { images } = await loadMnist({ split: 'test', signal, note });
    const digits = spreadDigits(images, full ? 6 : 3);
    const meanSquare = meanAndDeviation(Array.from(images, (pixel) => (pixel / 127.5 - 1) ** 2)).mean;
    const chains = ENDS.map((betaEnd) => {
      const betas = linearBetas({ T, betaStart: 1e-4, betaEnd });
      const bits = (priorKl(betas, meanSquare) * SIDE ** 2) / Math.LN2;
      return { betaEnd, abar: alphaBars(betas), terminalSnr: terminalSnr(betas), priorBits: bits };
    });
    const times = [0, 50, 100, 200, 300, 400, 600, 800, 1000];
    const noise = normals(new Float32Array(digits.length), { seed });
    const pictures = Object.fromEntries(
      chains.map(({ betaEnd, abar }) => [
        `strip-${betaEnd}`,
        strip(
          `q(x_t | x_0), betas from 1e-4 to ${betaEnd}`,
          times.map((t) => ({
            title: `t = ${t}`,
            images: digits.map((x, i) => Math.sqrt(abar[t]!) * x + Math.sqrt(1 - abar[t]!) * noise[i]!),
          })),
          { side: SIDE, range: [-1, 1] },
        ),
      ]),
    );
    const t = Array.from({ length: T / 10 }, (_, i) => 10 * (i + 1));
    return {
      figures: {
        T,
        meanSquare,
        chains: chains.map(({ abar, ...chain }) => ({ ...chain, abarT: abar[T] })),
      },
      summary: chains.map(
        ({ betaEnd, abar, terminalSnr, priorBits }) =>
          `betas to ${betaEnd}: abar_T = ${abar[T]!.toExponential(2)}, SNR at the end ${terminalSnr.toExponential(2)}, L_T = ${priorBits.toPrecision(3)} bits a digit`,
      ),
      pictures: {
        ...pictures,
        snr: lines(
          'Signal-to-noise ratio abar_t / (1 - abar_t)',
          chains.map(({ betaEnd, abar }) => ({
            name: `betas to ${betaEnd}`,
            x: t,
            y: t.map((t) => abar[t]! / (1 - abar[t]!)),
          })),
          { x: 'time step t', y: 'signal-to-noise ratio', logY: true },
        ),
      },
    };
  },
};
