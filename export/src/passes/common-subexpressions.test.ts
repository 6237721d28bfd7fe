import { expect, test } from 'vitest';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { print } from '../testing/print.js';
import { eliminateCommonSubexpressions } from './common-subexpressions.js';

test('what is written twice is computed once, equal small constants included', () => {
  const x = graphInput('x', [2, 3]);
  const once = () => g.unary('Exp', g.add(x, g.constant('float32', [3], [1, 2, 3])));
  const graph = graphOf([x], { y: g.mul(once(), once()) });
  expect(print(graph)).toEqual([
    '%1 = Add(x, float32[3]) [2, 3]',
    '%2 = Exp(%1) [2, 3]',
    '%3 = Add(x, float32[3]) [2, 3]',
    '%4 = Exp(%3) [2, 3]',
    '%5 = Mul(%2, %4) [2, 3]',
    'y: %5',
  ]);
  expect(print(eliminateCommonSubexpressions(graph))).toEqual([
    '%1 = Add(x, float32[3]) [2, 3]',
    '%2 = Exp(%1) [2, 3]',
    '%3 = Mul(%2, %2) [2, 3]',
    'y: %3',
  ]);
});

test('large constants are one where their array is', () => {
  const x = graphInput('x', [2, 100]);
  const [a, b] = [new Float32Array(100), new Float32Array(100)];
  const plus = (data: Float32Array) => g.add(x, g.constant('float32', [100], data));
  const graph = graphOf([x], { once: plus(a), again: plus(a), other: plus(b) });
  expect(eliminateCommonSubexpressions(graph).nodes).toHaveLength(2);
});

test('a weight that is read in two ways of the same shape is one, weights of other names are two', () => {
  const x = graphInput('x', [2, 100]);
  const data = new Float32Array(100);
  const plus = (name: string) => {
    const weight = g.constant('float32', [100], data);
    weight.name = name;
    return g.add(x, weight);
  };
  const graph = graphOf([x], { once: plus('a'), again: plus('a'), other: plus('b') });
  expect(eliminateCommonSubexpressions(graph).nodes).toHaveLength(2);
});

test.each([
  ['an attribute', (x: ReturnType<typeof graphInput>, i: number) => g.unary('LeakyRelu', x, { alpha: i })],
  ['an infinite attribute', (x, i) => g.pad(x, [[0, 0, 0, 1]], i ? Infinity : -Infinity)],
  ['a zero of another sign', (x, i) => g.div(x, g.constant('float32', [], [i ? 0 : -0]))],
  ['a size', (x, i) => g.tile(x, [[1 + i, 1]])],
  ['the order of the operands', (x, i) => (i ? g.sub(x, g.unary('Exp', x)) : g.sub(g.unary('Exp', x), x))],
  ['a constant', (x, i) => g.add(x, g.constant('float32', [], [i]))],
  ['the type of a size', (x, i) => g.emit('Size', [], { dtype: i ? 'int32' : 'float32', shapes: [[]] }, {}, { value: x.shapes })],
  [
    'the number of outputs',
    (x, i) => g.emitMany('MaxPool', [x], i ? [x, { dtype: 'int64', shapes: x.shapes }] : [x], { kernel_shape: [1, 1] }).at(-1)!,
  ],
] as [string, (x: ReturnType<typeof graphInput>, i: number) => ReturnType<typeof graphInput>][])(
  'nodes that differ in %s stay apart',
  (_, make) => {
    const x = graphInput('x', [2, 3]);
    const graph = graphOf([x], { a: make(x, 0), b: make(x, 1) });
    const { outputs } = eliminateCommonSubexpressions(graph);
    expect(outputs[0]!.value).not.toBe(outputs[1]!.value);
    expect(outputs[0]!.value.producer).not.toBe(outputs[1]!.value.producer);
  },
); // prettier-ignore
