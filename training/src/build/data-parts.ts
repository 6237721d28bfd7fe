import { batches } from '../data/batches.js';
import type { LabelledImages } from '../data/dataset.js';
import { holdOut } from '../data/hold-out.js';
import type { Objective } from '../objectives/objective.js';
import type { TrainingPlan } from '../trainer/training-plan.js';

export interface DataPartsOptions {
  readonly batch: number;
  /** In how many parts a batch goes through the network. */
  readonly accumulate: number;
  readonly seed: number;
  /** What the pixel values 0 and 255 become. */
  readonly valueRange: readonly [number, number];
  /** How many of the last images are held out; 0 for none. */
  readonly validation: number;
}

/**
 * The parts of a plan that its data make. The held-out images come in batches as large as what goes through the network
 * in training, or as there are images; the last one is filled up with the first images.
 *
 * @param objective what the held-out images are evaluated by
 * @throws RangeError if so many images cannot be held out
 */
export function dataParts(
  data: LabelledImages,
  { validation, accumulate, ...options }: DataPartsOptions,
  objective: Objective,
): Pick<TrainingPlan, 'batch' | 'validation'> {
  if (validation === 0) return { batch: batches(data, options) };
  const { training, heldOut } = holdOut(data, validation);
  const size = Math.min(options.batch / accumulate, validation);
  return {
    batch: batches(training, options),
    validation: {
      objective,
      batches: Math.ceil(validation / size),
      batch: batches(heldOut, { ...options, batch: size }),
    },
  };
}
