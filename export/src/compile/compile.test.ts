import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TracedFunction } from '../trace/trace.js';
import { compile, type CompiledFunction } from './compile.js';

const host = (values: number[], dims = [values.length]) =>
  new Tensor('float32', Float32Array.from(values), dims);
const list = (t: Tensor) => [...(t.data as Float32Array)];

let total: tf.Variable;
let count: tf.Variable;
let compiled: CompiledFunction;

beforeEach(async () => {
  await tf.setBackend('cpu');
  total = tf.variable(tf.tensor1d([0, 0]), true, 'total');
  count = tf.variable(tf.scalar(0, 'int32'), false, 'count');
  compiled = compile(accumulate, { provider: 'cpu' });
});
afterEach(async () => {
  tf.dispose([total, count]);
  await compiled.dispose();
});

/** Adds the rows of x to `total` and counts the calls. */
const accumulate: TracedFunction = ({ x }) => {
  total.assign(tf.add(total, tf.sum(x!, 0)) as tf.Tensor1D);
  count.assign(tf.add(count, tf.scalar(1, 'int32')));
  return { total_now: tf.mul(total, 1), twice: tf.mul(x!, 2) };
};

describe('state', () => {
  test('stays with the function over many calls and several input shapes', async () => {
    const sum = [0, 0];
    const results: Record<string, Tensor>[] = [];
    const expected: number[][] = [];
    for (let call = 1; call <= 20; call++) {
      const rows = 1 + (call % 3);
      const values = Array.from({ length: 2 * rows }, (_, i) => call * 10 + i);
      values.forEach((v, i) => (sum[i % 2]! += v));
      results.push(await compiled.run({ x: host(values, [rows, 2]) }));
      expected.push([...sum]);
    }
    // What earlier calls returned is still what it was.
    expect(results.map((r) => list(r['total_now']!))).toEqual(expected);
    expect(list(results[4]!['twice']!).slice(0, 2)).toEqual([100, 102]);
    expect(list(await compiled.readVariable(total))).toEqual(sum);
    expect([...((await compiled.readVariable(count)).data as Int32Array)]).toEqual([20]);
    // The variables of tfjs are not touched.
    expect([...total.dataSync()]).toEqual([0, 0]);
  });

  test('begins, donated, in the memory of the tfjs variables, and is then the same', async () => {
    const donated = compile(accumulate, { provider: 'cpu', donate: true });
    const memory = total.dataSync();
    for (let call = 1; call <= 5; call++) {
      for (const fn of [compiled, donated]) await fn.run({ x: host([call, 2], [1, 2]) });
      expect(list(await donated.readVariable(total))).toEqual(list(await compiled.readVariable(total)));
    }
    await donated.writeVariable(total, host([7, 8]));
    await donated.run({ x: host([1, 1], [1, 2]) });
    expect(list(await donated.readVariable(total))).toEqual([8, 9]);
    // Two buffers in turns, of which this is one.
    expect([...memory]).not.toEqual([0, 0]);
    await donated.dispose();
  });

  test('can be read and set at any time, as copies', async () => {
    const given = host([100, 200]);
    await compiled.writeVariable(total, given);
    const before = await compiled.readVariable(total);
    for (let i = 0; i < 4; i++) await compiled.run({ x: host([1, 1], [1, 2]) });
    expect(list(given)).toEqual([100, 200]);
    expect(list(before)).toEqual([100, 200]);
    expect(list(await compiled.readVariable(total))).toEqual([104, 204]);
    await compiled.writeVariable(total, host([0, 0]));
    const { total_now } = await compiled.run({ x: host([1, 1], [1, 2]) });
    expect(list(total_now!)).toEqual([1, 1]);
  });

  test('is read and set in the order of the calls', async () => {
    const x = host([1, 2], [1, 2]);
    const [, first, , second] = await Promise.all([
      compiled.run({ x }),
      compiled.readVariable(total),
      compiled.writeVariable(total, host([10, 10])),
      compiled.run({ x }).then(() => compiled.readVariable(total)),
    ]);
    expect([list(first), list(second)]).toEqual([[1, 2], [11, 12]]); // prettier-ignore
  });

  test('is shared by functions that ask for it, in the order of their calls', async () => {
    const double = compiled.sharing(() => {
      total.assign(tf.mul(total, 2) as tf.Tensor1D);
      return { half: tf.div(total, 2) };
    });
    const x = host([1, 2], [1, 2]);
    const [, first, , second] = await Promise.all([
      compiled.run({ x }),
      double.run({}),
      compiled.run({ x }),
      double.run({}),
    ]);
    expect([first['half']!, second['half']!].map(list)).toEqual([[1, 2], [3, 6]]); // prettier-ignore
    expect(list(await double.readVariable(total))).toEqual([6, 12]);
    await double.dispose();
    expect(list((await compiled.run({ x }))['total_now']!)).toEqual([7, 14]);
  });

  test('takes only its own type and shape', async () => {
    await expect(compiled.writeVariable(total, host([1, 2, 3]))).rejects.toThrow(
      'The variable total is float32 [2]; it cannot take a float32 [3].',
    );
    await expect(compiled.writeVariable(count, host([1], []))).rejects.toThrow(
      'count is int32 []; it cannot take a float32',
    );
  });

  test('of one variable may become that of another', async () => {
    const swap = compile(
      ({ x }) => {
        const old = tf.clone(total);
        total.assign(x as tf.Tensor1D);
        return { old };
      },
      { provider: 'cpu' },
    );
    expect(list((await swap.run({ x: host([1, 2]) }))['old']!)).toEqual([0, 0]);
    expect(list((await swap.run({ x: host([3, 4]) }))['old']!)).toEqual([1, 2]);
    expect(list((await swap.run({ x: host([5, 6]) }))['old']!)).toEqual([3, 4]);
    await swap.dispose();
  });
});

