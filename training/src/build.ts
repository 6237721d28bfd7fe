import { CARD_FORMAT, type ModelCard, processBetas, geometricSigmas, VERSION } from '@scorebridge/runtime';
import type { Config } from './config/schema.js';
import { learningRateSchedule } from './config/learning-rate.js';
import { batches } from './data/batches.js';
import type { Dataset, LabelledImages } from './data/dataset.js';
import { datasets } from './data/datasets.js';
import { unet } from './models/unet.js';
import { denoising } from './objectives/denoising.js';
import { eps } from './objectives/eps.js';
import type { Objective } from './objectives/objective.js';
import { v } from './objectives/v.js';
import { withDropout } from './objectives/with-dropout.js';
import type { TrainingPlan } from './trainer/training-plan.js';

/** What a card says of a run beside its config. */
export interface RunFacts {
  /** Training steps taken. */
  readonly step: number;
  /** The training engine. */
  readonly engine: string;
  /** The command that made the model. */
  readonly command: string;
  /** What was measured, by name. */
  readonly figures?: Readonly<Record<string, number | string>>;
}

/** What a config stands for: a plan that lacks its data, and the card of the model that comes of it. */
export interface Build extends Omit<TrainingPlan, 'batch'> {
  readonly dataset: Dataset;
  plan(data: LabelledImages): TrainingPlan;
  card(run: RunFacts): ModelCard;
}

/** Makes the parts of a training run. Throws on options that do not fit together. */
export function build(config: Config): Build {
  const dataset: Dataset = datasets[config.dataset];
  const { process, valueRange, labelDrop, weightDecay, clipNorm, emaDecay } = config;
  const classes = config.labels ? dataset.classes : 0;
  const network = unet({
    ...config.network,
    shape: dataset.shape,
    classes,
    // A sigma spans orders of magnitude, and a score grows as 1 / sigma.
    ...(process.kind === 've' && { levelScale: 'log', outputScale: 'sigma' }),
  });
  const parts = {
    config: whatIsTrained(config),
    seed: config.seed,
    steps: config.steps,
    network,
    objective: withDropout(objectiveOf(config, { classes, labelDrop }), network),
    optimiser: { weightDecay, clipNorm, emaDecay },
    learningRate: learningRateSchedule(config),
  };
  return {
    ...parts,
    dataset,
    plan: (data) => ({ ...parts, batch: batches(data, config) }),
    card: ({ step, engine, command, figures = {} }) => ({
      format: CARD_FORMAT,
      name: config.name,
      shape: [...dataset.shape],
      layout: 'channels-last',
      valueRange: [valueRange[0], valueRange[1]],
      process,
      parametrisation: config.objective === 'dsm' ? 'score' : config.objective,
      classes: config.labels ? { count: classes, unconditional: labelDrop > 0 ? classes : null } : null,
      ema: emaDecay,
      dataset: { name: dataset.name, licence: dataset.licence },
      seed: config.seed,
      step,
      engine,
      scorebridge: VERSION,
      command,
      figures: { ...figures },
    }),
  };
}

function objectiveOf(
  { objective, process }: Config,
  labels: { classes: number; labelDrop: number },
): Objective {
  if (process.kind === 've') return denoising({ sigmas: geometricSigmas(process.schedule), ...labels });
  return (objective === 'eps' ? eps : v)({ betas: processBetas(process), ...labels });
}

/** The config without what leaves the result as it is, so that a run may go on elsewhere or with other intervals. */
function whatIsTrained(config: Config): TrainingPlan['config'] {
  const { engine: _engine, provider: _provider, checkpointEvery: _every, logEvery: _log, ...rest } = config;
  return rest;
}
