import { expect, test } from 'vitest';
import { startTurns, takeTurn } from './turns.js';

test('each acts when it is its turn, in whatever order they come, and one that fails passes the turn on', async () => {
  const turns = startTurns();
  const acted: number[] = [];
  const take = (i: number) =>
    takeTurn(turns, i, () => {
      acted.push(i);
      if (i === 1) throw new Error('one');
    });
  const taken = [3, 2, 0].map(take);
  await taken[2];
  expect(acted, 'the turn of 1 has not been taken').toEqual([0]);
  await expect(take(1)).rejects.toThrow('one');
  await Promise.all(taken);
  expect(acted).toEqual([0, 1, 2, 3]);
});
