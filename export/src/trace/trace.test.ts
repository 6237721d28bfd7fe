import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportFunction } from '../score-model/export-function.js';
import { exportDifference, floats } from '../testing/parity.js';
import { trace, type TracedFunction } from './trace.js';

const x = floats(['batch', 3]);

beforeEach(async () => {
  await tf.setBackend('cpu');
});

/** What tracing may not change: the tensors there are, the variables and their values, the backend. */
const state = () => ({
  tensors: tf.memory().numTensors,
  bytes: tf.memory().numBytes,
  backend: tf.getBackend(),
  scopes: (tf.engine().state as unknown as { scopeStack: unknown[] }).scopeStack.length,
  variables: Object.values(tf.engine().state.registeredVariables).map((v) => [
    v.name,
    Array.from(v.dataSync()),
  ]),
});

describe('the symbolic batch', () => {
  test.each<[string, TracedFunction]>([
    ['2B + 1 rows', ({ x }) => ({ y: tf.concat([x!, tf.zeros([1, 3]), x!], 0) })],
    ['6B elements', ({ x }) => ({ y: tf.reshape(tf.concat([x!, x!], 1), [-1]) })],
    ['B - 1 rows', ({ x }) => ({ y: tf.slice(tf.concat([x!, x!], 0), [2, 0], [x!.shape[0]! - 1, 3]) })],
    ['ones of the batch size', ({ x }) => ({ y: tf.add(x!, tf.ones([x!.shape[0]!, 1])) })],
    ['the batch size as a number', ({ x }) => ({ y: tf.div(tf.sum(x!), x!.shape[0]!) })],
    ['three times the batch size', ({ x }) => ({ y: tf.mul(x!, 3 * x!.shape[0]! + 1) })],
    [
      'the mean over the batch and its gradient',
      ({ x }) => ({ y: tf.grad((x) => tf.mean(tf.square(x)))(x!) }),
    ],
    [
      'a constant for an output',
      ({ x }) => ({ x1: x!, y: tf.tensor1d([1, 2]), z: tf.zeros([x!.shape[0]!, 2]) }),
    ],
  ])('%s', async (_, fn) => {
    const differences = await exportDifference(fn, { x }, [2, 3, 17]);
    expect(Math.max(...Object.values(differences))).toBeLessThan(1e-6);
  });

  test('the batch may be any dimension of any input, and a size may equal a witness', async () => {
    const fn: TracedFunction = ({ a, b }) => ({ y: tf.matMul(a!, b!), z: tf.sum(b!, 0) });
    const differences = await exportDifference(fn, { a: floats([5, 'batch']), b: floats(['batch', 8]) });
    expect(Math.max(...Object.values(differences))).toBeLessThan(1e-5);
  });

  test('a fraction of the batch, rounded either way', async () => {
    const fn: TracedFunction = ({ x }) => ({
      half: tf.slice(x!, [0, 0], [Math.ceil(x!.shape[0]! / 2), 3]),
      third: tf.slice(x!, [Math.floor(x!.shape[0]! / 3), 0], [1, 3]),
    });
    const differences = await exportDifference(fn, { x }, [2, 3, 9, 16]);
    expect(Math.max(...Object.values(differences))).toBe(0);
  });

  test('a range over the batch, and a vector of its sizes', async () => {
    const fn: TracedFunction = ({ x }) => ({
      range: tf.range(2, 2 + 3 * x!.shape[0]!, 3, 'int32'),
      sizes: tf.tensor1d([...x!.shape, 7], 'int32'),
      share: tf.mul(x!, 1 / x!.shape[0]!),
    });
    const differences = await exportDifference(fn, { x }, [2, 3, 9]);
    expect(Math.max(...Object.values(differences))).toBeLessThan(1e-6);
  });

  test('a size that follows from no expression is refused with what it was', () => {
    const fn: TracedFunction = ({ x }) => ({
      y: tf.pad(x!, [
        [(x!.shape[0]! ** 2 % 7) + 1, 0],
        [0, 0],
      ]),
    });
    expect(() => exportFunction(fn, { x })).toThrow('A size in PadV2 came out as 3, 5, 2');
  });
});

