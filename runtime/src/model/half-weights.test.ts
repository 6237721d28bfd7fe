import { expect, test } from 'vitest';
import { createSession } from '../providers/node.js';
import type { CreateSession, ProviderName } from '../providers/provider.js';
import { ddim } from '../samplers/ddim.js';
import { NotFiniteError } from '../sampling/not-finite-error.js';
import { sample } from '../sampling/sample.js';
import { HALF_NAN, HALF_ONE, halfModel } from '../testing/half-model.js';
import { tinyModel } from '../testing/tiny-model.js';
import { openModel } from './open-model.js';

/** A model on the cpu that says that it is on another provider. */
const open = (bytes: Uint8Array, name: ProviderName) => {
  const create: CreateSession = async (file, options) => ({
    ...(await createSession(file, { ...options, provider: 'cpu' })),
    provider: { name, reason: 'asked for' },
  });
  return openModel(create, { bytes, file: bytes }, {});
};
const run = { sampler: ddim(), steps: 3, count: 2, seed: 1 };
const OTHER = ", or this one with provider 'wasm' ('cpu' in Node)";

test.each<[ProviderName, other: string]>([
  ['webgpu', OTHER],
  ['cuda', OTHER],
  ['wasm', ''],
  ['cpu', ''],
])('what to do where a model of float16 is not finite on %s', async (provider, other) => {
  const model = await open(halfModel(HALF_NAN), provider);
  const error: unknown = await sample(model, run).result.catch((reason: unknown) => reason);
  await model.release();
  expect(error).toBeInstanceOf(NotFiniteError);
  expect(String(error)).toBe(
    `NotFiniteError: The model's prediction at level 5 is not finite, in step 1 of 3; its weights are float16, whose numbers end at 65,504: load the file in float32${other}.`,
  );
});

test('one that is finite draws the samples of the same model in float32', async () => {
  const draw = async (bytes: Uint8Array) => {
    const model = await open(bytes, 'cpu');
    const { samples } = await sample(model, run).result;
    await model.release();
    return [...samples];
  };
  expect(await draw(halfModel(HALF_ONE))).toEqual(await draw(tinyModel()));
});
