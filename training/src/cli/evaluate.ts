import type { ModelCard } from '@scorebridge/runtime';
import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { FASHION_MNIST } from '../data/fashion-mnist.js';
import { loadMnist } from '../data/mnist.js';
import { meanAndDeviation } from '../evaluation/mean-and-deviation.js';
import { loadJudge, SHIPPED_JUDGE } from '../evaluation/judge.js';
import { judgeRealDigits } from '../evaluation/real-digits.js';
import { scoreCard, type ScoreCard } from '../evaluation/score-card.js';
import { acceptanceLine } from './acceptance-line.js';
import { contextOf } from './context.js';
import { type DrawnSamples, drawSamples } from './draw-samples.js';
import { type BitsPerDimCommandOptions, evaluateBitsPerDim } from './evaluate-bits-per-dim.js';
import { evaluateLikelihood, type LikelihoodCommandOptions } from './evaluate-likelihood.js';
import { fileName, finiteNumber, wholeNumber } from './options.js';
import { prepareSampling } from './prepare-sampling.js';
import { addSamplingOptions } from './sampling-options.js';

interface Options extends BitsPerDimCommandOptions, LikelihoodCommandOptions {
  readonly judge: string;
  readonly likelihood?: boolean;
  readonly bitsPerDim?: boolean;
}

/** What the samples of one seed came to. */
interface Run extends DrawnSamples {
  readonly seed: number;
  readonly scores: ScoreCard;
}

/**
 * Adds `scorebridge evaluate`: draws samples of a model of digits and has the judge score them, or bounds the model's
 * likelihood of real ones.
 */
export function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('score samples of a model of digits by a classifier, or real digits by the model')
    .argument('<model.onnx>', 'a model that `scorebridge export` wrote');
  addSamplingOptions(command, 1000)
    .option(
      '--seeds <n>',
      'draw anew with this many seeds, from --seed on, and give the spread',
      wholeNumber(1),
      1,
    )
    .option('--judge <file>', 'another judge than the one that comes with Scorebridge', SHIPPED_JUDGE)
    .option('--data <folder>', 'the four IDX files of MNIST (default: fetched once, then cached)')
    .option(
      '--bits-per-dim',
      'in place of samples, the variational bound of a vp model on test digits, each at --steps of its time steps (default: 20)',
    )
    .option(
      '--likelihood',
      'in place of samples, the likelihood of test digits by the probability-flow ODE, in bits per dimension',
    )
    .option(
      '--probes <n>',
      "with --likelihood, Hutchinson's random vectors a digit (default: 1)",
      wholeNumber(1),
    )
    .option(
      '--tolerance <tol>',
      "with --likelihood, rtol and atol of the ODE's solver (default: 1e-4)",
      finiteNumber,
    )
    .option(
      '--vjp <file>',
      "with --likelihood, the model's vector-Jacobian product (default: NAME.vjp.onnx beside it; without one, differences)",
      fileName('.onnx'),
    )
    .action(async (model: string, options: Options) => evaluateCommand(model, options, command));
}

async function evaluateCommand(path: string, options: Options, command: Command): Promise<void> {
  const context = contextOf(command);
  if (options.bitsPerDim && options.likelihood)
    throw new RangeError('--bits-per-dim bounds what --likelihood computes: ask for one of them.');
  if (options.likelihood) return evaluateLikelihood(path, options, context);
  const { probes, tolerance, vjp } = options;
  if ([probes, tolerance, vjp].some((value) => value !== undefined))
    throw new RangeError('--probes, --tolerance and --vjp are for --likelihood: leave them out without it.');
  if (options.bitsPerDim) return evaluateBitsPerDim(path, options, context);
  const { count, guidance, guide } = options;
  if (count < 2)
    throw new RangeError('A Fréchet distance needs at least two samples: ask for more with --count.');
  if (!existsSync(options.judge))
    throw new Error(`There is no judge at ${options.judge}: train one with \`scorebridge judge\`.`);

  const plan = await prepareSampling(path, options);
  const { card, sampler, labels } = plan;
  checkDigits(card);
  checkJudge(card, options.judge);
  const { signal, note } = context;
  const load = async (split: 'train' | 'test') =>
    (await loadMnist({ dir: options.data, split, signal, note })).images;
  const real = { training: await load('train'), test: await load('test') };
  const judge = await loadJudge({ model: options.judge });
  try {
    const seen = await judgeRealDigits(judge, real, count, { signal });
    const runs: Run[] = [];
    for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
      const drawn = await drawSamples(plan, { ...options, seed }, context);
      const [low, high] = card.valueRange;
      const digits = drawn.samples.map((value) => Math.min(Math.max((value - low) / (high - low), 0), 1));
      note('judging');
      const scores = scoreCard(await judge.judge(digits, { signal }), seen, labels);
      runs.push({ ...drawn, seed, scores });
    }
    const { provider, steps } = runs[0]!;
    const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
    const figures = runs.map(({ seed, seconds, acceptance, scores }) => ({
      ...{ seed, seconds, acceptance },
      ...scores,
    }));
    const accepted =
      runs[0]!.acceptance === undefined
        ? undefined
        : meanAndDeviation(runs.map(({ acceptance }) => acceptance!)).mean;
    const times = runs.length > 1 ? ` for each of ${runs.length} seeds` : '';
    context.print(
      {
        ...{ model: path, provider, sampler: sampler.name, steps, guidance, guide },
        ...(figures.length > 1 ? { ...summaryOf(runs), runs: figures } : figures[0]),
      },
      `${count} samples${times} in ${steps} steps of ${sampler.name} on ${provider.name}, ${seconds.toFixed(1)} s${acceptanceLine(accepted)}\n\n${table(runs)}`,
    );
  } finally {
    await judge.release();
  }
}

