import { describe, expect, test } from 'vitest';
import type { Graph, Value } from '../graph/graph.js';
import { groupVariance } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { randomNumbers, SEED } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { combineChannelAffine } from './channel-affine.js';
import { optimise } from './optimise.js';

const SHAPE = [2, 4, 3, 5];
const x = graphInput('x', SHAPE);
const z = graphInput('z', SHAPE);
const a = graphInput('a', [2, 4, 1, 1]);
const b = graphInput('b', [1, 4, 1, 1]);
const sums = (v: Value) => g.reduce('ReduceSum', v, [2, 3], true);
const inputs = [x, z, a, b];
const large = ({ nodes }: Graph) => nodes.filter(({ output }) => output.shape.join() === SHAPE.join());

describe('an image that others times a number a channel make', () => {
  test('is computed in one go, where it is needed', async () => {
    const y = g.div(g.sub(g.mul(g.add(x, a), b), g.unary('Neg', a)), a);
    const graph = graphOf(inputs, { y: g.unary('Tanh', y) });
    const combined = combineChannelAffine(graph);
    expect(large(combined).map(({ op }) => op)).toEqual(['ChannelAffine', 'Tanh']);
    expect(await graphDifference(graph, combined), `seed ${SEED}`).toBeLessThan(1e-4);
  });

  test('of two images, and of one that comes twice', async () => {
    const graph = graphOf(inputs, {
      two: g.unary('Tanh', g.add(g.mul(x, a), g.sub(g.mul(z, b), a))),
      twice: g.unary('Tanh', g.sub(g.mul(x, a), g.mul(g.add(x, b), b))),
    });
    const combined = combineChannelAffine(graph);
    expect(large(combined).map(({ op }) => op)).toEqual(['ChannelAffine', 'Tanh', 'ChannelAffine', 'Tanh']);
    expect(await graphDifference(graph, combined), `seed ${SEED}`).toBeLessThan(1e-5);
  });

  test('is not computed at all for its sums, nor for those of its product with another', async () => {
    const y = g.add(g.mul(x, a), b);
    const graph = graphOf(inputs, {
      sum: sums(y),
      mean: g.reduce('ReduceMean', y, [0, 2, 3], false),
      all: g.reduce('ReduceSum', g.mul(g.sub(z, a), y), [0, 1, 2, 3], false),
      perSample: g.reduce('ReduceMean', g.mul(z, y), [1, 2, 3], true),
    });
    const combined = optimise(combineChannelAffine(graph));
    expect(large(combined).map((node) => print({ ...graphOf(inputs, { y: node.output }) })[0])).toEqual([
      '%1 = Mul(z, x) [2, 4, 3, 5]',
    ]);
    expect(await graphDifference(graph, combined), `seed ${SEED}`).toBeLessThan(1e-5);
  });

  test('a square is taken of the image itself, which cannot come out negative', () => {
    const y = g.sub(x, a);
    const graph = graphOf(inputs, { variance: g.reduce('ReduceMean', g.mul(y, y), [2, 3], true) });
    expect(large(combineChannelAffine(graph)).map(({ op }) => op)).toEqual(['ChannelAffine', 'Mul']);
  });

  test('is not computed for its variance: an offset goes along, and only a factor has to be multiplied in', async () => {
    const graph = graphOf(inputs, {
      offset: groupVariance(g.add(x, a), 2),
      factor: groupVariance(g.mul(x, a), 2),
    });
    const combined = combineChannelAffine(graph);
    expect(large(combined).map(({ op }) => op)).toEqual(['ChannelAffine']);
    expect(combined.outputs[0]!.value.producer!.inputs).toEqual([x, a]);
    expect(await graphDifference(graph, combined), `seed ${SEED}`).toBeLessThan(1e-5);
  });

  test('the sum of an image that had to be computed comes from what it was computed from', () => {
    const y = g.sub(x, a);
    const graph = graphOf(inputs, { square: g.mul(y, y), sum: sums(y) });
    const [sum] = combineChannelAffine(graph).nodes.filter(({ op }) => op === 'ReduceSum');
    expect(sum!.inputs).toEqual([x]);
  });
});

test('what is no number a channel, or would be spread over more samples, stays', () => {
  const row = graphInput('row', [1, 1, 3, 1]);
  const one = graphInput('one', [1, 4, 3, 5]);
  const graph = graphOf([...inputs, row, one], {
    y: g.mul(g.mul(x, row), z),
    spread: g.unary('Tanh', g.mul(one, a)),
    plain: g.add(x, z),
    reciprocal: g.div(a, x),
  });
  expect(print(combineChannelAffine(graph))).toEqual(print(graph));
});

/** Images made of one another, and sums over them, at random. */
function randomGraph(seed: number): Graph {
  const random = randomNumbers(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const images: Value[] = [x, z];
  const numbers: Value[] = [a, b, g.scalar(0.5, x)];
  for (let i = 0; i < 14; i++) {
    const [image, other, number] = [pick(images), pick(images), pick(numbers)];
    images.push(
      pick([
        () => g.mul(image, number),
        () => g.mul(number, image),
        () => g.add(image, number),
        () => g.sub(image, number),
        () => g.sub(number, image),
        () => g.add(image, other),
        () => g.sub(image, other),
        () => g.unary('Neg', image),
        () => g.mul(image, other),
        () => g.unary('Tanh', image),
      ])(),
    );
    const op = pick(['ReduceSum', 'ReduceMean']);
    if (random() < 0.4) numbers.push(g.unary('Tanh', g.reduce(op, g.mul(pick(images), pick(images)), [2, 3], true)));
    if (random() < 0.3) numbers.push(g.unary('Tanh', g.reduce(op, pick(images), pick([[2, 3], [0, 2, 3]]), true)));
  }
  const outputs = { y: g.unary('Tanh', images.at(-1)!), other: g.unary('Tanh', pick(images)), s: sums(pick(images)), n: numbers.at(-1)! };
  return graphOf(inputs, outputs);
} // prettier-ignore

test.each(Array.from({ length: 40 }, (_, i) => 500 + i))('changes no numbers (seed %i)', async (seed) => {
  const graph = randomGraph(seed);
  const combined = optimise(combineChannelAffine(optimise(graph)));
  expect(await graphDifference(graph, combined, seed), print(graph).join('\n')).toBeLessThan(2e-4);
});
