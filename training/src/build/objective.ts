import { geometricSigmas, processBetas } from '@scorebridge/runtime';
import type { ScoreModelConfig } from '../config/schema.js';
import { atNoiseLevels } from '../objectives/at-noise-levels.js';
import { denoising } from '../objectives/denoising.js';
import { eps } from '../objectives/eps.js';
import { finiteDifferenceSliced } from '../objectives/finite-difference-sliced.js';
import {
  boundWeight,
  minSnrWeight,
  p2Weight,
  sigmaPowerWeight,
  snrWeight,
  type TimeWeight,
  truncatedSnrWeight,
} from '../objectives/loss-weights.js';
import { mu } from '../objectives/mu.js';
import type { Objective } from '../objectives/objective.js';
import { sliced } from '../objectives/sliced.js';
import { v } from '../objectives/v.js';
import { x0 } from '../objectives/x0.js';

type LossWeight = ScoreModelConfig['lossWeight'];

/** What a config has a network with `classes` learn. */
export function objectiveOf(
  { objective, process, labelDrop, timeSteps, lossWeight, variance, valueRange }: ScoreModelConfig,
  classes: number,
): Objective {
  const labels = { classes, labelDrop };
  if (process.kind === 've') {
    const weight = lossWeight.name === 'sigma-power' ? sigmaPowerWeight(lossWeight.p) : undefined;
    const levels = { sigmas: geometricSigmas(process.schedule), levels: timeSteps, weight };
    switch (objective) {
      case 'ssm':
        return atNoiseLevels(sliced(labels), levels);
      case 'fd-ssm':
        return atNoiseLevels(finiteDifferenceSliced(labels), levels);
      default:
        return denoising({ ...levels, ...labels });
    }
  }
  const predict = { eps, v, x0, mu }[objective as 'eps' | 'v' | 'x0' | 'mu'];
  return predict({
    betas: processBetas(process),
    timeSteps,
    weight: timeWeightOf(lossWeight),
    learnedVariance: variance.name === 'learned' ? { valueRange, lambda: variance.lambda } : undefined,
    ...labels,
  });
}

function timeWeightOf(weight: LossWeight): TimeWeight | undefined {
  switch (weight.name) {
    case 'snr':
      return snrWeight;
    case 'min-snr':
      return minSnrWeight(weight.gamma);
    case 'truncated-snr':
      return truncatedSnrWeight;
    case 'bound':
      return boundWeight(weight);
    case 'p2':
      return p2Weight(weight);
  }
  return undefined;
}
