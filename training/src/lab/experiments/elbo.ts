import { alphaBars, normals, processBetas, STREAM, type VpProcess } from '@scorebridge/runtime';
import { type BitsPerDim, bitsPerDim } from '../../evaluation/bits-per-dim.js';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { variationalTerms } from '../../evaluation/variational-terms.js';
import { loadMnist } from '../../data/mnist.js';
import { lines } from '../charts/lines.js';
import type { Experiment } from '../experiment.js';
import { spreadDigits } from '../spread-digits.js';
import { trainDigits } from '../train-digits.js';

const D = 28 * 28;
const VARIANCES = ['large', 'small', 'learned'] as const;
type Variance = (typeof VARIANCES)[number];

/** A term for each variance of the step: its mean over the digits, and that mean's standard error. */
interface Term {
  readonly t: number;
  readonly bits: Record<Variance, number>;
  readonly standardError: Record<Variance, number>;
}

/** The variational bound of a network trained for a minute or so, term by term, with each variance of a step. */
export const elbo: Experiment = {
  name: 'elbo',
  question:
    'At which time steps does the variational bound of DDPM pay its bits, and what does a learned variance save?',
  async run(context) {
    const { full, seed, signal, note } = context;
    const steps = full ? 800 : 200;
    const model = await trainDigits({ steps, batch: full ? 64 : 32, variance: { name: 'learned' } }, context);
    try {
      const count = full ? 256 : 48;
      const { images } = await loadMnist({ split: 'test', signal, note });
      const x0 = spreadDigits(images, count);
      const process = model.card.process as VpProcess;
      const abar = alphaBars(processBetas(process));
      const terms = {
        small: variationalTerms(model.card, process, { variance: 'small' }),
        large: variationalTerms(model.card, process, { variance: 'large' }),
      };
      const T = process.schedule.T;
      const times = [1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 160, 250, 400, 600, 800, T];
      note('the terms');
      const perStep: Term[] = [];
      for (const t of times) {
        const z = normals(new Float32Array(x0.length), { seed, step: t, stream: STREAM.evaluation });
        const xt = x0.map((x, i) => Math.sqrt(abar[t]!) * x + Math.sqrt(1 - abar[t]!) * z[i]!);
        const { prediction, varianceShare } = await model.predictVariance!(xt, t);
        const of = (variance: Variance) => {
          const each = Array.from({ length: count }, (_, i) => {
            const row = (values: Float32Array) => values.subarray(i * D, (i + 1) * D);
            const share = variance === 'learned' ? row(varianceShare) : undefined;
            const { at } = terms[variance === 'large' ? 'large' : 'small'];
            return at(t, row(x0), row(xt), row(prediction), share) / (D * Math.LN2);
          });
          const { mean, deviation } = meanAndDeviation(each);
          return { bits: mean, standardError: deviation / Math.sqrt(count) };
        };
        const found = { large: of('large'), small: of('small'), learned: of('learned') };
        perStep.push({ t, bits: each(found, 'bits'), standardError: each(found, 'standardError') });
      }
      note('their sum');
      const totals: Partial<Record<Variance, BitsPerDim>> = {};
      for (const variance of VARIANCES)
        totals[variance] = await bitsPerDim(model, x0, { steps: full ? 100 : 20, variance, seed, signal });
      const text = (bits: number) => bits.toFixed(4);
      return {
        figures: { trainingSteps: steps, images: count, totals, perStep },
        summary: [
          ...VARIANCES.map((variance) => {
            const { bitsPerDim: total, standardError, prior, denoising, decoder } = totals[variance]!;
            return `${variance.padEnd(7)} ${total.toFixed(3)} +- ${standardError.toFixed(3)} bits per dimension, at most: L_T ${text(prior)}, L_1 to L_{T-1} ${text(denoising)}, L_0 ${text(decoder)}`;
          }),
          ...perStep.map(
            ({ t, bits }) =>
              `t = ${String(t).padStart(4)}: ${VARIANCES.map((v) => `${v} ${bits[v].toExponential(1)}`).join(', ')}`,
          ),
        ],
        pictures: {
          terms: lines(
            'The terms L_{t-1} of the bound',
            VARIANCES.map((variance) => ({
              name: `${variance} variance`,
              x: perStep.map(({ t }) => t),
              y: perStep.map(({ bits }) => bits[variance]),
            })),
            {
              ...{ x: 'time step t', y: 'bits per dimension', logX: true, logY: true },
              subtitle: `${steps} training steps, ${count} test digits; t = 1 is the decoder's term L_0`,
            },
          ),
        },
      };
    } finally {
      await model.release();
    }
  },
};

const each = <K extends string>(
  found: Record<Variance, Record<K, number>>,
  key: K,
): Record<Variance, number> => ({
  large: found.large[key],
  small: found.small[key],
  learned: found.learned[key],
});
