import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Value, type Graph } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { divideSum } from './divide-sum.js';
import { openGraph } from './open-graph.js';
import { compile } from './compile.js';

const input = (name: string, shape: number[], dtype: Value['dtype'] = 'float32') => {
  const value = new Value(dtype, [shape]);
  value.name = name;
  return value;
};
const graph = (inputs: Value[], outputs: Record<string, Value>): Graph => {
  const named = Object.entries(outputs).map(([name, value]) => ({ name, value }));
  const nodes = new Set<NonNullable<Value['producer']>>();
  const visit = ({ producer }: Value) => {
    if (!producer || nodes.has(producer)) return;
    producer.inputs.forEach(visit);
    nodes.add(producer);
  };
  Object.values(outputs).forEach(visit);
  return { inputs, outputs: named, nodes: [...nodes] };
};
const ops = ({ nodes }: Graph) => nodes.map(({ op }) => op).sort();
const state = new Set(['w']);

describe('a graph is divided into', () => {
  const [w, x] = [input('w', [2, 3]), input('x', [4, 2])];
  const product = (right: Value) => g.emit('MatMul', [x, right], { dtype: 'float32', shapes: [[4, 3]] });

  test('what the state alone decides, what an input does, and the layout of the outputs', () => {
    const y = g.transpose(product(g.unary('Exp', w)), [1, 0]);
    const { before, each, after } = divideSum(graph([x, w], { y }), state);
    expect(ops(before!)).toEqual(['Exp', 'Reshape']);
    expect(before!.inputs).toEqual([w]);
    expect(ops(each)).toEqual(['MatMul', 'Reshape', 'Reshape']);
    expect(each.inputs.map(({ name }) => name)).toEqual([':prepared', 'x']);
    expect(ops(after)).toEqual(['Reshape', 'Transpose']);
    expect(after.inputs.map(({ name, shape }) => [name, shape])).toEqual([[':part', [12]]]);
  });

  test('an output that more is made of stays before the sum', () => {
    const y = g.transpose(product(w), [1, 0]);
    const { each, after } = divideSum(graph([x, w], { y, z: g.unary('Exp', y) }), state);
    expect(ops(each)).toContain('Transpose');
    expect(ops(after)).not.toContain('Transpose');
  });

  test('what stands beside a constant stays before the sum', () => {
    const y = g.concat([product(w), g.constant('float32', [1, 3], [1, 2, 3])], 0);
    expect(ops(divideSum(graph([x, w], { y }), state).after)).toEqual(['Reshape']);
  });

  test('a product with a constant follows the sum, unless it is given much more than it gives', () => {
    const factor = (size: number) => g.constant('float32', [3, size], new Float32Array(3 * size).fill(1));
    const divided = (size: number) =>
      divideSum(graph([x, w], { y: g.matMul(product(w), factor(size)) }), state);
    expect(ops(divided(2).after)).toEqual(['MatMul', 'Reshape']);
    expect(ops(divided(1).after)).toEqual(['Reshape']);
  });

  test('graphs that hand on large tensors as they are, and the others in a vector', () => {
    const [large, small] = [input('large', [128, 128]), input('small', [127, 128])];
    const one = input('x', [1]);
    const y = g.add(g.unary('Exp', large), one);
    const z = g.add(g.unary('Exp', small), one);
    const { each, after } = divideSum(graph([one, large, small], { y, z }), new Set(['large', 'small']));
    const shapes = ({ inputs }: Graph) => inputs.map(({ name, shape }) => [name, shape]);
    expect(shapes(each).slice(0, 2)).toEqual([
      [':prepared.0', [128, 128]],
      [':prepared', [127 * 128]],
    ]);
    expect(shapes(after)).toEqual([
      [':part.0', [128, 128]],
      [':part', [127 * 128]],
    ]);
  });

  test('what the state alone decides by other types is computed for each', () => {
    const y = product(g.cast(g.cast(w, 'int32'), 'float32'));
    const { before, each } = divideSum(graph([x, w], { y }), state);
    expect(ops(before!)).toEqual(['Reshape']);
    expect(ops(each).filter((op) => op === 'Cast')).toHaveLength(2);
  });

  test('two graphs where nothing depends on the state', () => {
    const { before, each } = divideSum(graph([x], { y: g.unary('Exp', x) }), state);
    expect(before).toBeUndefined();
    expect(each.inputs).toEqual([x]);
  });

  test.each<[string, Record<string, Value>, string]>([
    ['integers', { y: g.cast(x, 'int32') }, 'Sums are of float32 outputs, and y is int32.'],
    ['nothing', {}, 'There is nothing to sum: the function has no outputs.'],
  ])('%s: refused in a sentence', (_, outputs, sentence) => {
    expect(() => divideSum(graph([x, w], outputs), state)).toThrow(sentence);
  });

  test('graphs that give the sums', async () => {
    const outputs = {
      y: g.transpose(product(g.unary('Exp', w)), [1, 0]),
      times_constant: g.matMul(product(w), g.constant('float32', [3, 2], [1, 0, 0, 2, 0, 0])),
      of_state: g.unary('Neg', w),
      state: w,
      input: x,
      constant: g.constant('float32', [2], [5, 6]),
    };
    const { before, each, after } = divideSum(graph([x, w], outputs), state);
    const open = (part: Graph) => openGraph(part, { provider: 'cpu' });
    const sessions = await Promise.all([before!, each, after].map(open));
    const [first, second, third] = sessions.map(({ session }) => session);
    const tensor = (values: number[], dims: number[]) =>
      new Tensor('float32', Float32Array.from(values), dims);
    const weights = tensor([0, 1, 2, -1, 0.5, 0], [2, 3]);
    const prepared = await first!.run({ w: weights });
    const inputs = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [-1, 0, 1, 0, -1, 0, 1, 0],
    ];
    const parts: Float32Array[] = [];
    for (const values of inputs) {
      const { ':part': part } = await second!.run({ ...prepared, x: tensor(values, [4, 2]) });
      parts.push(part!.data as Float32Array);
    }
    const sum = parts[0]!.map((value, i) => value + parts[1]![i]!);
    const found = await third!.run({ ':part': new Tensor('float32', sum, [sum.length]) });
    const list = (name: string) => [...(found[name]!.data as Float32Array)];
    const both = inputs[0]!.map((value, i) => value + inputs[1]![i]!);
    const expected = tf.tidy(() =>
      tf
        .matMul(tf.tensor2d(both, [4, 2]), tf.exp(tf.tensor2d([0, 1, 2, -1, 0.5, 0], [2, 3])))
        .transpose()
        .dataSync(),
    );
    list('y').forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
    expect(found['y']!.dims).toEqual([3, 4]);
    expect(list('times_constant')).toEqual([-2, 2, -4, 12, -6, 14, -8, 24]);
    expect(list('of_state')).toEqual([-0, -2, -4, 2, -1, -0]);
    expect(list('state')).toEqual([0, 2, 4, -2, 1, 0]);
    expect(list('input')).toEqual(both);
    expect(list('constant')).toEqual([10, 12]);
    for (const { session } of sessions) await session.release();
  });
});