describe('what a graph cannot hold is refused in one sentence', () => {
  const refused: [string, TracedFunction, string][] = [
    ['random noise', ({ x }) => ({ y: tf.add(x!, tf.randomNormal([3])) }), 'randomness or time inside a traced function'],
    ['noise of the batch size', ({ x }) => ({ y: tf.add(x!, tf.randomUniform(x!.shape)) }), 'randomness or time'],
    ['dropout', ({ x }) => ({ y: tf.dropout(x!, 0.5) }), 'randomness or time'],
    ['the time', ({ x }) => ({ y: tf.add(x!, performance.now()) }), 'randomness or time'],
    ['an array of the batch size', ({ x }) => ({ y: tf.tensor1d(Array.from({ length: x!.shape[0]! }, (_, i) => i * i)) }), 'made for one size'],
    ['another op at another size', ({ x }) => ({ y: x!.shape[0] === 3 ? tf.sin(x!) : tf.cos(x!) }), 'step 0 was Sin and Cos and Cos, at batch 3, 5, 8'],
    ['another operand at another size', ({ x }) => ({ y: tf.sub(tf.sin(x!), x!.shape[0] === 3 ? x! : tf.sin(x!)) }), 'took different paths'],
    ['another output at another size', ({ x }) => ({ [`y${x!.shape[0]}`]: x! }), 'took different paths: it led from x, to, y3'],
    ['reading values', ({ x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) }), 'reads the value of a tensor'],
    ['reading an array', ({ x }) => ({ y: tf.tensor(x!.arraySync()) }), 'reads the value of a tensor'],
    ['a kernel that cannot be recorded', ({ x }) => ({ y: tf.raggedRange(tf.sum(x!), 3, 1).rtDenseValues! }), 'The tfjs kernel RaggedRange, which tf.raggedRange runs, cannot be traced: it works on ragged tensors'],
    ['a complex number', ({ x }) => ({ y: tf.complex(x!, x!) }), 'A graph takes'],
    ['a promise', (async ({ x }: Record<string, tf.Tensor>) => ({ y: x! })) as unknown as TracedFunction, 'returns a promise'],
    ['no tensor', (() => ({ y: 3 })) as unknown as TracedFunction, 'has to return tensors by name, for example { y }, but y is none'],
    ['nothing', (() => undefined) as unknown as TracedFunction, 'has to return tensors by name'],
    ['an output named like an input', ({ x }) => ({ x: tf.neg(x!) }), 'are named x: rename one'],
    ['a variable that it makes', ({ x }) => ({ y: tf.add(x!, tf.variable(tf.scalar(1), true, 'made')) }), 'makes a variable (made)'],
    ['an input that it was not given', ({ z }) => ({ y: tf.neg(z!) }), 'It asked for the input z; its inputs are: x.'],
    ['tracing inside a trace', ({ x }) => ({ y: trace(({ x }) => ({ y: x! }), { x: floats([3]) }) && x! }), 'cannot itself trace'],
    ['an error of its own', () => { throw new Error('my own'); }, 'my own'],
  ]; // prettier-ignore

  test.each(refused)('%s', (_, fn, sentence) => {
    const before = state();
    expect(() => exportFunction(fn, { x })).toThrow(sentence);
    expect(state()).toEqual(before);
  });

  test.each([
    [{ x: { dtype: 'int64', shape: [1] } }, 'The input x is int64; expected float32, int32 or bool.'],
    [
      { x: { dtype: 'float32', shape: ['a b', 3] } },
      "The input x has shape [a b, 3]; expected whole numbers, or names such as 'batch'",
    ],
    [{ x: { dtype: 'float32', shape: [-1, 3] } }, 'The input x has shape [-1, 3]; expected whole numbers'],
  ])('input %j', (inputs, sentence) => {
    expect(() => exportFunction(({ x }) => ({ y: x! }), inputs as never)).toThrow(sentence);
  });
});

