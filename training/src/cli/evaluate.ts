import type { ModelCard } from '@scorebridge/runtime';
import { type Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { FASHION_MNIST } from '../data/fashion-mnist.js';
import { loadMnist } from '../data/mnist.js';
import { loadJudge, SHIPPED_JUDGE } from '../evaluation/judge.js';
import { judgeRealDigits } from '../evaluation/real-digits.js';
import { scoreCard, type ScoreCard } from '../evaluation/score-card.js';
import { contextOf } from './context.js';
import { drawSamples } from './draw-samples.js';
import { type BitsPerDimCommandOptions, evaluateBitsPerDim } from './evaluate-bits-per-dim.js';
import { prepareSampling } from './prepare-sampling.js';
import { addSamplingOptions } from './sampling-options.js';

interface Options extends BitsPerDimCommandOptions {
  readonly judge: string;
  readonly bitsPerDim?: boolean;
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
    .option('--judge <file>', 'another judge than the one that comes with Scorebridge', SHIPPED_JUDGE)
    .option('--data <folder>', 'the four IDX files of MNIST (default: fetched once, then cached)')
    .option(
      '--bits-per-dim',
      'in place of samples, the variational bound of a vp model on test digits, each at --steps of its time steps (default: 20)',
    )
    .addOption(
      new Option(
        '--variance <size>',
        "of the model's chain, for --bits-per-dim: betat_t (small, the default) or beta_t (large)",
      ).choices(['small', 'large']),
    )
    .action(async (model: string, options: Options) => evaluateCommand(model, options, command));
}

async function evaluateCommand(path: string, options: Options, command: Command): Promise<void> {
  const context = contextOf(command);
  if (options.bitsPerDim) return evaluateBitsPerDim(path, options, context);
  const { count, seed, guidance } = options;
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
    const { samples, provider, steps, seconds } = await drawSamples(plan, options, context);
    const [low, high] = card.valueRange;
    const digits = samples.map((value) => Math.min(Math.max((value - low) / (high - low), 0), 1));
    note('judging');
    const seen = await judgeRealDigits(judge, real, count, { signal });
    const scores = scoreCard(await judge.judge(digits, { signal }), seen, labels);
    context.print(
      { model: path, provider, sampler: sampler.name, steps, seed, guidance, seconds, ...scores },
      `${count} samples in ${steps} steps of ${sampler.name} on ${provider.name}, ${seconds.toFixed(1)} s\n\n${table(scores)}`,
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

function table(scores: ScoreCard): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const rows = [
    ['recognised with p >= 0.9', percent(scores.confident)],
    ...(scores.rightLabel === undefined ? [] : [['  as the digit asked for', percent(scores.rightLabel)]]),
    ['Fréchet distance', scores.frechet.toFixed(1)],
    [`  of ${scores.floorCount} real test digits`, scores.frechetFloor.toFixed(1)],
    ['digits 0 to 9', scores.classCounts.join(' ')],
    ['  chi-square from equal', `${scores.chiSquare.toFixed(1)} (below 16.9 in 95% of balanced sets)`],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(28)}${value}`).join('\n');
}
