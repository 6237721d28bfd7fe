import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportFunction, saveOnnx, type ExportOptions } from '@scorebridge/export';
import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { drawInputs, SEED } from './nets/draw-inputs.js';
import type { Net } from './nets/net.js';
import { NETS } from './nets/nets.js';
import { pythonWith, whyNoPython } from './support/python.js';

beforeAll(() => tf.setBackend('cpu'));

/** How far a net's file is from tfjs at each of its sizes: the largest difference over the root mean square, by output. */
async function differences(net: Net, options?: ExportOptions): Promise<Record<string, number>> {
  const { session } = await createSession(exportFunction(net.fn, net.inputs, options).model, {
    provider: 'cpu',
  });
  const made: Record<string, number> = {};
  for (const sizes of net.sizes) {
    const { tensors, host } = drawInputs(net, sizes);
    const expected = tf.tidy(() => net.fn(tensors));
    const found = await session.run(host);
    for (const [name, y] of Object.entries(expected)) {
      const at = `${name} at ${JSON.stringify(sizes)}, seed ${SEED}`;
      expect(found[name]!.dims, at).toEqual(y.shape);
      const [a, b] = [(await y.data()) as Float32Array, found[name]!.data as Float32Array];
      const scale = Math.sqrt(a.reduce((sum, v) => sum + v * v, 0) / a.length);
      expect(a.length).toBeGreaterThan(0);
      expect(scale, at).toBeGreaterThan(1e-3);
      made[at] = a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0) / scale;
    }
    tf.dispose([tensors, expected]);
  }
  await session.release();
  return made;
}

test.each(Object.entries(NETS))('%s', async (_, make) => {
  const net = make();
  for (const [at, difference] of Object.entries(await differences(net)))
    expect(difference, at).toBeLessThan(1e-4);
  net.dispose();
});

test.each(Object.entries(NETS))('%s in half precision', async (_, make) => {
  const net = make();
  const found = await differences(net, { arithmetic: 'float16' });
  // Half precision rounds by up to 2^-11 of a number, a net in some ten layers, and these are the largest of many.
  for (const [at, difference] of Object.entries(found)) expect(difference, at).toBeLessThan(2 ** -7);
  expect(Math.max(...Object.values(found)), 'no half precision').toBeGreaterThan(1e-5);
  net.dispose();
});

test.skipIf(whyNoPython())("each network's file passes ONNX's own checker", async () => {
  const python = await pythonWith('onnx', 'import onnx.checker, onnxruntime', [
    'onnx>=1.17,<2',
    'onnxruntime>=1.20,<2',
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-nets-'));
  const files: string[] = [];
  for (const [name, make] of Object.entries(NETS)) {
    const { fn, inputs, dispose } = make();
    for (const arithmetic of ['float32', 'float16'] as const) {
      const path = join(folder, `${name}-${arithmetic}.onnx`);
      await saveOnnx(path, exportFunction(fn, inputs, { arithmetic }));
      files.push(path);
    }
    dispose();
  }
  await python([fileURLToPath(new URL('support/check-onnx.py', import.meta.url)), ...files], folder);
  await rm(folder, { recursive: true });
});
