import { expect, test } from 'vitest';
import { closeQueue, startQueue, takeNext } from './queue.js';

test('each number is taken once, in order, and none from a queue that is closed', () => {
  const queue = startQueue(3);
  const take = () => takeNext(queue);
  expect([take(), take(), take(), take(), take()]).toEqual([0, 1, 2, undefined, undefined]);
  const closed = startQueue(3);
  takeNext(closed);
  closeQueue(closed);
  expect(takeNext(closed)).toBeUndefined();
});
