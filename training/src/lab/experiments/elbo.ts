import { alphaBars, normals, processBetas, STREAM, type VpProcess } from '@scorebridge/runtime';
import { bitsPerDim } from '../../evaluation/bits-per-dim.js';
import { meanAndDeviation } from '../../evaluation/mean-and-deviation.js';
import { variationalTerms } from '../../evaluation/variational-terms.js';
import { loadMnist } from '../../data/mnist.js';
import { lines } from '../charts/lines.js';
import type { Experiment } from '../experiment.js';
import { spreadDigits } from '../spread-digits.js';
import { trainDigits } from '../train-digits.js';

const D = 28 * 28;

/** The variational bound of a network trained for a minute or so, term by term. */
export const elbo: Experiment = {
  name: 'elbo',
  question: 'At which time steps does the variational bound of DDPM pay its bits?',
  async run(context) {
    const { full, seed, signal, note } = context;
    const steps = full ? 800 : 200;
    const model = await trainDigits({ steps }, context);
    try {
      const count = full ? 256 : 48;
      const { images } = await loadMnist({ split: 'test', signal, note });
      const x0 = spreadDigits(images, count);
      const process = model.card.process as VpProcess;
      const abar = alphaBars(processBetas(process));
      const terms = variationalTerms(model.card, process);
      const T = process.schedule.T;
      const times = [1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 160, 250, 400, 600, 800, T];
      note('the terms');
      const perStep = [];
      for (const t of times) {
        const z = normals(new Float32Array(x0.length), { seed, step: t, stream: STREAM.evaluation });
        const xt = x0.map((x, i) => Math.sqrt(abar[t]!) * x + Math.sqrt(1 - abar[t]!) * z[i]!);
        const predictions = await model.predict(xt, t);
        const each = Array.from({ length: count }, (_, i) => {
          const row = (values: Float32Array) => values.subarray(i * D, (i + 1) * D);
          return terms.at(t, row(x0), row(xt), row(predictions)) / (D * Math.LN2);
        });
        const { mean, deviation } = meanAndDeviation(each);
        perStep.push({ t, bits: mean, standardError: deviation / Math.sqrt(count) });
      }
      note('their sum');
      const total = await bitsPerDim(model, x0, { steps: full ? 100 : 20, seed, signal });
      const text = (bits: number) => bits.toFixed(4);
      return {
        figures: { trainingSteps: steps, images: count, total, perStep },
        summary: [
          `${total.bitsPerDim.toFixed(3)} +- ${total.standardError.toFixed(3)} bits per dimension, at most: L_T ${text(total.prior)}, L_1 to L_{T-1} ${text(total.denoising)}, L_0 ${text(total.decoder)}`,
          ...perStep.map(({ t, bits }) => `t = ${String(t).padStart(4)}: ${bits.toExponential(1)}`),
        ],
        pictures: {
          terms: lines(
            'The terms L_{t-1} of the bound',
            [
              {
                name: 'bits per dimension',
                x: perStep.map(({ t }) => t),
                y: perStep.map(({ bits }) => bits),
              },
            ],
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
