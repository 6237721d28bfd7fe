import { readMetadata } from '@scorebridge/runtime';
import { accuracyOf, CLASSIFIER_KEY, loadJudge, loadMnist, SHIPPED_JUDGE } from '@scorebridge/training';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('the judge that is shipped is as good as it says', async () => {
  const file = await readFile(SHIPPED_JUDGE);
  expect(file.length).toBeLessThan(1e6);
  const { figures, command, seed, step } = JSON.parse(readMetadata(file)[CLASSIFIER_KEY]!);
  expect({ command, seed, step }).toEqual({
    command: expect.stringMatching(/^scorebridge /),
    seed: expect.any(Number),
    step: expect.any(Number),
  });
  expect(figures.testAccuracy).toBeGreaterThanOrEqual(0.993);

  const digits = await loadMnist({ split: 'test' });
  const judge = await loadJudge({ model: file, provider: 'cpu' });
  const accuracy = await accuracyOf(judge, digits);
  await judge.release();
  // Another processor rounds otherwise, which may turn a digit that was on the edge.
  expect(Math.abs(accuracy - figures.testAccuracy) * digits.count).toBeLessThanOrEqual(2.01);
});
