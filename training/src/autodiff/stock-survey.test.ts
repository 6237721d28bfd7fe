import { describe, expect, test } from 'vitest';
import { kernelCases, opCases, type Verdict } from '../testing/second-derivative-cases.js';
import { programs, survey, surveyBackend, SURVEY_SEED, TOLERANCE } from '../testing/survey.js';

await surveyBackend();

// What TensorFlow.js does by itself, so that a new version of it that mends or breaks something shows.
describe('with the gradients of TensorFlow.js', () => {
  test.each(Object.entries({ ...kernelCases, ...opCases }))('%s', (_, example) => {
    const found = programs.map((program): Verdict => {
      try {
        const { first, second } = survey(example, program);
        return first < TOLERANCE.first && second < TOLERANCE.second ? 'right' : 'wrong';
      } catch {
        return 'throws';
      }
    });
    const worst = (['wrong', 'throws', 'right'] as const).find((verdict) => found.includes(verdict));
    expect(worst, `seed ${SURVEY_SEED}`).toBe(example.stock);
  });
});