/** The judge knows ten digits of 28 x 28 pixels, nothing else. */
function checkDigits({ shape, layout, classes }: ModelCard): void {
  if (shape.join() !== '28,28,1' || layout !== 'channels-last')
    throw new RangeError(
      `The judge knows digits of shape [28, 28, 1], channels last; the model draws [${shape.join(', ')}], ${layout}.`,
    );
  if (classes && classes.count !== 10)
    throw new RangeError(`The judge knows the 10 digits; the model has ${classes.count} classes.`);
}

/** Another known set of the same form would pass for digits, and its figures would mean nothing. */
function checkJudge({ dataset }: ModelCard, judge: string): void {
  if (judge === SHIPPED_JUDGE && dataset.name === FASHION_MNIST)
    throw new RangeError(
      `The judge that comes with Scorebridge knows digits; the model draws ${FASHION_MNIST}: train one with scorebridge judge --data and --out, and name both with --judge and --data.`,
    );
}

/** Mean and standard deviation of each figure over the seeds. */
function summaryOf(runs: readonly Run[]): Record<string, number> {
  const summary: Record<string, number> = { count: runs[0]!.scores.count, seeds: runs.length };
  for (const name of ['confident', 'rightLabel', 'frechet', 'frechetFloor'] as const) {
    const values = runs.map(({ scores }) => scores[name]).filter((value) => value !== undefined);
    if (values.length === 0) continue;
    const { mean, deviation } = meanAndDeviation(values);
    Object.assign(summary, { [name]: mean, [`${name}Deviation`]: deviation });
  }
  return summary;
}

/** A line for each figure, with a column for each seed and, of several, one with mean and standard deviation. */
function table(runs: readonly Run[]): string {
  const several = runs.length > 1;
  const line = (name: string, figure: (scores: ScoreCard) => number, format: (value: number) => string) => {
    const values = runs.map(({ scores }) => figure(scores));
    const { mean, deviation } = meanAndDeviation(values);
    return [name, ...values.map(format), ...(several ? [`${format(mean)} +- ${format(deviation)}`] : [])];
  };
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const tenth = (value: number) => value.toFixed(1);
  const { rightLabel, floorCount } = runs[0]!.scores;
  const rows = [
    ...(several ? [['seed', ...runs.map(({ seed }) => String(seed)), 'mean +- deviation']] : []),
    line('recognised with p >= 0.9', ({ confident }) => confident, percent),
    ...(rightLabel === undefined ? [] : [line('  as the digit asked for', (s) => s.rightLabel!, percent)]),
    line('Fréchet distance', ({ frechet }) => frechet, tenth),
    line(`  of ${floorCount} real test digits`, ({ frechetFloor }) => frechetFloor, tenth),
    ...(several ? [] : [['digits 0 to 9', runs[0]!.scores.classCounts.join(' ')]]),
    line('  chi-square from equal', ({ chiSquare }) => chiSquare, tenth),
  ];
  const notes = '(a chi-square is below 16.9 in 95% of balanced sets)';
  return [...rows.map(([name = '', ...cells]) => aligned(name, cells)), notes].join('\n');
}

const aligned = (name: string, cells: readonly string[]) =>
  name.padEnd(28) + cells.map((cell, i) => (i < cells.length - 1 ? cell.padEnd(9) : cell)).join('');
