import { expect, test } from 'vitest';
import { tinyModel } from '../testing/tiny-model.js';
import { createSession } from './node.js';

const batch = 2 ** 18;
const shape = [batch, 2, 3];

test('a preallocated fetch comes back as it is, filled, and nothing else is left in memory', async () => {
  const { session, Tensor } = await createSession(tinyModel(), { provider: 'cpu' });
  const feeds = {
    x: new Tensor('float32', new Float32Array(6 * batch).fill(3), shape),
    level: new Tensor('float32', new Float32Array(batch).fill(1), [batch]),
  };
  const prediction = new Tensor('float32', new Float32Array(6 * batch), shape);
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  for (let run = 0; run < 8; run++) {
    prediction.data.fill(0);
    const results = await session.run(feeds, { prediction });
    expect(results).toEqual({ prediction: expect.anything() as unknown });
    expect(results.prediction).toBe(prediction);
    expect((prediction.data as Float32Array).every((value) => value === -1.5)).toBe(true);
  }
  expect(held() - before).toBeLessThan(prediction.data.buffer.byteLength / 2);
  await session.release();
});

test('what is not preallocated is the result of one run alone, whatever form the fetches have', async () => {
  const { session, Tensor } = await createSession(tinyModel(), { provider: 'cpu' });
  const run = async (value: number, ...rest: readonly (object | string[])[]) => {
    const x = new Tensor('float32', new Float32Array(6).fill(value), [1, 2, 3]);
    const level = new Tensor('float32', Float32Array.of(1), [1]);
    const { prediction } = await session.run({ x, level }, ...(rest as [{ prediction: null }]));
    return prediction!.data as Float32Array;
  };
  const forms = [[], [['prediction']], [{ prediction: null }], [{ tag: 'options' }], [['prediction'], {}]];
  const found = [];
  for (const [i, form] of forms.entries()) found.push(await run(2 * i + 2, ...form));
  expect(found.map((data) => [...data])).toEqual(forms.map((_, i) => Array<number>(6).fill(-i - 1)));
  await session.release();
});
