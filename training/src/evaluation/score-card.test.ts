import { expect, test } from 'vitest';
import type { Judgement } from './judge.js';
import { moments } from './moments.js';
import { scoreCard } from './score-card.js';

/** A judgement in one feature from [class, probability, feature] triples. */
function judgement(rows: [digit: number, p: number, feature: number][]): Judgement {
  const probabilities = new Float32Array(rows.length * 10);
  rows.forEach(([digit, p], i) => {
    probabilities.fill((1 - p) / 9, i * 10, i * 10 + 10);
    probabilities[i * 10 + digit] = p;
  });
  const features = Float32Array.from(rows, ([, , feature]) => feature);
  return { count: rows.length, probabilities, features, featureCount: 1 };
}

// Training: mean 0, variance 4. Test: mean 1, variance 1 over any half taken evenly.
const training = moments(
  Float64Array.of(-Math.SQRT2, Math.SQRT2, -Math.SQRT2, Math.SQRT2).map((v) => v * Math.sqrt(1.5)),
  1,
);
const real = { training, test: Float32Array.of(0, 0, 9, 9, 2, 2, -9, -9) };

test('shares, counts and distances of samples worked out by hand', () => {
  const card = scoreCard(
    judgement([
      [3, 0.95, 2],
      [3, 0.91, 4],
      [7, 0.89, 2],
      [8, 0.99, 4],
    ]),
    real,
    [3, 5, 7, 8],
  );
  expect(card.confident).toBe(0.75);
  expect(card.rightLabel).toBe(0.5);
  expect(card.classCounts).toEqual([0, 0, 0, 2, 0, 0, 0, 1, 1, 0]);
  expect(card.chiSquare).toBeCloseTo((1.6 ** 2 + 2 * 0.6 ** 2 + 7 * 0.4 ** 2) / 0.4, 10);
  // Training: mean 0, variance 4; samples: mean 3, variance 4/3.
  expect(card.frechet).toBeCloseTo(9 + (2 - Math.sqrt(4 / 3)) ** 2, 6);
  // Every other one of the test digits: 0, 9, 2, -9.
  const variance = [0, 9, 2, -9].reduce((sum, v) => sum + (v - 0.5) ** 2, 0) / 3;
  expect(card.floorCount).toBe(4);
  expect(card.frechetFloor).toBeCloseTo(0.25 + (2 - Math.sqrt(variance)) ** 2, 6);
});

test('without labels none can be right; more samples than test digits take all of these', () => {
  const many = judgement(Array.from({ length: 20 }, (_, i) => [i % 10, 1, i]));
  const card = scoreCard(many, real);
  expect(card).not.toHaveProperty('rightLabel');
  expect(card.chiSquare).toBe(0);
  expect(card.floorCount).toBe(8);
});

test('refuses labels that are not as many as the samples', () => {
  expect(() =>
    scoreCard(
      judgement([
        [1, 1, 0],
        [2, 1, 1],
      ]),
      real,
      [1],
    ),
  ).toThrow('1 labels for 2 samples');
});
