import { geometricSigmas, processBetas } from '@scorebridge/runtime';
import type { ScoreModelConfig } from '../config/schema.js';
import { denoising } from '../objectives/denoising.js';
import { eps } from '../objectives/eps.js';
import {
  minSnrWeight,
  p2Weight,
  sigmaPowerWeight,
  type SnrWeight,
  snrWeight,
  truncatedSnrWeight,
} from '../objectives/loss-weights.js';
import type { Objective } from '../objectives/objective.js';
import { v } from '../objectives/v.js';
import { x0 } from '../objectives/x0.js';

type LossWeight = ScoreModelConfig['lossWeight'];

/** What a config has a network with `classes` learn. */
export function objectiveOf(
  { objective, process, labelDrop, timeSteps, lossWeight }: ScoreModelConfig,
  classes: number,
): Objective {
  const labels = { classes, labelDrop };
  if (process.kind === 've') {
    const weight = lossWeight.name === 'sigma-power' ? sigmaPowerWeight(lossWeight.p) : undefined;
    return denoising({ sigmas: geometricSigmas(process.schedule), levels: timeSteps, weight, ...labels });
  }
  const predict = { eps, v, x0 }[objective as 'eps' | 'v' | 'x0'];
  return predict({ betas: processBetas(process), timeSteps, weight: snrWeightOf(lossWeight), ...labels });
}

function snrWeightOf(weight: LossWeight): SnrWeight | undefined {
  switch (weight.name) {
    case 'snr':
      return snrWeight;
    case 'min-snr':
      return minSnrWeight(weight.gamma);
    case 'truncated-snr':
      return truncatedSnrWeight;
    case 'p2':
      return p2Weight(weight);
  }
  return undefined;
}