describe('variables', () => {
  let v: tf.Variable;
  let w: tf.Variable;
  beforeEach(() => {
    v = tf.variable(tf.tensor1d([1, 2, 3]), true, 'v');
    w = tf.variable(tf.tensor1d([4, 5, 6]), true, 'w');
  });
  afterEach(() => tf.dispose([v, w]));

  test('tfjs is afterwards as it was: tensors, variables, backend', () => {
    const before = state();
    exportFunction(({ x }) => ({ y: tf.grad((x) => tf.sum(tf.mul(v, tf.square(x))))(x!) }), { x });
    expect(state()).toEqual(before);
    const step: TracedFunction = ({ x }) => {
      const next = tf.add(v, tf.sum(x!, 0));
      w.assign(v as unknown as tf.Tensor1D);
      v.assign(next as tf.Tensor1D);
      v.assign(tf.mul(v, 2));
      return { y: tf.add(w, v) };
    };
    const { variables, graph } = trace(step, { x }, { variables: 'state' });
    expect(state()).toEqual(before);
    expect(variables.map(({ input, output }) => [input, output])).toEqual([
      ['v', 'v:next'],
      ['w', 'w:next'],
    ]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'v', 'w']);
    // The data is still there: nothing let go of it.
    expect([...tf.add(v, w).dataSync()]).toEqual([5, 7, 9]);
  });

  test('a variable assigned from a tensor of outside is put back, and neither loses its data', () => {
    const outside = tf.tensor1d([7, 8, 9]);
    const before = state();
    trace(
      ({ x }) => {
        const y = tf.add(x!, outside);
        v.assign(outside);
        return { y };
      },
      { x },
      { variables: 'state' },
    );
    expect(state()).toEqual(before);
    expect([...outside.dataSync()]).toEqual([7, 8, 9]);
    expect([...v.dataSync()]).toEqual([1, 2, 3]);
    outside.dispose();
  });

  test('assigning in an exported function is refused, and undone', () => {
    const before = state();
    const fn: TracedFunction = ({ x }) => {
      v.assign(tf.mul(v, 2));
      return { y: tf.mul(x!, v) };
    };
    expect(() => exportFunction(fn, { x })).toThrow(
      'The function assigns the variable v, but an exported graph keeps no state: return the new value',
    );
    expect(state()).toEqual(before);
  });

  test('only variables that matter are inputs of the state', () => {
    const { graph, variables } = trace(({ x }) => ({ y: tf.mul(x!, v) }), { x }, { variables: 'state' });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'v']);
    expect(variables).toHaveLength(1);
    expect(variables[0]!.output).toBeUndefined();
  });

  test('a variable named like an input is refused', () => {
    const x0 = tf.variable(tf.scalar(1), true, 'x');
    expect(() => trace(({ x }) => ({ y: tf.mul(x!, x0) }), { x }, { variables: 'state' })).toThrow('named x');
    x0.dispose();
  });

  test('constants are copied once for all traces, and what is changed later does not reach the graph', () => {
    const { graph } = trace(({ x }) => ({ y: tf.mul(x!, v) }), { x });
    const constant = graph.nodes[0]!.inputs[1]!;
    expect(constant.name).toBe('v');
    (v.dataSync() as Float32Array)[0] = 100;
    expect([...(constant.data as Float32Array)]).toEqual([1, 2, 3]);
  });
});

test('the backend stays as it was chosen, also where tfjs has not chosen one yet', async () => {
  const engine = tf.engine() as unknown as { backendName?: string; backendInstance?: unknown };
  const { backendName, backendInstance } = engine;
  delete engine.backendName;
  delete engine.backendInstance;
  exportFunction(({ x }) => ({ y: tf.neg(x!) }), { x });
  expect(tf.getBackend()).toBe('cpu');
  Object.assign(engine, { backendName, backendInstance });
});
