import { expect, test } from 'vitest';
import { parseTrainingLog } from './training-log.js';

test('reads steps, passes over other lines, lets a resumed run replace what it repeats', () => {
  const text = `{"event":"start"}
{"step":1,"loss":2,"gradNorm":5,"lr":0.1}
{"step":3,"loss":1}

{"step":2,"loss":1.5}
{"step":3,"loss":0.9}
{"step":4,"lo`;
  expect(parseTrainingLog(text)).toEqual([
    { step: 1, loss: 2, gradNorm: 5, lr: 0.1 },
    { step: 2, loss: 1.5 },
    { step: 3, loss: 0.9 },
  ]);
});

test('names a broken line', () => {
  expect(() => parseTrainingLog('{"step":1,"loss":2}\noops\n{"step":2,"loss":1}\n')).toThrow('Line 2');
});
