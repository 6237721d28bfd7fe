import type { Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';

const process: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 2, sigmaMin: 1, L: 2 } };

/**
 * N(mean, covariance) at every level, in float64.
 *
 * @param precision the inverse of the covariance, row by row.
 */
export function gaussian(mean: readonly number[], precision: readonly (readonly number[])[]): ScoreSource {
  const d = mean.length;
  const evaluate = (x: Float32Array, score: Float32Array, energy?: Float32Array) => {
    for (let i = 0; i < x.length; i += d) {
      let f = 0;
      for (let j = 0; j < d; j++) {
        const s = -precision[j]!.reduce((sum, p, k) => sum + p * (x[i + k]! - mean[k]!), 0);
        score[i + j] = s;
        f -= (s * (x[i + j]! - mean[j]!)) / 2;
      }
      if (energy) energy[i / d] = f;
    }
  };
  return {
    card: { shape: [d], process, parametrisation: 'score', classes: null, valueRange: [-4, 4] },
    async predict(x, _level, _label, out = new Float32Array(x.length)) {
      evaluate(x, out);
      return out;
    },
    async evaluate(x) {
      const found = { prediction: new Float32Array(x.length), energy: new Float32Array(x.length / d) };
      evaluate(x, found.prediction, found.energy);
      return found;
    },
  };
}
