import { exportScoreModel, exportScoreVjp, type WrittenModel } from '@scorebridge/export';
import { CARD_FORMAT, type ModelCard, VERSION } from '@scorebridge/runtime';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { Build, RunFacts } from '../build.js';
import type { ScoreModelConfig } from '../config/schema.js';
import { datasetOf } from '../data/datasets.js';
import { convEnergy } from '../models/conv-energy.js';
import { energyModel } from '../models/energy.js';
import type { Network } from '../models/network.js';
import { unet } from '../models/unet.js';
import { withDropout } from '../objectives/with-dropout.js';
import { dataParts } from './data-parts.js';
import { objectiveOf } from './objective.js';
import { commonParts } from './parts.js';
import { scoreFunction } from './score-function.js';

/** A network that learns eps, v, x_0, mu or the score of a noise process. */
export function buildScoreModel(config: ScoreModelConfig): Build {
  const { process, valueRange, labels, labelDrop, objective, emaDecay, batch } = config;
  const dataset = datasetOf(config);
  const classes = labels ? dataset.classes : 0;
  const network = networkOf(config, { shape: dataset.shape, classes });
  const learned = objectiveOf(config, classes);
  const parts = { ...commonParts(config), network, objective: withDropout(learned, network) };
  const decay = (halfLife?: number) => (halfLife === undefined ? emaDecay : 0.5 ** (batch / halfLife));
  const card = ({ step, engine, command, figures = {}, average = true, halfLife }: RunFacts): ModelCard => ({
    format: CARD_FORMAT,
    name: config.name,
    shape: [...dataset.shape],
    layout: 'channels-last',
    valueRange,
    process,
    parametrisation: parametrisationOf(objective),
    classes: labels
      ? {
          count: classes,
          unconditional: labelDrop > 0 ? classes : null,
          ...(dataset.classNames && { names: [...dataset.classNames] }),
        }
      : null,
    ema: average ? decay(halfLife) : null,
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
    plan: (data) => ({ ...parts, ...dataParts(data, config, learned) }),
    exportModel: (parameters, run, externalFile) =>
      written(exportScoreModel, network, parameters, card(run), externalFile),
    exportVjp(parameters, run, externalFile) {
      registerCorrectedGradients();
      return written(exportScoreVjp, network, parameters, card(run), externalFile);
    },
  };
}

function networkOf(
  { network, process, variance }: ScoreModelConfig,
  data: { shape: readonly [number, number, number]; classes: number },
): Network {
  // A sigma spans orders of magnitude, and a score grows as 1 / sigma.
  const scales = process.kind === 've' && ({ levelScale: 'log', outputScale: 'sigma' } as const);
  return network.kind === 'energy'
    ? energyModel(convEnergy({ ...network, ...data, ...scales }))
    : unet({ ...network, ...data, ...scales, variance: variance.name });
}

function written(
  exporter: typeof exportScoreModel,
  network: Network,
  parameters: Float32Array,
  card: ModelCard,
  externalFile?: string,
): WrittenModel {
  const { fn, names } = scoreFunction(network, parameters);
  return exporter(fn, card, { names, ...(externalFile !== undefined && { externalFile }) });
}

function parametrisationOf(objective: ScoreModelConfig['objective']): ModelCard['parametrisation'] {
  switch (objective) {
    case 'dsm':
    case 'ssm':
    case 'fd-ssm':
      return 'score';
    default:
      return objective;
  }
}
