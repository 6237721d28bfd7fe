import type { Parametrisation, Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { convert } from '../parametrisation/convert.js';
import type { Level } from '../process/level.js';
import { processLevels } from '../process/process-levels.js';

export interface Component {
  weight: number;
  mean: readonly number[];
  /** Per dimension, of the clean data. */
  std: readonly number[];
}

export interface MixtureOptions {
  components: readonly Component[];
  process: Process;
  parametrisation?: Parametrisation;
  valueRange?: [number, number];
  /** Variance of a component along one dimension at a level; a^2 std^2 + sigma^2, what the process makes it, by default. */
  variance?: (std: number, level: Level) => number;
}

/** The exact score of a mixture of Gaussians with diagonal covariances under a noise process, in float64. */
export function mixture(options: MixtureOptions): ScoreSource {
  const { components, process, parametrisation = 'score', valueRange = [-100, 100] } = options;
  const { variance = (std, { scale, sigma }) => scale ** 2 * std ** 2 + sigma ** 2 } = options;
  const dims = components[0]!.mean.length;
  const levels = new Map(processLevels(process).map((level) => [level.level, level]));
  return {
    card: { shape: [dims], process, parametrisation, classes: null, valueRange },
    async predict(x, level, _label, out = new Float32Array(x.length)) {
      const at = levels.get(level as number)!;
      const logs = new Float64Array(components.length);
      for (let i = 0; i < x.length; i += dims) {
        components.forEach(({ weight, mean, std }, c) => {
          let log = Math.log(weight);
          for (let d = 0; d < dims; d++) {
            const v = variance(std[d]!, at);
            log -= (x[i + d]! - at.scale * mean[d]!) ** 2 / (2 * v) + Math.log(v) / 2;
          }
          logs[c] = log;
        });
        const top = Math.max(...logs);
        const total = logs.reduce((sum, log) => sum + Math.exp(log - top), 0);
        for (let d = 0; d < dims; d++) {
          let score = 0;
          components.forEach(({ mean, std }, c) => {
            const share = Math.exp(logs[c]! - top) / total;
            score -= (share * (x[i + d]! - at.scale * mean[d]!)) / variance(std[d]!, at);
          });
          out[i + d] = score;
        }
      }
      return convert(out, x, out, 'score', parametrisation, at);
    },
  };
}
