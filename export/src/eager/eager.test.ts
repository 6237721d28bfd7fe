import * as runtime from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { exportFunction } from '../score-model/export-function.js';
import { SEED, randomNumbers } from '../testing/parity.js';
import { registerOnnxRuntimeBackend } from './register.js';

vi.mock('@scorebridge/runtime', async (original) => {
  const module = await original<typeof runtime>();
  return { ...module, createSession: vi.fn(module.createSession) };
});
const sessions = vi.mocked(runtime.createSession);

beforeAll(async () => {
  const provider = await registerOnnxRuntimeBackend({ provider: 'cpu', threads: 1 });
  expect(provider).toEqual({ name: 'cpu', reason: 'asked for' });
});
beforeEach(async () => {
  await tf.setBackend('onnxruntime');
  sessions.mockClear();
});
afterAll(() => tf.removeBackend('onnxruntime'));

const dataIds = () => tf.backend().numDataIds();

/** Gradient descent on a least-squares loss, whose value is read after every step. */
async function train(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const random = randomNumbers();
  const draw = (shape: number[]) =>
    tf.tensor(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
      shape,
    );
  const [x, y] = [draw([16, 4]), draw([16, 1])];
  const weights = tf.variable(draw([4, 1]));
  const optimizer = tf.train.adam(0.05);
  const losses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const loss = optimizer.minimize(
      () => tf.mean(tf.squaredDifference(tf.matMul(x, weights as tf.Tensor as tf.Tensor2D), y)) as tf.Scalar,
      true,
    )!;
    losses.push((await loss.data())[0]!);
    loss.dispose();
  }
  optimizer.dispose();
  tf.dispose([x, y, weights]);
  return losses;
}

describe('what is computed, and when', () => {
  test('a training loop as on the cpu backend, with one session for all steps that are alike', async () => {
    const expected = await train('cpu');
    const found = await train('onnxruntime');
    found.forEach((loss, i) => expect(loss, `step ${i}, seed ${SEED}`).toBeCloseTo(expected[i]!, 5));
    expect(found.at(-1)).toBeLessThan(0.8 * found[0]!);
    expect(sessions.mock.calls.length).toBeLessThanOrEqual(3);
  });

  test('one read computes all tensors there are, once', async () => {
    const x = tf.tensor1d([1, 2]);
    const [a, b] = [tf.exp(x), tf.mul(x, 2)];
    await a.data();
    expect(Array.from(await b.data())).toEqual([2, 4]);
    expect(Array.from(b.dataSync())).toEqual([2, 4]);
    expect(sessions).toHaveBeenCalledTimes(1);
    tf.dispose([x, a, b]);
  });

  test.each([
    ['without a pause', () => Promise.resolve(), Infinity],
    ['with one now and then', () => tf.nextFrame(), 500],
  ])('a chain that nobody reads, %s', { tags: ['long'] }, async (_, pause, every) => {
    const v = tf.variable(tf.scalar(0));
    for (let i = 1; i <= 9000; i++) {
      tf.tidy(() => v.assign(tf.add(v, 1)));
      if (i % every === 0) await pause();
    }
    expect((await v.data())[0]).toBe(9000);
    expect(sessions.mock.calls.length).toBeLessThanOrEqual(4);
    v.dispose();
  });

  test('what a pause has computed needs no session any more', async () => {
    const v = tf.variable(tf.scalar(0));
    for (let i = 0; i < 2000; i++) tf.tidy(() => v.assign(tf.add(v, 1)));
    await vi.waitFor(() => expect(v.dataSync()[0]).toBeGreaterThan(0), { timeout: 20_000 });
    v.dispose();
  });

  test('reads at the same time, and of what is disposed of at once', async () => {
    const reads = Array.from({ length: 50 }, (_, i) => {
      const y = tf.tidy(() => tf.mul(tf.scalar(i), 2));
      const read = y.data();
      y.dispose();
      return read;
    });
    expect((await Promise.all(reads)).map(([y]) => y)).toEqual(reads.map((_, i) => 2 * i));
    expect(sessions.mock.calls.length).toBeLessThanOrEqual(3);
  });
});

describe('memory', () => {
  test('what is disposed of is gone, and a clone is no copy', async () => {
    const before = { ids: dataIds(), ...tf.memory() };
    const x = tf.tensor2d([[1, 2, 3]]);
    const y = tf.exp(x);
    const views = [tf.clone(y), tf.reshape(y, [3, 1])];
    expect(dataIds()).toBe(before.ids + 2);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 2);
    await y.data();
    tf.dispose([x, y]);
    expect(Array.from(await tf.add(views[1]!, 0).data())).toHaveLength(3);
    tf.dispose(views);
    expect(dataIds()).toBe(before.ids + 1);
  });

  test('neither the array that a tensor is made from nor the one that is read is the tensor', async () => {
    const given = Float32Array.from([1, 2]);
    const x = tf.tensor1d(given);
    given[0] = 9;
    (await x.data())[1] = 9;
    expect(Array.from(await x.data())).toEqual([1, 2]);
    x.dispose();
  });

  test('tensors go from backend to backend', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2]);
    await tf.setBackend('onnxruntime');
    const y = tf.add(x, 1);
    await y.data();
    await tf.setBackend('cpu');
    expect(Array.from(tf.add(x, y).dataSync())).toEqual([3, 5]);
    tf.dispose([x, y]);
  });

  test('a trace takes a tensor that has been computed for a constant', async () => {
    const w = tf.exp(tf.tensor1d([0, 1]));
    const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.mul(x!, w) });
    const inputs = { x: { dtype: 'float32', shape: [2] } } as const;
    expect(() => exportFunction(fn, inputs)).toThrow('Use await data()');
    await w.data();
    expect(exportFunction(fn, inputs).model.length).toBeGreaterThan(0);
    w.dispose();
  });

  test('a trace leaves a variable alone that it has nothing to do with, and that is on another backend', async () => {
    const variable = tf.variable(tf.exp(tf.tensor1d([0, 1])));
    await tf.setBackend('cpu');
    const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.exp(x!) });
    expect(exportFunction(fn, { x: { dtype: 'float32', shape: [2] } }).model.length).toBeGreaterThan(0);
    const [one, e] = await variable.data();
    expect([one, e]).toEqual([1, Math.fround(Math.E)]);
    variable.dispose();
  });
});

