import { expect, test } from 'vitest';
import { chooseLabels } from './choose-labels.js';

const labelled = { classes: { count: 3, unconditional: 3 } };
const none = { classes: null };

test('labels are dealt out in turn, by default all', () => {
  expect(chooseLabels(labelled, undefined, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  expect(chooseLabels(labelled, 'all', 2)).toEqual([0, 1]);
  expect(chooseLabels(labelled, [2, 0], 3)).toEqual([2, 0, 2]);
  expect(chooseLabels(labelled, 'none', 3)).toBeUndefined();
  expect(chooseLabels(none, undefined, 3)).toBeUndefined();
});

test('what the model does not know is refused by name, used or not', () => {
  expect(() => chooseLabels(labelled, [1, 3], 1)).toThrow(
    'Label 3 is not a class of the model: expected 0 to 2',
  );
  expect(() => chooseLabels(none, [1], 2)).toThrow('without labels');
  expect(() => chooseLabels(none, 'all', 2)).toThrow('without labels');
});
