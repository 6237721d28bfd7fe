import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import type { Graph, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { writeOnnx } from '../onnx/write.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { distance, randomNumbers } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { fuseOperators, optimise } from './optimise.js';

const BATCHES = [3, 5, 8];
/** As measured at each batch. */
const witnessed = (shape: (batch: number) => number[]) => BATCHES.map(shape);

/** A graph of about `length` ops of every kind that the passes move, merge, fold or remove. */
function randomGraph(seed: number, length = 15): Graph {
  const random = randomNumbers(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const inputs = [
    graphInput('a', witnessed((b) => [b, 4, 2, 3])),
    graphInput('b', witnessed((b) => [b, 2, 3, 4])),
    graphInput('c', [[4], [4], [4]]),
  ];
  const values: Value[] = [...inputs];
  const c = (shape: number[], value: () => number) =>
    g.constant('float32', shape, Array.from({ length: shape.reduce((p, d) => p * d, 1) }, value), BATCHES.length);
  const shuffled = (n: number) => {
    const list = [...Array(n).keys()];
    for (let i = n - 1; i > 0; i--) {
      const k = below(i + 1);
      [list[i], list[k]] = [list[k]!, list[i]!];
    }
    return list;
  };
  const fits = (a: Value, b: Value) => {
    try {
      a.shapes.forEach((s, w) => g.expand(a, [s]) && g.add(graphInput('', [...s]), graphInput('', [...b.shapes[w]!])));
      return true;
    } catch {
      return false;
    }
  };
  const makers: ((x: Value) => Value | undefined)[] = [
    (x) => g.unary(pick(['Neg', 'Tanh', 'Sigmoid', 'Relu']), x),
    (x) => {
      const number = g.scalar(pick([0, 1, 2, -0.5]), x);
      return g[pick(['add', 'sub', 'mul'] as const)](...(below(2) ? ([x, number] as const) : ([number, x] as const)));
    },
    (x) => {
      const other = pick(values.filter((v) => fits(x, v)));
      return g[pick(['add', 'sub', 'mul'] as const)](...(below(2) ? ([x, other] as const) : ([other, x] as const)));
    },
    (x) => g.transpose(x, shuffled(x.rank)),
    (x) => g.transpose(x, shuffled(x.rank)),
    (x) => {
      const axes = shuffled(x.rank).slice(0, 1 + below(2));
      return x.rank < 2 ? undefined : g.reduce(pick(['ReduceSum', 'ReduceMean', 'ReduceMax']), x, axes, below(3) > 0);
    },
    (x) => g.reshape(x, x.shapes.map((s) => [...s, 1])),
    (x) => {
      // Joins two neighbouring axes, or splits an even one.
      const axis = below(x.rank);
      const even = x.shapes.every((s) => s[axis]! % 2 === 0 && s[axis] === x.shape[axis]);
      if (even) return g.reshape(x, x.shapes.map((s) => [...s.slice(0, axis), 2, s[axis]! / 2, ...s.slice(axis + 1)]));
      return axis + 1 < x.rank
        ? g.reshape(x, x.shapes.map((s) => [...s.slice(0, axis), s[axis]! * s[axis + 1]!, ...s.slice(axis + 2)]))
        : undefined;
    },
    (x) => {
      const axis = below(x.rank);
      return g.concat([x, g.unary('Neg', x)], axis);
    },
    (x) => {
      const axis = below(x.rank);
      if (x.shapes.some((s) => s[axis]! < 2)) return undefined;
      const step = pick([1, 1, 2]);
      return g.slice(
        x,
        x.shapes.map((s) => s.map((_, i) => (i === axis ? 1 : 0))),
        x.shapes,
        x.shape.map((_, i) => (i === axis ? (x.shapes.every((s) => s[axis] === x.shape[axis]) ? step : 1) : 1)),
      );
    },
    (x) => {
      const before = x.shape.map((_, i) => (i === 0 ? 0 : below(2)));
      return g.pad(x, x.shapes.map((s) => [...before, ...s.map(() => 0)]));
    },
    (x) => g.tile(x, x.shapes.map((s) => s.map((_, i) => (i === s.length - 1 ? 2 : 1)))),
    (x) => {
      const axis = below(x.rank);
      if (x.shapes.some((s) => s[axis] !== x.shape[axis] || s[axis]! < 2)) return undefined;
      const size = x.shape[axis]!;
      const parts = g.split(x, x.shapes.map(() => [1, size - 1]), axis);
      return g.add(parts[0]!, parts[1]!);
    },
    (x) => g.add(x, g.expand(c([], random), x.shapes)),
    (x) => g.mul(x, g.transpose(c([1, ...Array<number>(Math.max(0, x.rank - 1)).fill(1)], random), shuffled(Math.max(1, x.rank)))),
    (x) => g.where(g.compare('Greater', x, g.scalar(0, x)), x, g.mul(x, g.scalar(0.1, x))),
    (x) => g.cast(g.cast(g.unary('Round', x), 'int32'), 'float32'),
  ];
  for (let made = 0; made < length; ) {
    const x = values[Math.max(0, values.length - 1 - below(5))]!;
    const y = x.rank > 0 && x.rank < 7 ? pick(makers)(x) : undefined;
    if (!y || y.shapes.some((s) => s.reduce((p, d) => p * d, 1) > 20000)) {
      if (x.rank === 0 || x.rank >= 7) values.push(inputs[below(2)]!);
      continue;
    }
    values.push(y);
    made++;
  }
  const outputs = Object.fromEntries(values.slice(-3).map((value, i) => [`y${i}`, value]));
  return { ...graphOf(inputs, outputs), symbols: { batch: BATCHES } };
} // prettier-ignore

async function run(graph: Graph, batch: number, seed: number): Promise<Float32Array[]> {
  const random = randomNumbers(seed);
  const { session } = await createSession(writeOnnx(graph).model, {
    provider: 'cpu',
    // ONNX Runtime's own passes stay out of it.
    sessionOptions: { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 },
  });
  const feeds = Object.fromEntries(
    graph.inputs.map((value) => {
      const dims = value.shape.map((d) => (Number.isNaN(d) ? batch : d));
      const size = dims.reduce((p, d) => p * d, 1);
      return [
        value.name!,
        new Tensor(
          'float32',
          Float32Array.from({ length: size }, () => 2 * random() - 1),
          dims,
        ),
      ];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  return graph.outputs.map(({ name }) => results[name]!.data as Float32Array);
}

const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1000);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60);
test.each(Array.from({ length: RUNS }, (_, i) => FIRST_SEED + i))(
  'optimise changes no numbers (seed %i)',
  async (seed) => {
    const graph = randomGraph(seed);
    const optimised = optimise(graph);
    const fused = fuseOperators(optimised, 21);
    for (const batch of [1, 4]) {
      const [before, after] = [await run(graph, batch, seed), await run(fused, batch, seed)];
      before.forEach((values, i) =>
        expect(distance(values, after[i]!), `seed ${seed}, y${i}\n${print(graph).join('\n')}`).toBeLessThan(
          1e-5,
        ),
      );
    }
    // And it comes to rest: another go finds nothing to do.
    expect(print(optimise(optimised)), `seed ${seed}`).toEqual(print(optimised));
    expect(print(fuseOperators(fused, 21)), `seed ${seed}`).toEqual(print(fused));
  },
);
