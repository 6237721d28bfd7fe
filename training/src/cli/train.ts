import type { ProviderName } from '@scorebridge/runtime';
import { type Command, Option } from 'commander';
import { join } from 'node:path';
import { build } from '../build.js';
import { loadConfig } from '../config/load-config.js';
import { presets } from '../config/presets/index.js';
import { describeData } from '../data/describe-data.js';
import { chooseEngine } from '../engines/choose.js';
import { ENGINE_NAMES, type EngineName } from '../engines/engine.js';
import { lossCurve } from '../plots/loss-curve.js';
import { writePlot } from '../plots/render.js';
import { readTrainingLog } from '../plots/training-log.js';
import { runFiles } from '../trainer/run-files.js';
import { train } from '../trainer/train.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { wholeNumber } from './options.js';
import { setting } from './setting.js';
import { startProgress } from './progress.js';
import { trainingObservers } from './training-observers.js';
import { startTrainingProgress } from './training-progress.js';

interface Options {
  readonly out?: string;
  readonly data?: string;
  readonly resume?: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly steps?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly engine?: EngineName | 'auto';
  readonly provider?: ProviderName | 'auto';
  readonly threads?: number;
}

/** Adds `scorebridge train`: trains a network as a config says, or goes on with a run that was stopped. */
export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a network; in the folder of a run that was stopped, go on with it')
    .argument(
      '<config>',
      `${Object.keys(presets).join(', ')}, a JSON file, or the run.json of a run to repeat`,
    )
    .option('--out <folder>', 'the folder of the run (default: runs/ and the name of the config)')
    .option(
      '--data <path>',
      'your folder of images, your .npy file, or the IDX files of a known data set (default: where that is kept)',
    )
    .option(
      '--resume <checkpoint>',
      "go on from this checkpoint in place of the folder's latest, whatever its run was",
    )
    .option('--steps <n>', 'training steps', wholeNumber(1))
    .option('--batch <n>', 'samples of a training step', wholeNumber(1))
    .option('--seed <n>', 'seed of parameters, data order and noise', wholeNumber(0))
    .option('--set <option=value>', 'any option of the config, such as network.base=48', setting, {})
    .addOption(new Option('--engine <name>', 'what computes the steps').choices(['auto', ...ENGINE_NAMES]))
    .addOption(
      new Option('--provider <name>', 'execution provider of the compiled engine').choices([
        'auto',
        'cpu',
        'cuda',
        'webgpu',
      ]),
    )
    .option('--threads <n>', 'threads of the compiled engine (default: as many as cores)', wholeNumber(1))
    .action(async (config: string, options: Options) => trainCommand(config, options, command));
}

async function trainCommand(nameOrPath: string, options: Options, command: Command): Promise<void> {
  const { signal, note, print } = contextOf(command);
  const { data: dir, resume, set, steps, batch, seed, engine, provider, threads } = options;
  const written = await loadConfig(nameOrPath, {
    ...set,
    ...defined({ steps, batch, seed, engine, provider, threads }),
  });
  const config = await describeData(written, { dir, signal });
  const built = build(config);
  const runDir = options.out ?? join('runs', config.name);
  const files = runFiles(runDir);
  await checkOutput(files.record);

  const onThreads = { threads: config.threads > 0 ? config.threads : undefined };
  const chosen = await chooseEngine({ engine: config.engine, provider: config.provider, ...onThreads });
  const loading = startProgress('reading the data');
  const data = await built.dataset
    .load({
      dir,
      split: 'train',
      signal,
      note(text) {
        loading.stop();
        note(text);
      },
      onProgress: (done, total) => loading.update(done, total),
    })
    .finally(() => loading.stop());
  const startCommand = ['scorebridge', ...process.argv.slice(2)].join(' ');
  const observers = trainingObservers(config, built, {
    runDir,
    engine: chosen.name,
    command: startCommand,
    ...onThreads,
    signal,
    note,
  });
  const progress = startTrainingProgress();
  const result = await train(built.plan(data), {
    runDir,
    engine: chosen,
    resume,
    checkpointEvery: config.checkpointEvery,
    keepCheckpoints: config.keepCheckpoints,
    evaluateEvery: config.evaluateEvery,
    logEvery: config.logEvery,
    signal,
    command: startCommand,
    // What was chosen, not how, so that the record repeats the run on the same engine.
    recorded: { ...config, engine: chosen.name, provider: chosen.provider ?? config.provider },
    async onEvent(event, read) {
      if (event.type === 'start') {
        const { parameters, step, steps, resumedFrom } = event;
        note(
          `${config.name}: ${(parameters / 1e6).toFixed(2)} M parameters, ${steps} steps of ${config.batch} images` +
            (resumedFrom === undefined ? '' : `, from step ${step} (${resumedFrom})`),
        );
        note(`engine ${chosen.name} on ${chosen.device} (${chosen.reason})`);
      }
      progress.see(event);
      await observers.see(event, read);
    },
  }).finally(async () => {
    progress.stop();
    await observers.close();
  });

  const { step, finished, checkpoint, best, last } = result;
  if (!finished) {
    note(
      checkpoint === undefined
        ? 'Stopped before the first step.'
        : `Stopped at step ${step}, saved as ${checkpoint}: the same command goes on from there.`,
    );
    throw signal.reason;
  }
  const log = await readTrainingLog(files.log);
  const picture = join(runDir, 'loss.png');
  await writePlot(picture, lossCurve(log, { title: config.name }));
  const { seconds } = last ?? (log.at(-1) as typeof last & object);
  const loss = log.at(-1)!.loss;
  print(
    {
      run: runDir,
      steps: step,
      loss,
      seconds,
      engine: chosen.name,
      device: chosen.device,
      checkpoint,
      best,
      picture,
    },
    (last ? `${step} steps in ${seconds.toFixed(0)} s` : `${runDir} has all its ${step} steps already`) +
      `, loss ${loss.toPrecision(3)}\ncheckpoint ${checkpoint}\n` +
      (best
        ? `best checkpoint ${best.path}: step ${best.step}, validation loss ${best.validation.toPrecision(3)}\n`
        : '') +
      `loss curve ${picture}`,
  );
}

const defined = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
