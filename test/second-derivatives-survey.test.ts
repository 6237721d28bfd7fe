import { compile, exportFunction, type InputSpec, type TracedFunction } from '@scorebridge/export';
import { createSession } from '@scorebridge/runtime';
import {
  divergence,
  hutchinsonDivergence,
  hvp,
  jvp,
  registerCorrectedGradients,
  vjp,
} from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';
import {
  kernelCases,
  opCases,
  type SecondDerivativeCase,
} from '../training/src/testing/second-derivative-cases.js';
import {
  hessianVector,
  loss,
  point,
  programs,
  survey,
  surveyBackend,
  SURVEY_SEED,
  TOLERANCE,
} from '../training/src/testing/survey.js';
import {
  activations,
  direction,
  NET_SEED,
  netError,
  netProduct,
  weights,
} from '../training/src/testing/two-layer-net.js';
import { seededNumbers } from './support/random.js';

// The Hessian-vector products of every gradient that can be traced: compiled and exported, run on ONNX Runtime,
// against finite differences of the gradient on tfjs's cpu backend.

await surveyBackend();
registerCorrectedGradients();

/** The product as a function of named operands and directions, and its inputs. */
function traced(example: SecondDerivativeCase, program: (typeof programs)[number]) {
  const { x, v } = point(example);
  const shapes = example.operands.map(({ shape }) => shape);
  const fn: TracedFunction = (inputs) => {
    const of = (name: string) => shapes.map((_, i) => inputs[`${name}${i}`]!);
    const product = hessianVector(loss(program, example.f), of('v'))(...of('x'));
    return Object.fromEntries(product.map((p, i) => [`p${i}`, p]));
  };
  const feeds = Object.fromEntries(
    shapes.flatMap((shape, i) => [
      [`x${i}`, new Tensor('float32', x[i]!, [...shape])],
      [`v${i}`, new Tensor('float32', v[i]!, [...shape])],
    ]),
  );
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { dims }]) => [name, { dtype: 'float32' as const, shape: dims }]),
  );
  return { fn, feeds, inputs, names: shapes.map((_, i) => `p${i}`) };
}

/** What a function gives exported and what it gives compiled. */
async function bothWays(
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  feeds: Readonly<Record<string, Tensor>>,
) {
  const { session } = await createSession(exportFunction(fn, inputs).model, { provider: 'cpu' });
  const exported = await session.run(feeds);
  await session.release();
  const program = compile(fn, { provider: 'cpu' });
  const compiled = await program.run(feeds);
  await program.dispose();
  return { exported, compiled };
}

const cases = Object.entries({ ...kernelCases, ...opCases }).filter(
  ([, { corrected = 'right' }]) => corrected === 'right',
);

describe.each(programs)('the Hessian of %s', (program) => {
  test.each(cases)('%s', async (_, example) => {
    const { fn, feeds, inputs, names } = traced(example, program);
    for (const [way, results] of Object.entries(await bothWays(fn, inputs, feeds))) {
      const product = names.map((name) => results[name]!.data as Float32Array);
      const { second } = survey(example, program, product);
      expect(second, `${way}, seed ${SURVEY_SEED}`).toBeLessThan(TOLERANCE.second);
    }
  });
});

test.each(activations)('the Hessian of a two-layer %s net', async (...activation) => {
  const shape = [weights.length];
  const fn: TracedFunction = ({ w, v }) => ({ product: netProduct(activation)(w!, v!) });
  const feeds = { w: new Tensor('float32', weights, shape), v: new Tensor('float32', direction, shape) };
  const input = { dtype: 'float32', shape } as const;
  for (const [way, { product }] of Object.entries(await bothWays(fn, { w: input, v: input }, feeds)))
    expect(netError(product!.data as Float32Array, activation), `${way}, seed ${NET_SEED}`).toBeLessThan(
      1e-5,
    );
});

describe('the functions of a derivative, of a batch that is symbolic', () => {
  const layer = tf.tensor2d([[0.3, -0.7, 0.2], [0.8, 0.1, -0.4], [-0.5, 0.6, 0.9]]); // prettier-ignore
  const field = (x: tf.Tensor) => tf.tanh(tf.matMul(x as tf.Tensor2D, layer));
  const energies = (x: tf.Tensor) => tf.sum(tf.log(tf.add(1, tf.exp(field(x)))), 1);
  const again = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
    tf.grad((x) => tf.sum(tf.square(tf.add(0.3, f(x)))))(x);
  const functions: Record<string, (x: tf.Tensor, v: tf.Tensor) => tf.Tensor> = {
    vjp: (x, v) => vjp(field, x, v).pullback,
    jvp: (x, v) => jvp(field, x, v).tangent,
    hvp: (x, v) => hvp(energies, x, v),
    divergence: (x) => divergence(field, x),
    hutchinsonDivergence: (x, v) => hutchinsonDivergence(field, x, v),
    'hutchinsonDivergence of two slices': (x, v) =>
      hutchinsonDivergence(field, x, tf.stack([v, tf.mul(v, v)])),
    'hutchinsonDivergence of a max pool': (x, v) => {
      const f = (x: tf.Tensor) =>
        tf.tanh(
          tf.mul(
            x,
            tf.reshape(tf.maxPool(tf.reshape(x, [-1, 1, 3, 1]) as tf.Tensor4D, [1, 2], 1, 'same'), [-1, 3]),
          ),
        );
      return hutchinsonDivergence(f, x, v);
    },
  };
  test.each(Object.entries(functions))('%s, and its derivative', async (_, f) => {
    const fn: TracedFunction = ({ x, v }) => ({ y: f(x!, v!), dy: again((x) => f(x, v!))(x!) });
    const spec = { dtype: 'float32', shape: ['batch', 3] } as const;
    const random = seededNumbers(SURVEY_SEED);
    for (const batch of [1, 3, 17]) {
      const values = ['x', 'v'].map(
        (name) => [name, Float32Array.from({ length: 3 * batch }, () => 2 * random() - 1)] as const,
      );
      const feeds = Object.fromEntries(
        values.map(([name, a]) => [name, new Tensor('float32', a, [batch, 3])]),
      );
      const eager = fn(Object.fromEntries(values.map(([name, a]) => [name, tf.tensor2d(a, [batch, 3])])));
      for (const [way, results] of Object.entries(await bothWays(fn, { x: spec, v: spec }, feeds))) {
        for (const name of ['y', 'dy']) {
          const [found, expected] = [results[name]!.data as Float32Array, eager[name]!.dataSync()];
          const scale = Math.max(...expected.map(Math.abs));
          const error = Math.max(...expected.map((e, i) => Math.abs(e - found[i]!))) / scale;
          expect(error, `${name}, ${way}, batch ${batch}, seed ${SURVEY_SEED}`).toBeLessThan(1e-5);
        }
      }
    }
  });
});
