import { hutchinson, loadModel, logLikelihood, type Likelihood } from '@scorebridge/runtime';
import { existsSync } from 'node:fs';
import { meanAndDeviation } from '../evaluation/mean-and-deviation.js';
import type { Context } from './context.js';
import { prepareSampling } from './prepare-sampling.js';
import { startProgress } from './progress.js';
import { checkTestDigits, testDigits, type TestDigitsOptions } from './test-digits.js';

/** Tolerance of the solver unless told otherwise: its error is far below what the digits and the probes scatter by. */
const TOLERANCE = 1e-4;

export interface LikelihoodCommandOptions extends TestDigitsOptions {
  readonly seeds: number;
  readonly probes?: number;
  readonly tolerance?: number;
  readonly vjp?: string;
}

/**
 * `scorebridge evaluate --likelihood`: bits per dimension of MNIST's test digits by the probability-flow ODE, each with its
 * own label where the model has labels; dequantised and probed anew with each seed.
 *
 * @throws Error in one sentence, before any work, if the model is not one of digits, its product is of another model, or an
 *   option is of samples
 */
export async function evaluateLikelihood(
  path: string,
  options: LikelihoodCommandOptions,
  context: Context,
): Promise<void> {
  const {
    steps,
    variance,
    seed,
    seeds,
    provider,
    threads,
    batch,
    probes = 1,
    tolerance = TOLERANCE,
  } = options;
  if (steps !== undefined || variance !== undefined)
    throw new RangeError(
      '--likelihood takes steps as its tolerance asks: leave --steps and --variance out with it.',
    );
  const { card } = await prepareSampling(path, options);
  checkTestDigits(card, options, '--likelihood');
  const { signal, note } = context;
  const beside = path.replace(/\.onnx$/, '.vjp.onnx');
  const vjp = options.vjp ?? (beside !== path && existsSync(beside) ? beside : undefined);
  const model = await loadModel(path, { provider, threads, signal, vjp });
  const runs: Likelihood[] = [];
  const started = performance.now();
  let digits: Awaited<ReturnType<typeof testDigits>>;
  try {
    digits = await testDigits(card, options, context);
    const { pixels, label, count } = digits;
    const derivative = vjp
      ? `by ${vjp}`
      : 'by central differences: `scorebridge export --likelihood` is exact';
    note(`divergences ${derivative}, on ${model.provider.name} (${model.provider.reason})`);
    const progress = startProgress('likelihood');
    try {
      for (let s = 0; s < seeds; s++) {
        runs.push(
          await logLikelihood(model, pixels, {
            ...{ label, batch, signal, seed: seed + s, rtol: tolerance, atol: tolerance },
            probes: hutchinson({ probes }),
            onProgress: (done) => progress.update(s * count + done, seeds * count),
          }),
        );
      }
    } finally {
      progress.stop();
    }
  } finally {
    await model.release();
  }
  const seconds = (performance.now() - started) / 1000;
  const { count, label } = digits;
  // Over digits, each averaged over the seeds: what another draw of digits would move.
  const perDigit = Array.from({ length: count }, (_, i) =>
    runs.reduce((sum, { bitsPerDim }) => sum + bitsPerDim[i]! / seeds, 0),
  );
  const { mean, deviation } = meanAndDeviation(perDigit);
  const standardError = deviation / Math.sqrt(count);
  const ofSeeds = runs.map(({ bitsPerDim }) => meanAndDeviation(Array.from(bitsPerDim)).mean);
  const evaluations = meanAndDeviation(runs.flatMap((run) => Array.from(run.evaluations))).mean;
  const { derivative } = runs[0]!;
  const labelled = label !== undefined;
  context.print(
    {
      ...{ model: path, provider: model.provider, count, labelled, probes, tolerance, derivative, seed },
      ...(seeds > 1 && { seeds, seedDeviation: meanAndDeviation(ofSeeds).deviation }),
      ...{ seconds, evaluations, bitsPerDim: mean, standardError },
    },
    [
      `${count} test digits${labelled ? ' with their labels' : ''} on ${model.provider.name}, ${evaluations.toFixed(0)} points of the ODE each, ${seconds.toFixed(1)} s`,
      '',
      `bits per dimension  ${mean.toFixed(3)} +- ${standardError.toFixed(3)}`,
      ...(seeds > 1 ? [`  of each seed      ${ofSeeds.map((value) => value.toFixed(3)).join(', ')}`] : []),
    ].join('\n'),
  );
}
