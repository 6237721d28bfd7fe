import type { Judge } from './judge.js';
import { moments } from './moments.js';
import type { RealDigits } from './score-card.js';
import { spreadRows } from './spread-rows.js';

/** Training digits that the reference moments are taken from. */
export const REFERENCE_COUNT = 10_000;

/**
 * Shows the judge what samples are measured against. Nothing of it is stored: a judge that was trained anew has
 * other features.
 *
 * @param training training digits, row-major [n, 28, 28, 1] in [0, 1]; {@link REFERENCE_COUNT} of them are used
 * @param test test digits, likewise
 * @param count number of samples to be scored, and so of test digits that give the floor
 */
export async function judgeRealDigits(
  judge: Judge,
  { training, test }: { training: Float32Array; test: Float32Array },
  count: number,
  options?: { signal?: AbortSignal },
): Promise<RealDigits> {
  const reference = await judge.judge(spreadRows(training, 28 * 28, REFERENCE_COUNT), options);
  const floor = await judge.judge(spreadRows(test, 28 * 28, count), options);
  return { training: moments(reference.features, reference.featureCount), test: floor.features };
}
