import { compile, exportFunction, type TracedFunction } from '@scorebridge/export';
import { createSession } from '@scorebridge/runtime';
import { registerCorrectedGradients } from '@scorebridge/training';
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

const cases = Object.entries({ ...kernelCases, ...opCases }).filter(
  ([, { corrected = 'right', untraced }]) => corrected === 'right' && untraced === undefined,
);

describe.each(programs)('the Hessian of %s', (program) => {
  test.each(cases)('%s', async (_, example) => {
    const { fn, feeds, inputs, names } = traced(example, program);
    const check = (results: Record<string, { data: unknown }>, where: string) => {
      const product = names.map((name) => results[name]!.data as Float32Array);
      expect(survey(example, program, product).second, `${where}, seed ${SURVEY_SEED}`).toBeLessThan(
        TOLERANCE.second,
      );
    };
    const { session } = await createSession(exportFunction(fn, inputs).model, { provider: 'cpu' });
    check(await session.run(feeds), 'exported');
    await session.release();
    const compiled = compile(fn, { provider: 'cpu' });
    check(await compiled.run(feeds), 'compiled');
    await compiled.dispose();
  });
});

test('the kernels that cannot be traced are refused', () => {
  for (const [name, example] of Object.entries(kernelCases)) {
    if (example.untraced === undefined) continue;
    const { fn, inputs } = traced(example, programs[1]);
    expect(() => exportFunction(fn, inputs), name).toThrow();
  }
  expect(tf.getBackend()).toBe('cpu');
});
