import { valueRangeOf } from '../config/data-needs.js';
import type { Config } from '../config/schema.js';
import { batches } from '../data/batches.js';
import type { ImageSet } from '../data/dataset.js';
import { holdOut } from '../data/hold-out.js';
import type { Objective } from '../objectives/objective.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

/**
 * The parts of a plan that its data make. The held-out images come as they are, in batches as large as what goes through
 * the network in training, or as there are images; the last one is filled up with the first images.
 *
 * @param objective what the held-out images are evaluated by
 * @throws RangeError if so many images cannot be held out
 */
export function dataParts(
  data: ImageSet,
  config: Config,
  objective: Objective,
): Pick<TrainingPlan, 'batch' | 'validation'> {
  const { batch, accumulate, seed, validation, flip } = config;
  const valueRange = valueRangeOf(config);
  const shift = config.task === 'classifier' ? config.shift : 0;
  const augmented = { batch, seed, valueRange, flip, shift };
  if (validation === 0) return { batch: batches(data, augmented) };
  const { training, heldOut } = holdOut(data, validation);
  const size = Math.min(batch / (accumulate ?? 1), validation);
  return {
    batch: batches(training, augmented),
    validation: {
      objective,
      batches: Math.ceil(validation / size),
      batch: batches(heldOut, { batch: size, seed, valueRange }),
    },
  };
}
