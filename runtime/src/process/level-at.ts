import type { Process } from '../card/model-card.js';
import { type Level, type Marginal, CLEAN } from './level.js';
import { noiseRatio } from './noise-ratio.js';
import { processLevels } from './process-levels.js';

/** Where a process has noise of any ratio sigma / scale between those of its cleanest and its noisiest level. */
export interface ContinuousLevels {
  /** sigma / scale of the cleanest level. */
  readonly min: number;
  /** sigma / scale of the noisiest level. */
  readonly max: number;
  /** @throws RangeError outside [min, max], but for the last bits. */
  at(ratio: number): Level;
}

/**
 * The levels of a process between those that the model was trained on. A ve model is told the sigma; a vp model a t between
 * its own, linear in the logarithm of sigma / scale, as k-diffusion's DiscreteSchedule has it.
 */
export function continuousLevels(process: Process): ContinuousLevels {
  const own = processLevels(process);
  const logs = own.map((level) => Math.log(noiseRatio(level)));
  const [max, min] = [noiseRatio(own[0]!), noiseRatio(own.at(-1)!)];
  const find = (ratio: number) => {
    const log = Math.log(ratio);
    // From the noisiest to the cleanest: the first that is no noisier.
    let low = 0;
    let high = own.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (logs[middle]! <= log) high = middle;
      else low = middle + 1;
    }
    if (low === 0 || logs[low] === log) return { level: own[low]!.level, previous: own[low]!.previous };
    const share = (log - logs[low]!) / (logs[low - 1]! - logs[low]!);
    const level = own[low]!.level + share * (own[low - 1]!.level - own[low]!.level);
    const { previous } = own[low]!;
    return { level, previous: previous === CLEAN ? CLEAN : between(previous, own[low - 1]!.previous, share) };
  };
  return {
    min,
    max,
    at(ratio) {
      if (!(ratio >= min * (1 - 1e-6) && ratio <= max * (1 + 1e-6)))
        throw new RangeError(
          `sigma / scale is ${ratio}; the model knows noise from ${min} to ${max}, so stay between these.`,
        );
      if (process.kind === 've') {
        return { level: ratio, scale: 1, sigma: ratio, previous: find(ratio).previous };
      }
      const { level, previous } = find(Math.min(Math.max(ratio, min), max));
      return { level, ...vpMarginal(ratio), previous };
    },
  };
}

const vpMarginal = (ratio: number): Marginal => {
  const scale = 1 / Math.sqrt(1 + ratio * ratio);
  return { scale, sigma: ratio * scale };
};

/** Between two levels of a vp process, by the logarithm of their ratios. */
const between = (a: Marginal, b: Marginal, share: number): Marginal =>
  vpMarginal(Math.exp((1 - share) * Math.log(noiseRatio(a)) + share * Math.log(noiseRatio(b))));