describe('types', () => {
  test('int32, bool and tensors without elements', async () => {
    const i = tf.tensor1d([-7, 2], 'int32');
    expect(await tf.floorDiv(i, tf.scalar(2, 'int32')).data()).toEqual(Int32Array.from([-4, 1]));
    expect(await tf.greater(i, tf.scalar(0, 'int32')).data()).toEqual(Uint8Array.from([0, 1]));
    const empty = tf.slice(i, [0], [0]);
    expect(await tf.add(empty, empty).data()).toEqual(new Int32Array());
    expect((await tf.sum(tf.zeros([0, 3])).data())[0]).toBe(0);
  });

  test('strings are moved and compared', async () => {
    const words = tf.tensor1d(['a', 'ß', '']);
    const moved = tf.concat([tf.tile(tf.slice(words, 1, 2), [2]), tf.fill([1], 'a') as tf.Tensor1D]);
    expect(await moved.data()).toEqual(['ß', '', 'ß', '', 'a']);
    expect(Array.from(await tf.equal(moved, 'a').data())).toEqual([0, 0, 0, 0, 1]);
  });

  test('complex numbers, with their parts', async () => {
    const parts = [tf.tensor1d([1, 2]), tf.tensor1d([3, -1])] as const;
    const before = dataIds();
    const x = tf.complex(...parts);
    const y = tf.tidy(() => tf.mul(x, tf.reshape(x, [2])));
    // Each is a tensor that holds two.
    expect(dataIds()).toBe(before + 6);
    expect(Array.from(await y.data())).toEqual([-8, 6, 3, -4]);
    expect(Array.from(y.dataSync())).toEqual([-8, 6, 3, -4]);
    expect(Array.from(await tf.tidy(() => tf.imag(y)).data())).toEqual([6, -4]);
    tf.dispose([x, y]);
    expect(dataIds()).toBe(before + 1);
    tf.dispose([...parts]);
  });
});

describe("what ONNX has no form for runs on tfjs's cpu backend", () => {
  test('outputs whose size only the values tell, once these are there', async () => {
    const x = tf.tensor1d([3, 1, 3, 1, 2], 'int32');
    const { values, indices } = tf.unique(x);
    expect(await values.data()).toEqual(Int32Array.from([3, 1, 2]));
    expect(await tf.add(indices, tf.scalar(1, 'int32')).data()).toEqual(Int32Array.from([1, 2, 1, 2, 3]));
    const before = dataIds();
    const sum = tf.add(x, x);
    expect(() => tf.unique(sum)).toThrow(
      /^The kernel Unique runs on tfjs's cpu backend.*await their data\(\) first/,
    );
    await sum.data();
    const found = tf.unique(sum);
    expect(Array.from(await found.values.data())).toEqual([6, 2, 4]);
    expect(dataIds()).toBe(before + 3);
    tf.dispose([x, values, indices, sum, found.values, found.indices]);
  });

  test('strings that are looked into', async () => {
    const words = tf.tensor1d(['a', 'b']);
    expect(Array.from(await tf.less(words, tf.tensor1d(['b', 'a'])).data())).toEqual([1, 0]);
    const { values } = tf.string.stringSplit(tf.tensor1d(['ab cd', 'e']), ' ');
    expect(await values!.data()).toEqual(['ab', 'cd', 'e']);
  });
});

describe('errors', () => {
  test('what cannot be computed is named where it is read, and keeps nothing else from being computed', async () => {
    const x = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
    const bad = tf.maxPool(x, 1, 2, 1);
    const worse = tf.add(bad, 1);
    const good = tf.add(x, 1);
    await expect(worse.data()).rejects.toThrow(
      /^ONNX Runtime cannot compute this tensor, made by Add: .*Pad should be smaller/,
    );
    expect((await good.data())[0]).toBe(2);
    await expect(bad.data()).rejects.toThrow('made by MaxPool');
    tf.dispose([x, bad, worse, good]);
  });

  test('values are there when they are awaited, not before', () => {
    expect(() => tf.exp(1).dataSync()).toThrow('Use await data()');
  });

  test('it is registered once, and not on a provider that is not there', async () => {
    await expect(registerOnnxRuntimeBackend()).rejects.toThrow("call tf.removeBackend('onnxruntime') first");
    tf.removeBackend('onnxruntime');
    await expect(registerOnnxRuntimeBackend({ provider: 'wasm' })).rejects.toThrow("'wasm' is not available");
    await expect(registerOnnxRuntimeBackend({ threads: 0 })).rejects.toThrow('threads is 0');
    expect(tf.engine().findBackend('onnxruntime')).toBeNull();
    await registerOnnxRuntimeBackend({ provider: 'cpu' });
    await tf.setBackend('onnxruntime');
    expect((await tf.add(1, 2).data())[0]).toBe(3);
  });
});
