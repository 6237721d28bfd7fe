import type { Process } from '../card/model-card.js';
import type { Level } from './level.js';
import { continuousLevels } from './level-at.js';
import { noiseRatio } from './noise-ratio.js';
import { processLevels } from './process-levels.js';

/**
 * The level that a network is told by a number: the inverse of what `continuousLevels` tells it.
 *
 * @throws RangeError from the function, on a number outside those of the process
 */
export function levelsByNumber(process: Process): (level: number) => Level {
  const own = new Map(processLevels(process).map((level) => [level.level, level]));
  const { at } = continuousLevels(process);
  return (level) => {
    const exact = own.get(level);
    if (exact) return exact;
    if (process.kind === 've') return at(level);
    const [below, above] = [own.get(Math.floor(level)), own.get(Math.ceil(level))];
    if (!below || !above)
      throw new RangeError(`level is ${level}; the model knows 1 to ${process.schedule.T}.`);
    const share = level - below.level;
    return at(noiseRatio(below) ** (1 - share) * noiseRatio(above) ** share);
  };
}
