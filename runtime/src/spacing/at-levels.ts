import { continuousLevels } from '../process/level-at.js';
import { noiseRatio } from '../process/noise-ratio.js';
import { processLevels } from '../process/process-levels.js';
import type { Spacing } from './spacing.js';

/**
 * These levels as the network is told them, falling: t of a vp process, each one of the model's; sigma of a ve process.
 *
 * @throws RangeError if they are none, do not fall, or one is not a level of the model
 */
export const atLevels = (list: readonly number[]): Spacing => {
  checkFalling('levels', list);
  return (process, steps = list.length) => {
    checkCount(list, steps);
    if (process.kind === 've') {
      const { at } = continuousLevels(process);
      return list.map(at);
    }
    const own = processLevels(process);
    return list.map((t) => {
      const level = own[own.length - t];
      if (!level) throw new RangeError(`There is no t = ${t}; the model's go from ${own.length} to 1.`);
      return level;
    });
  };
};

/**
 * Levels of these amounts of noise, sigma / scale, falling; a 0 at the end may be left out or not.
 *
 * @throws RangeError if they are none, do not fall, or the model does not know one
 */
export const atSigmas = (list: readonly number[]): Spacing => {
  const positive = list.at(-1) === 0 ? list.slice(0, -1) : list;
  checkFalling('sigmas', positive);
  return (process, steps = positive.length) => {
    checkCount(positive, steps);
    const { at } = continuousLevels(process);
    const own = processLevels(process);
    return positive.map((sigma) => own.find((level) => noiseRatio(level) === sigma) ?? at(sigma));
  };
};

function checkFalling(name: string, list: readonly number[]): void {
  if (list.length === 0 || list.some((value, i) => !(value > 0 && (i === 0 || value < list[i - 1]!))))
    throw new RangeError(`${name} are ${list.join(', ') || 'none'}; expected positive numbers that fall.`);
}

function checkCount(list: readonly number[], steps: number): void {
  if (steps !== list.length)
    throw new RangeError(`steps is ${steps} and the list has ${list.length} levels; leave steps out.`);
}
