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
 * @param training pixels of training digits, row-major [n, 28, 28, 1], 0 to 255; {@link REFERENCE_COUNT} are used
 * @param test those of test digits, likewise
 * @param count number of samples to be scored, and so of test digits that give the floor
 */
export async function judgeRealDigits(
  judge: Judge,
  { training, test }: { training: Uint8Array; test: Uint8Array },
  count: number,
  options?: { signal?: AbortSignal },
): Promise<RealDigits> {
  const look = (pixels: Uint8Array, rows: number) =>
    judge.judge(
      Float32Array.from(spreadRows(pixels, 28 * 28, rows), (pixel) => pixel / 255),
      options,
    );
  const { features, featureCount } = await look(training, REFERENCE_COUNT);
  return { training: moments(features, featureCount), test: (await look(test, count)).features };
}
