import type { Config } from './schema.js';

/** Whether a run needs a label with each image. */
export const isLabelled = (config: Config): boolean => config.task === 'classifier' || config.labels;

/** What the values of a run's images lie in. A classifier's lie in [0, 1]. */
export const valueRangeOf = (config: Config): readonly [number, number] =>
  config.task === 'classifier' ? [0, 1] : config.valueRange;
