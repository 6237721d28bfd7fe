import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load-config.js';
import type { ClassifierConfig } from '../config/schema.js';
import { loadMnist } from '../data/mnist.js';
import { chooseEngine } from '../engines/choose.js';
import { ENGINE_NAMES, type EngineName } from '../engines/engine.js';
import { SHIPPED_JUDGE } from '../evaluation/judge.js';
import { writeAtomically } from '../files/write-atomically.js';
import { trainJudge } from '../judge/train-judge.js';
import { runFiles } from '../trainer/run-files.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { fileName, wholeNumber } from './options.js';
import { startTrainingProgress } from './training-progress.js';

interface Options {
  readonly out: string;
  readonly run: string;
  readonly data?: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly engine: EngineName | 'auto';
  readonly threads?: number;
}

/** Adds `scorebridge judge`: trains the classifier of digits that `evaluate` asks, measures and writes it. */
export function addJudge(program: Command): void {
  const command = program
    .command('judge')
    .description('train the classifier of digits that `evaluate` asks, and say how often it is right')
    .option('--out <file>', 'the file to write', fileName('.onnx'), SHIPPED_JUDGE)
    .option('--run <folder>', 'the folder of the training run; one that was stopped goes on', 'runs/judge')
    .option('--data <folder>', 'the four IDX files of MNIST (default: fetched once, then cached)')
    .option('--steps <n>', 'training steps', wholeNumber(1))
    .option('--seed <n>', 'seed of parameters, data order and shifts', wholeNumber(0))
    .addOption(
      new Option('--engine <name>', 'what computes the steps')
        .choices(['auto', ...ENGINE_NAMES])
        .default('compiled'),
    )
    .option('--threads <n>', 'threads of the compiled engine (default: as many as cores)', wholeNumber(1))
    .action(async (options: Options) => judgeCommand(options, command));
}

async function judgeCommand(options: Options, command: Command): Promise<void> {
  const { signal, note, print } = contextOf(command);
  const { out, run: runDir, data: dir, steps, seed, threads } = options;
  const config = (await loadConfig('judge', { steps, seed })) as ClassifierConfig;
  await checkOutput(out);
  await checkOutput(runFiles(runDir).record);
  const engine = await chooseEngine({ engine: options.engine, threads });
  const training = await loadMnist({ dir, split: 'train', signal, note });
  const test = await loadMnist({ dir, split: 'test', signal, note });
  note(`${config.steps} steps of ${config.batch} digits; engine ${engine.name} on ${engine.device}`);

  const progress = startTrainingProgress();
  const judge = await trainJudge(config, {
    training,
    test,
    runDir,
    engine,
    checkpointEvery: config.checkpointEvery,
    logEvery: config.logEvery,
    signal,
    command: ['scorebridge', ...process.argv.slice(2)].join(' '),
    onEvent: progress.see,
  }).finally(() => progress.stop());
  if (!judge) {
    note(`Stopped: the same command goes on from the last checkpoint in ${runDir}.`);
    throw signal.reason;
  }

  const { model, accuracy, step, seconds } = judge;
  await writeAtomically(out, model);
  print(
    {
      model: out,
      bytes: model.length,
      accuracy,
      digits: test.count,
      steps: step,
      seed: config.seed,
      seconds,
    },
    `${(100 * accuracy).toFixed(2)}% of ${test.count} test digits are recognised, after ${step} steps` +
      `${seconds === undefined ? ', taken earlier' : ` in ${seconds.toFixed(0)} s`}; seed ${config.seed}\n` +
      `${out}, ${(model.length / 1e6).toFixed(2)} MB`,
  );
}
