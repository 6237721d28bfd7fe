import { expect, test } from 'vitest';
import { endTurns, startTurns, takeTurn } from './turns.js';

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

test('those who wait when the turns end go on without acting, and one who acts meanwhile does not start them anew', async () => {
  const turns = startTurns();
  const acted: number[] = [];
  const waiting = takeTurn(turns, 2, () => acted.push(2));
  await takeTurn(turns, 0, () => {
    acted.push(0);
    endTurns(turns);
  });
  await waiting;
  await takeTurn(turns, 1, () => acted.push(1));
  expect(acted).toEqual([0]);
});
