import type { Process } from '../card/model-card.js';
import type { Level } from './level.js';
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
  const ratios = own.map(noiseRatio);
  const [max, min] = [ratios[0]!, ratios.at(-1)!];
  return {
    min,
    max,
    at(ratio) {
      if (!(ratio >= min * (1 - 1e-6) && ratio <= max * (1 + 1e-6)))
        throw new RangeError(
          `sigma / scale is ${ratio}; the model knows noise from ${min} to ${max}, so stay between these.`,
        );
      const i = firstAtMost(ratios, ratio);
      if (ratios[i] === ratio) return own[i]!;
      if (process.kind === 've') return { level: ratio, scale: 1, sigma: ratio };
      // Beyond an end by the last bits, the end.
      const [cleaner, noisier] = [own[Math.min(i, own.length - 1)]!, own[Math.max(i - 1, 0)]!];
      const log = (level: Level) => Math.log(noiseRatio(level));
      const share =
        noisier === cleaner ? 0 : (Math.log(ratio) - log(cleaner)) / (log(noisier) - log(cleaner));
      const scale = 1 / Math.sqrt(1 + ratio * ratio);
      return {
        level: cleaner.level + share * (noisier.level - cleaner.level),
        ...{ scale, sigma: ratio * scale },
      };
    },
  };
}

/** The index of the first of falling values that is at most `value`; their number if none is. */
function firstAtMost(falling: readonly number[], value: number): number {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (falling[middle]! <= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
