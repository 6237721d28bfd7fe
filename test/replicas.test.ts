import { compile, whileLoop } from '@scorebridge/export';
import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { quickstart, writeDigits } from './support/digits.js';

// Workers are started from the built packages, so these tests are not beside the code.
const seed = 8;
const inputs = Array.from({ length: 5 }, (_, step) => ({
  x: new Tensor('float32', normals(new Float32Array(12), { seed, step }), [3, 4]),
}));

test('a sum over several inputs sees the present state, on as many workers as on one thread', async () => {
  await tf.setBackend('cpu');
  const weights = tf.variable(tf.tensor2d([1, 0, 0, 2, 3, 0, 0, 4], [4, 2]), true, 'weights');
  const compiled = (replicas: number) => {
    const product = compile(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D) }), {
      provider: 'cpu',
      threads: 2,
      replicas,
    });
    const change = product.sharing(({ by }) => {
      weights.assign(tf.mul(weights, by!));
      return { done: tf.neg(by!) };
    });
    return { product, change };
  };
  const [one, three] = [compiled(1), compiled(3)];
  const by = new Tensor('float32', Float32Array.of(-0.5), []);
  for (let round = 0; round < 2; round++) {
    const found = [];
    for (const { product } of [one, three]) {
      const { y } = await product.sum(inputs);
      found.push([y!.dims, [...(y!.data as Float32Array)]]);
    }
    expect(found[1], `round ${round}, seed ${seed}`).toEqual(found[0]);
    const first = inputs.map(({ x }) => {
      const [a, , c] = x.data as Float32Array;
      return (a! + 3 * c!) * (round === 0 ? 1 : -0.5);
    });
    expect((found[0]![1] as number[])[0], `seed ${seed}`).toBeCloseTo(
      first.reduce((sum, value) => sum + value),
      5,
    );
    for (const { change } of [one, three]) await change.run({ by });
  }
  expect(inputs[4]!.x.data, 'the inputs are still there').toHaveLength(12);

  for (const { product, change } of [one, three]) {
    await expect(change.sum([{ by }, { by }])).rejects.toThrow(
      'cannot assign a variable, as this one does weights: call run for each of them',
    );
    await expect(product.sum([{ x: by }, { x: by }])).rejects.toThrow();
    await expect(product.sum([...inputs, { x: by }])).rejects.toThrow('number 5 has other names');
    expect(await product.sum([])).toEqual({});
    const all = await product.sum(inputs);
    const again = await product.sum(inputs);
    expect(again['y']!.data, 'memory of an earlier call is not used again').not.toBe(all['y']!.data);
    await product.dispose();
    await change.dispose();
    await expect(product.sum(inputs)).rejects.toThrow('has been disposed of');
  }
  weights.dispose();
});

test('what comes out of turn waits for its turn, whatever its worker does meanwhile', async () => {
  await tf.setBackend('cpu');
  const compiled = (replicas: number) =>
    compile(
      ({ x, count }) => {
        const { v } = whileLoop(
          ({ left }) => tf.greater(left!, 0),
          ({ v, left }) => ({ v: tf.add(v!, 1), left: tf.sub(left!, 1) }),
          { v: x!, left: count! },
        );
        return { y: v! };
      },
      { provider: 'cpu', replicas },
    );
  // The first takes longer than all others together, which are more than two workers are handed at a time.
  const calls = inputs.concat(inputs, inputs, inputs).map(({ x }, i) => ({
    x,
    count: new Tensor('float32', Float32Array.of(i === 0 ? 50_000 : 100 * i), []),
  }));
  const [one, two] = [compiled(1), compiled(2)];
  const [expected, found] = [await one.sum(calls), await two.sum(calls)];
  expect([...(found['y']!.data as Float32Array)], `seed ${seed}`).toEqual([
    ...(expected['y']!.data as Float32Array),
  ]);
  for (const fn of [one, two]) await fn.dispose();
});

test('a failure is that of the call, whichever input it comes from, and the next call is as if it had not been', async () => {
  await tf.setBackend('cpu');
  const table = tf.variable(tf.tensor1d([1, 2, 3]), true, 'table');
  const lookup = compile(({ i }) => ({ y: tf.gather(table, i as tf.Tensor1D) }), {
    provider: 'cpu',
    replicas: 3,
  });
  const at = (...rows: number[]) => rows.map((i) => ({ i: new Tensor('int32', Int32Array.of(i), [1]) }));
  for (const rows of [
    [0, 99, 99, 99, 99, 99],
    [0, 1, 2, 0, 1, 99],
    [99, 0, 1, 2, 0, 1],
  ]) {
    await expect(lookup.sum(at(...rows)), String(rows)).rejects.toThrow(/indices/);
    expect([...((await lookup.sum(at(0, 1, 2, 2)))['y']!.data as Float32Array)]).toEqual([9]);
  }
  await lookup.dispose();
  table.dispose();
});

test('what waits for the turn of one that fails after it is let go', async () => {
  await tf.setBackend('cpu');
  const table = tf.variable(tf.tensor1d([1, 2, 3]), true, 'table');
  const lookup = compile(
    ({ i, count }) => {
      const { left } = whileLoop(
        ({ left }) => tf.greater(left!, 0),
        ({ left }) => ({ left: tf.sub(left!, 1) }),
        { left: count! },
      );
      return { y: tf.gather(table, tf.add(i!, tf.cast(left!, 'int32')) as tf.Tensor1D) };
    },
    { provider: 'cpu', replicas: 2 },
  );
  const call = (i: number, count: number) => ({
    i: new Tensor('int32', Int32Array.of(i), [1]),
    count: new Tensor('float32', Float32Array.of(count), []),
  });
  const quick = [0, 1, 2].map((i) => call(i, 1));
  await lookup.sum(quick);
  await expect(lookup.sum([call(99, 20_000), ...quick])).rejects.toThrow(/indices/);
  expect([...((await lookup.sum(quick))['y']!.data as Float32Array)]).toEqual([6]);
  await lookup.dispose();
  table.dispose();
});

test('the number of threads does not change what a training ends with', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-replicas-'));
  try {
    await writeDigits(join(folder, 'digits'));
    const ends = [];
    for (const threads of ['1', '2', '3']) {
      const run = quickstart(
        '--steps',
        '3',
        '--batch',
        '96',
        '--threads',
        threads,
        '--out',
        threads,
        '--json',
      );
      const { code, stdout, stderr } = await scorebridge(folder, run);
      expect(code, stderr).toBe(0);
      ends.push(await readFile(join(folder, (JSON.parse(stdout) as { checkpoint: string }).checkpoint)));
    }
    for (const end of ends) expect(end.equals(ends[0]!)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
