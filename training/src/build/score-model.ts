import { exportScoreModel } from '@scorebridge/export';
import { CARD_FORMAT, geometricSigmas, type ModelCard, processBetas, VERSION } from '@scorebridge/runtime';
import type { Build, RunFacts } from '../build.js';
import type { ScoreModelConfig } from '../config/schema.js';
import { batches } from '../data/batches.js';
import { datasetOf } from '../data/datasets.js';
import { unet } from '../models/unet.js';
import { denoising } from '../objectives/denoising.js';
import { eps } from '../objectives/eps.js';
import type { Objective } from '../objectives/objective.js';
import { v } from '../objectives/v.js';
import { withDropout } from '../objectives/with-dropout.js';
import { commonParts } from './parts.js';
import { scoreFunction } from './score-function.js';

/** A U-Net that learns eps, v or the score of a noise process. */
export function buildScoreModel(config: ScoreModelConfig): Build {
  const { process, valueRange, labels, labelDrop, objective, emaDecay } = config;
  const dataset = datasetOf(config);
  const classes = labels ? dataset.classes : 0;
  const network = unet({
    ...config.network,
    shape: dataset.shape,
    classes,
    // A sigma spans orders of magnitude, and a score grows as 1 / sigma.
    ...(process.kind === 've' && { levelScale: 'log', outputScale: 'sigma' }),
  });
  const parts = {
    ...commonParts(config),
    network,
    objective: withDropout(objectiveOf(config, classes), network),
  };
  const card = ({ step, engine, command, figures = {}, average = true }: RunFacts): ModelCard => ({
    format: CARD_FORMAT,
    name: config.name,
    shape: [...dataset.shape],
    layout: 'channels-last',
    valueRange,
    process,
    parametrisation: objective === 'dsm' ? 'score' : objective,
    classes: labels
      ? {
          count: classes,
          unconditional: labelDrop > 0 ? classes : null,
          ...(dataset.classNames && { names: [...dataset.classNames] }),
        }
      : null,
    ema: average ? emaDecay : null,
    dataset: { name: dataset.name, licence: dataset.licence },
    seed: config.seed,
    step,
    engine,
    scorebridge: VERSION,
    command,
    figures: { ...figures },
  });
  return {
    ...parts,
    dataset,
    card,
    plan: (data) => ({ ...parts, batch: batches(data, config) }),
    exportModel(parameters, run, externalFile) {
      const { fn, names } = scoreFunction(network, parameters);
      return exportScoreModel(fn, card(run), { names, ...(externalFile !== undefined && { externalFile }) });
    },
  };
}

function objectiveOf({ objective, process, labelDrop }: ScoreModelConfig, classes: number): Objective {
  const labels = { classes, labelDrop };
  if (process.kind === 've') return denoising({ sigmas: geometricSigmas(process.schedule), ...labels });
  return (objective === 'eps' ? eps : v)({ betas: processBetas(process), ...labels });
}