describe('the sum of a compiled function', () => {
  let w: tf.Variable;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    w = tf.variable(tf.tensor1d([1, -2, 3]));
  });
  afterAll(() => w.dispose());

  test('is one after the other what run gives, and inputs may be called as the vectors inside are', async () => {
    const fn = compile(
      ({ part, prepared }) => ({
        y: tf.add(tf.mul(tf.exp(w), part!), prepared!),
      }),
      { provider: 'cpu' },
    );
    const inputs = [1, 2, 3].map((k) => ({
      part: new Tensor('float32', Float32Array.of(k, 2 * k, -k), [3]),
      prepared: new Tensor('float32', Float32Array.of(0, k, 1), [3]),
    }));
    const expected = [0, 0, 0];
    for (const one of inputs)
      ((await fn.run(one))['y']!.data as Float32Array).forEach((value, i) => (expected[i]! += value));
    const { y } = await fn.sum(inputs);
    (y!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    await fn.dispose();
  });

  test('sees what was assigned since', async () => {
    const fn = compile(({ x }) => ({ y: tf.mul(tf.square(w), x!) }), { provider: 'cpu' });
    const change = fn.sharing(({ x }) => {
      w.assign(tf.add(w, x!));
      return { done: tf.neg(x!) };
    });
    const one = { x: new Tensor('float32', Float32Array.of(1, 1, 1), [3]) };
    expect([...((await fn.sum([one, one]))['y']!.data as Float32Array)]).toEqual([2, 8, 18]);
    await change.run(one);
    expect([...((await fn.sum([one, one]))['y']!.data as Float32Array)]).toEqual([8, 2, 32]);
    await fn.dispose();
    await change.dispose();
  });
});
