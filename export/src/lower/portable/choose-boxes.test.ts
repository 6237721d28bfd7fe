import { createSession } from '@scorebridge/runtime';
import { kernel_impls } from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { chooseBoxes, type Suppression } from '../../graph/operators.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { SEED, distance, randomNumbers } from '../../testing/parity.js';
import { writeOnnx } from '../../onnx/write.js';
import { lower } from '../lower.js';
import { portable } from './index.js';

/** What stands for the number of boxes that are found, which is not known. */
const FOUND = [[7], [11]];

const graphFor = (n: number, limit: number, how: Suppression) => {
  const [boxes, scores] = [
    graphInput('boxes', [
      [n, 4],
      [n, 4],
    ]),
    graphInput('scores', [[n], [n]]),
  ];
  const [indices, chosen] = chooseBoxes(boxes, scores, limit, FOUND, how);
  return graphOf([boxes, scores], { indices: indices!, chosen: chosen! });
};

type Draw = readonly [boxes: Float32Array, scores: Float32Array];

/** What tfjs chooses of each draw, and what the lowered graph does. */
async function both(limit: number, how: Suppression, draws: readonly Draw[]) {
  const { iouThreshold, scoreThreshold, softNmsSigma } = how;
  const n = draws[0]![1].length;
  const { model } = writeOnnx(lower(graphFor(n, limit, how), portable));
  const { session } = await createSession(model, { provider: 'cpu' });
  const found = [];
  for (const [boxes, scores] of draws) {
    const { selectedIndices, selectedScores } = kernel_impls.nonMaxSuppressionV5Impl(
      boxes,
      scores,
      limit,
      iouThreshold,
      scoreThreshold,
      softNmsSigma,
    );
    const { indices, chosen } = await session.run({
      boxes: new Tensor('float32', boxes, [n, 4]),
      scores: new Tensor('float32', scores, [n]),
    });
    found.push({
      expected: { indices: selectedIndices, scores: selectedScores! },
      indices: [...(indices!.data as Int32Array)],
      scores: [...(chosen!.data as Float32Array)],
    });
  }
  await session.release();
  return found;
}

const settings: [string, number, Suppression][] = [0, 0.05, 0.5, 1].flatMap((softNmsSigma): [string, number, Suppression][] => [
  ['some', 12, { iouThreshold: 0.5, scoreThreshold: -Infinity, softNmsSigma }],
  ['above a score', 30, { iouThreshold: 0.7, scoreThreshold: 0.3, softNmsSigma }],
  ['all', 30, { iouThreshold: 1, scoreThreshold: -Infinity, softNmsSigma }],
  ['that do not meet', 30, { iouThreshold: 0, scoreThreshold: 0, softNmsSigma }],
  ['above more than any score', 30, { iouThreshold: 0.5, scoreThreshold: 9, softNmsSigma }],
]); // prettier-ignore

test.each(settings)('chooses what tfjs does: %s, at most %i, %j', async (_, limit, how) => {
  const random = randomNumbers();
  const draws = Array.from({ length: 20 }, (_, round): Draw => [
    Float32Array.from({ length: 120 }, random),
    // Below 0 as well: a weight raises those.
    Float32Array.from({ length: 30 }, () => random() - (round % 2)),
  ]);
  for (const [round, { expected, indices, scores }] of (await both(limit, how, draws)).entries()) {
    const told = `round ${round}, seed ${SEED}`;
    expect(indices, told).toEqual(expected.indices);
    expect(distance(expected.scores, scores), told).toBeLessThan(1e-6);
  }
});

test.each([0, 0.5])('boxes without area, scores that are no numbers: sigma %f', async (softNmsSigma) => {
  const how = { iouThreshold: 0.5, scoreThreshold: -Infinity, softNmsSigma };
  const boxes = Float32Array.of(
    ...[0, 0, 1, 1],
    ...[0, 0, 0, 1],
    ...[0, 0, 0, 1],
    ...[1, 1, 0, 0.25],
    ...[0, 0, 2, 2],
  );
  const scores = Float32Array.of(0.5, 0.5, 0.5, NaN, -Infinity);
  const [found] = await both(5, how, [[boxes, scores]]);
  expect(found!.expected.indices).toEqual([0, 1, 2]);
  expect(found!.indices).toEqual([0, 1, 2]);
});

test('a score is compared with the threshold as it is, not with its float32', async () => {
  const how = { iouThreshold: 0.5, scoreThreshold: 0.3, softNmsSigma: 0 };
  const boxes = Float32Array.of(...[0, 0, 1, 1], ...[2, 2, 3, 3]);
  const [found] = await both(2, how, [[boxes, Float32Array.of(0.3, 0.29999998)]]);
  expect([found!.expected.indices, found!.indices]).toEqual([[0], [0]]);
});
