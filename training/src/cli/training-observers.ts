import type { ModelCard } from '@scorebridge/runtime';
import { join } from 'node:path';
import type { Build, RunFacts } from '../build.js';
import type { Config, ScoreModelConfig } from '../config/schema.js';
import { writeAtomically } from '../files/write-atomically.js';
import { encodePng } from '../images/png.js';
import { sampleGrid, type SampleGridOptions } from '../observers/sample-grid.js';
import { EventFile } from '../tensorboard/event-file.js';
import { runFiles } from '../trainer/run-files.js';
import type { StepEntry } from '../trainer/run-log.js';
import type { TrainingEvent } from '../trainer/training-event.js';
import type { TrainingState } from '../optimiser/training-state.js';
import { chooseLabels } from './choose-labels.js';
import { chooseSampler } from './sampling-options.js';

/** Steps at each level of annealed Langevin dynamics: a fifth of the usual, which shows what is being learned. */
const LANGEVIN_STEPS = 20;

export interface TrainingObserversOptions extends Pick<RunFacts, 'engine' | 'command'> {
  readonly runDir: string;
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/**
 * What watches a run: the log for TensorBoard, and grids of samples in the run's folder and in TensorBoard. It never ends
 * the run: what it cannot do it says in a note.
 */
export interface TrainingObservers {
  see(event: TrainingEvent, read: () => Promise<TrainingState>): Promise<void>;
  close(): Promise<void>;
}

/** Makes the observers that a config asks for. */
export function trainingObservers(
  config: Config,
  build: Build,
  { runDir, engine, command, threads, signal, note }: TrainingObserversOptions,
): TrainingObservers {
  const files = runFiles(runDir);
  const { steps, logEvery } = config;
  let events: EventFile | undefined;

  const writing = async (write: () => Promise<unknown>) => {
    try {
      await write();
    } catch (error) {
      note(`Nothing more is written for TensorBoard: ${(error as Error).message}`);
      await events?.close().catch(() => undefined);
      events = undefined;
    }
  };
  const start = (step: number) =>
    writing(async () => {
      if (config.tensorboard) events = await EventFile.open(files.tensorboard, step);
    });
  const log = (step: number, values: Readonly<Record<string, number>>) =>
    writing(async () => events?.scalars(step, values));

  const isDue = (step: number, every: number) => every > 0 && (step % every === 0 || step === steps);

  const drawSamples = async (config: ScoreModelConfig, step: number, ema: Float32Array) => {
    const facts = { step, engine, command };
    const options = { ...samplingOptions(config, build.card(facts)), threads, signal };
    const bitmap = await sampleGrid(build, ema, facts, options);
    const png = await encodePng(bitmap);
    await writeAtomically(join(files.samples, `step-${String(step).padStart(8, '0')}.png`), png);
    await writing(async () => events?.image(step, 'samples', { ...bitmap, png }));
  };

  const seeStep = async (entry: StepEntry, read: () => Promise<TrainingState>) => {
    const { step } = entry;
    if (isDue(step, logEvery)) await log(step, scalarsOf(entry));
    if (config.task !== 'score-model' || !isDue(step, config.sampleEvery)) return;
    try {
      await drawSamples(config, step, (await read()).ema);
    } catch (error) {
      // Ctrl-C ends the run after this step, with a checkpoint.
      if (!signal.aborted) note(`No samples of step ${step}: ${(error as Error).message}`);
    }
  };

  return {
    async see(event, read) {
      if (event.type === 'start') await start(event.step);
      if (event.type === 'step') await seeStep(event, read);
      if (event.type === 'evaluation') await log(event.step, { validation_loss: event.validation });
    },
    close: async () => events?.close(),
  };
}

const scalarsOf = ({ loss, gradNorm, lr, imagesPerSecond }: StepEntry): Record<string, number> => ({
  loss,
  gradient_norm: gradNorm,
  learning_rate: lr,
  images_per_second: imagesPerSecond,
});

/** The sampler that `scorebridge sample` would take, the same seed each time, and every label in turn. */
function samplingOptions(config: ScoreModelConfig, card: ModelCard): SampleGridOptions {
  const { sampleCount: count, provider } = config;
  const steps = card.process.kind === 've' ? LANGEVIN_STEPS : undefined;
  const common = { count, seed: 0, provider };
  return {
    ...common,
    ...chooseSampler(card, { ...common, guidance: 0, ...(steps !== undefined && { steps }) }),
    labels: chooseLabels(card, undefined, count),
  };
}
