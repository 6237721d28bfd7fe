import { frechetDistance } from './frechet-distance.js';
import type { Judgement } from './judge.js';
import { moments, type Moments } from './moments.js';
import { spreadRows } from './spread-rows.js';

/** How sure the judge must be before a digit counts as recognised. */
export const CONFIDENCE = 0.9;

/** A set of samples in figures. */
export interface ScoreCard {
  readonly count: number;
  /** Share of the samples that are given some class with p >= 0.9. */
  readonly confident: number;
  /** Share that is given the label asked for with p >= 0.9; absent when none was asked for. */
  readonly rightLabel?: number;
  /** How many samples are most like each digit, 0 to 9. */
  readonly classCounts: readonly number[];
  /** Pearson's chi-square of those counts against equal numbers; 9 degrees of freedom, 95% point 16.9. */
  readonly chiSquare: number;
  /** Fréchet distance in the judge's feature space to real training digits. */
  readonly frechet: number;
  /** What the same number of real test digits gives: the best that can be hoped for. */
  readonly frechetFloor: number;
  /** How many test digits gave the floor: as many as samples, unless there are fewer. */
  readonly floorCount: number;
}

/** What samples are measured against, in the feature space of the same judge. */
export interface RealDigits {
  /** Moments of training digits. */
  readonly training: Moments;
  /** Features of test digits, row-major [testCount, featureCount]. */
  readonly test: Float32Array;
}

/**
 * Scores samples.
 *
 * @param labels the label asked for of each sample, 0 to 9, if any
 * @throws RangeError when there are fewer than two samples or the labels are not as many as the samples
 */
export function scoreCard(
  { count, probabilities, features, featureCount }: Judgement,
  real: RealDigits,
  labels?: ArrayLike<number>,
): ScoreCard {
  if (labels && labels.length !== count)
    throw new RangeError(`Each sample needs its label: found ${labels.length} labels for ${count} samples.`);
  const classes = probabilities.length / count;
  const classCounts = new Array<number>(classes).fill(0);
  let confident = 0;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const p = probabilities.subarray(i * classes, (i + 1) * classes);
    const likeliest = p.indexOf(Math.max(...p));
    classCounts[likeliest]! += 1;
    if (p[likeliest]! >= CONFIDENCE) confident++;
    if (labels && p[labels[i]!]! >= CONFIDENCE) right++;
  }
  const expected = count / classes;
  const test = spreadRows(real.test, featureCount, count);
  return {
    count,
    confident: confident / count,
    ...(labels && { rightLabel: right / count }),
    classCounts,
    chiSquare: classCounts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0),
    frechet: frechetDistance(moments(features, featureCount), real.training),
    frechetFloor: frechetDistance(moments(test, featureCount), real.training),
    floorCount: test.length / featureCount,
  };
}
