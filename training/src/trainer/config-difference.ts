import { isDeepStrictEqual } from 'node:util';
import type { TrainingPlan } from './training-plan.js';

/** The first key in which the configuration in a checkpoint differs from a plan's, in words; undefined if none does. */
export function configDifference(
  theirs: TrainingPlan['config'],
  { config, completeConfig = (config) => config }: TrainingPlan,
): string | undefined {
  const there = completeConfig(theirs);
  const here = JSON.parse(JSON.stringify(config)) as TrainingPlan['config'];
  const key = Object.keys({ ...there, ...here }).find((key) => !isDeepStrictEqual(there[key], here[key]));
  const text = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value));
  return key && `${key} is ${text(there[key])} there, ${text(here[key])} here`;
}
