import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Graph } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { lower } from '../lower/lower.js';
import { portable } from '../lower/portable/index.js';
import { writeOnnx } from '../onnx/write.js';
import { distance, randomNumbers, SEED } from './parity.js';

/** Values on [-1, 1) for the float32 inputs of a graph, at its first witness. */
export function randomFeeds({ inputs }: Graph, seed = SEED): Record<string, Tensor> {
  const random = randomNumbers(seed);
  return Object.fromEntries(
    inputs.map(({ name, shapes: [shape] }) => [
      name!,
      new Tensor(
        'float32',
        Float32Array.from({ length: product(shape!) }, () => 2 * random() - 1),
        shape!,
      ),
    ]),
  );
}

/** The outputs of a lowered graph on ONNX Runtime's CPU provider, in order. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>> = randomFeeds(graph),
): Promise<Tensor[]> {
  const { session } = await createSession(writeOnnx(graph).model, { provider: 'cpu' });
  const results = await session.run(feeds);
  await session.release();
  return graph.outputs.map(({ name }) => results[name]!);
}

/** How far the outputs of two forms of a graph are apart: the largest `distance`. Shapes have to agree. */
export async function graphDifference(a: Graph, b: Graph, seed = SEED): Promise<number> {
  const feeds = randomFeeds(a, seed);
  const [expected, found] = [
    await runGraph(lower(a, portable), feeds),
    await runGraph(lower(b, portable), feeds),
  ];
  return Math.max(
    ...expected.map(({ dims, data }, i) =>
      dims.join() === found[i]!.dims.join()
        ? distance(data as Float32Array, found[i]!.data as Float32Array)
        : Infinity,
    ),
  );
}
