import type { Process } from '../card/model-card.js';
import { processLevels } from '../process/process-levels.js';
import { checkSteps } from '../schedules/check.js';
import type { Plan } from './sampler.js';

/**
 * All steps at one level of the process, its cleanest by default.
 *
 * @throws RangeError if `level` is not one of the process or `steps` not a positive integer.
 */
export function oneLevel(process: Process, steps: number, level?: number): Plan {
  checkSteps('steps', steps);
  const levels = processLevels(process);
  const chosen = level === undefined ? levels.at(-1) : levels.find((candidate) => candidate.level === level);
  if (!chosen) {
    throw new RangeError(
      `level ${level} is not one of the model's ${levels.length}, from ${levels[0]!.level} to ${levels.at(-1)!.level}.`,
    );
  }
  return { levels: [chosen], steps };
}
