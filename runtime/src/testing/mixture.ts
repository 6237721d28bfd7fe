import type { Parametrisation, Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { conversion, convert } from '../parametrisation/convert.js';
import type { FloatArray } from '../sampling/float-array.js';
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

/** v, and where v' J of a prediction is to be written. */
interface Along {
  readonly v: Float32Array;
  readonly vjp: Float32Array;
}

/**
 * The exact score, energy and vector-Jacobian product of a mixture of Gaussians with diagonal covariances under a noise
 * process, in float64.
 */
export function mixture(
  options: MixtureOptions,
): Required<Omit<ScoreSource, 'predictVariance' | 'chains' | 'remedy'>> {
  const { components, process, parametrisation = 'score', valueRange = [-100, 100] } = options;
  const { variance = (std, { scale, sigma }) => scale ** 2 * std ** 2 + sigma ** 2 } = options;
  const dims = components[0]!.mean.length;
  const own = new Map(processLevels(process).map((level) => [level.level, level]));
  const between = levelsByNumber(process);
  const evaluate = (
    x: FloatArray,
    level: number | FloatArray,
    prediction: FloatArray,
    energy?: Float32Array,
    along?: Along,
  ): void => {
    if (typeof level !== 'number') {
      level.forEach((one, i) => {
        const [from, to] = [i * dims, (i + 1) * dims];
        const own = along && { v: along.v.subarray(from, to), vjp: along.vjp.subarray(from, to) };
        evaluate(x.subarray(from, to), one, prediction.subarray(from, to), energy?.subarray(i, i + 1), own);
      });
      return;
    }
    const at = own.get(level) ?? between(level);
    const K = components.length;
    const means = components.flatMap(({ mean }) => mean.map((m) => at.scale * m));
    const precisions = components.flatMap(({ std }) => std.map((s) => 1 / variance(s, at)));
    const constants = components.map(({ weight, std }) =>
      std.reduce((log, s) => log - Math.log(variance(s, at)) / 2, Math.log(weight)),
    );
    const shares = new Float64Array(K);
    for (let i = 0; i < x.length; i += dims) {
      let top = -Infinity;
      for (let c = 0; c < K; c++) {
        let log = constants[c]!;
        for (let d = 0; d < dims; d++) {
          log -= ((x[i + d]! - means[c * dims + d]!) ** 2 * precisions[c * dims + d]!) / 2;
        }
        shares[c] = log;
        top = Math.max(top, log);
      }
      let total = 0;
      for (let c = 0; c < K; c++) total += shares[c] = Math.exp(shares[c]! - top);
      if (energy) energy[i / dims] = -top - Math.log(total);
      for (let d = 0; d < dims; d++) {
        let score = 0;
        for (let c = 0; c < K; c++) {
          score += shares[c]! * (means[c * dims + d]! - x[i + d]!) * precisions[c * dims + d]!;
        }
        prediction[i + d] = score / total;
      }
      if (!along) continue;
      // J = sum_c share_c (g_c g_c' - P_c) - s s', g_c and P_c being the score and the precision of a component.
      const row = { v: along.v.subarray(i, i + dims), vjp: along.vjp.subarray(i, i + dims) };
      const product = new Float64Array(dims);
      for (let c = 0; c < K; c++) {
        const p = precisions.slice(c * dims, (c + 1) * dims);
        const g = p.map((p, d) => (means[c * dims + d]! - x[i + d]!) * p);
        const gv = g.reduce((sum, g, d) => sum + g * row.v[d]!, 0);
        g.forEach((g, d) => (product[d]! += (shares[c]! / total) * (g * gv - p[d]! * row.v[d]!)));
      }
      const score = Array.from(prediction.subarray(i, i + dims));
      const sv = score.reduce((sum, s, d) => sum + s * row.v[d]!, 0);
      const [onX, onScore] = conversion('score', parametrisation, at);
      product.forEach((jv, d) => (row.vjp[d] = onX * row.v[d]! + onScore * (jv - score[d]! * sv)));
    }
    convert(prediction, x, prediction, 'score', parametrisation, at);
  };
  return {
    card: { shape: [dims], process, parametrisation, classes: null, valueRange },
    async predict(x, level, _label, out = new Float32Array(x.length)) {
      evaluate(x, level, out);
      return out;
    },
    async predictFloat64(x, level) {
      const out = new Float64Array(x.length);
      evaluate(x, level, out);
      return out;
    },
    async evaluate(x, level) {
      const found = { prediction: new Float32Array(x.length), energy: new Float32Array(x.length / dims) };
      evaluate(x, level, found.prediction, found.energy);
      return found;
    },
    async vjp(x, level, v) {
      // In float64: J is a small difference of products of scores.
      const [prediction, vjp] = [new Float64Array(x.length), new Float32Array(x.length)];
      evaluate(x, level, prediction, undefined, { v, vjp });
      return { prediction: Float32Array.from(prediction), vjp };
    },
  };
}

/** The level that a network is told by a number between its own, as samplers choose it. */
function levelsByNumber(process: Process): (level: number) => Level {
  if (process.kind === 've') return (sigma) => ({ level: sigma, scale: 1, sigma });
  const own = processLevels(process).reverse();
  return (t) => {
    const [below, above] = [own[Math.floor(t) - 1]!, own[Math.ceil(t) - 1]!];
    const share = t - Math.floor(t);
    const log = (level: Level) => Math.log(level.sigma / level.scale);
    const ratio = Math.exp((1 - share) * log(below) + share * log(above));
    const scale = 1 / Math.sqrt(1 + ratio ** 2);
    return { level: t, scale, sigma: ratio * scale };
  };
}