describe('failure', () => {
  const bad: [string, Record<string, Tensor>, string][] = [
    ['a missing input', {}, "It asked for the input x; its inputs are: none."],
    ['a wrong name', { y: host([1, 2], [1, 2]) }, 'It asked for the input x; its inputs are: y.'],
    ['a wrong type', { x: new Tensor('float64', Float64Array.of(1, 2), [1, 2]) }, 'The input x is float64; expected float32, int32 or bool.'],
    ['a wrong shape', { x: host([1, 2, 3], [1, 3]) }, 'broadcast'],
    ['no tensor', { x: [1, 2] as unknown as Tensor }, 'The input x is no tensor'],
  ]; // prettier-ignore

  test.each(bad)('%s: a sentence, and the state stays as it was', async (_, inputs, sentence) => {
    await compiled.run({ x: host([1, 2], [1, 2]) });
    await expect(compiled.run(inputs)).rejects.toThrow(sentence);
    expect(list(await compiled.readVariable(total))).toEqual([1, 2]);
    const { total_now } = await compiled.run({ x: host([1, 2], [1, 2]) });
    expect(list(total_now!)).toEqual([2, 4]);
  });

  test('while ONNX Runtime runs leaves the state as it was', async () => {
    const table = tf.tensor1d([1, 2, 3]);
    const lookup = compile(
      ({ i }) => {
        total.assign(tf.add(total, 1));
        return { y: tf.gather(table, i as tf.Tensor1D) };
      },
      { provider: 'cpu' },
    );
    const at = (i: number) => ({ i: new Tensor('int32', Int32Array.of(i), [1]) });
    await lookup.run(at(1));
    await expect(lookup.run(at(99))).rejects.toThrow(/indices|out of/);
    expect(list(await lookup.readVariable(total))).toEqual([1, 1]);
    expect(list((await lookup.run(at(2)))['y']!)).toEqual([3]);
    expect(list(await lookup.readVariable(total))).toEqual([2, 2]);
    await lookup.dispose();
    table.dispose();
  });
});

test('calls that are started at once run one after the other', async () => {
  const results = await Promise.all(
    [1, 2, 3, 4, 5].map((v) => compiled.run({ x: host([v, 10 * v], [1, 2]) })),
  );
  expect(results.map((r) => list(r['total_now']!))).toEqual([[1, 10], [3, 30], [6, 60], [10, 100], [15, 150]]); // prettier-ignore
});

test('prepare says which provider runs, and does not run', async () => {
  const provider = await compiled.prepare({ x: { dtype: 'float32', shape: [1, 2] } });
  expect(provider).toEqual({ name: 'cpu', reason: 'asked for' });
  expect(list(await compiled.readVariable(total))).toEqual([0, 0]);
});

test('after dispose a call is refused, and dispose may be called again', async () => {
  await compiled.run({ x: host([1, 2], [1, 2]) });
  await compiled.dispose();
  await compiled.dispose();
  await expect(compiled.run({ x: host([1, 2], [1, 2]) })).rejects.toThrow('has been disposed of');
});

test('a training step agrees with tfjs over 20 steps', async () => {
  const w = tf.variable(tf.tensor2d([[0.1, -0.2], [0.3, 0.4]]), true, 'w'); // prettier-ignore
  const step: TracedFunction = ({ x, y, rate }) => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.squaredDifference(tf.tanh(tf.matMul(x!, w)), y!)) as tf.Scalar,
      [w],
    );
    w.assign(tf.sub(w, tf.mul(rate!, grads[w.name]!)));
    return { loss: value };
  };
  const trained = compile(step, { provider: 'cpu' });
  const inputs = {
    x: host([1, 2, 3, -1, 0.5, 2], [3, 2]),
    y: host([0, 1, 1, 0, 0.5, 0.5], [3, 2]),
    rate: host([0.3], []),
  };
  const losses: number[] = [];
  for (let i = 0; i < 20; i++) losses.push(list((await trained.run(inputs))['loss']!)[0]!);
  const eager = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, tf.tensor(t.data as Float32Array, [...t.dims])]),
  );
  const expected = Array.from({ length: 20 }, () => tf.tidy(() => step(eager)['loss']!.dataSync()[0]!));
  losses.forEach((loss, i) => expect(Math.abs(loss - expected[i]!), `step ${i}`).toBeLessThan(1e-6));
  const found = list(await trained.readVariable(w));
  w.dataSync().forEach((v, i) => expect(Math.abs(v - found[i]!), `w ${i}`).toBeLessThan(1e-5));
  expect(losses[19]!).toBeLessThan(losses[0]!);
  await trained.dispose();
  tf.dispose([w, eager]);
});
