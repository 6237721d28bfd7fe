import { exportSampler, type ExportSamplerOptions } from '@scorebridge/export';
import { ddim, ddpm, heun, loadModel, normals, sample, type Sampler } from '@scorebridge/runtime';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { pythonWith, whyNoPython } from './support/python.js';

const why = whyNoPython();
if (why !== undefined) console.warn(`TESTS OF SAMPLERS IN PYTHON SKIPPED: ${why}.`);

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const digits = path('../web-demo/public/models/mnist-labelled.onnx');

describe.skipIf(why !== undefined)('a whole sampler, in Python', () => {
  let folder: string;
  let python: Awaited<ReturnType<typeof pythonWith>>;
  let model: Uint8Array;
  beforeAll(async () => {
    const packages = ['onnx>=1.17,<2', 'onnxruntime>=1.20,<2'];
    python = await pythonWith('onnx', 'import onnx.checker, onnxruntime', packages);
    folder = await mkdtemp(join(tmpdir(), 'scorebridge-python-'));
    model = new Uint8Array(await readFile(digits));
  });
  const inFolder = (name: string) => join(folder, name);
  const write = async (name: string, sampler: Sampler, options: ExportSamplerOptions) =>
    writeFile(inFolder(name), (await exportSampler(model, sampler, options)).model);
  const floats = async (name: string) => {
    const { buffer, byteOffset, length } = await readFile(inFolder(name));
    return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
  };
  const furthest = (a: Float32Array, b: Float32Array) => {
    expect(a.length).toBe(b.length);
    return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  };

  test('the block of the README draws what the runtime draws from the same noise', async () => {
    const readme = await readFile(path('../export/README.md'), 'utf8');
    const [, block] = /```python\n(.*?)```/s.exec(readme)!;
    await write('sampler.onnx', ddim(), { steps: 50, guidance: 0.5 });
    await writeFile(inFolder('readme.py'), `${block}noise.tofile("noise")\nsamples.tofile("samples")\n`);
    await python(['readme.py'], folder);
    const initial = await floats('noise');
    const loaded = await loadModel(model, { provider: 'cpu' });
    const label = Array.from({ length: 10 }, (_, digit) => digit);
    const options = { sampler: ddim(), steps: 50, guidance: 0.5, count: 10, seed: 0, label, initial };
    const { samples } = await sample(loaded, options).result;
    await loaded.release();
    expect(furthest(await floats('samples'), samples)).toBeLessThan(1e-4);
  });

  test('noise of the steps is an input there as well', async () => {
    await write('ddpm.onnx', ddpm(), { steps: 6 });
    const [steps, seed, size] = [5, 3, 2 * 784];
    const draw = (step: number) => normals(new Float32Array(size), { seed, step });
    const all = new Float32Array((1 + steps) * size);
    for (let i = 0; i <= steps; i++) all.set(draw(i), i * size);
    await writeFile(inFolder('draws'), all);
    const script = `
import numpy as np, onnxruntime
draws = np.fromfile("draws", dtype=np.float32).reshape(6, 2, 28, 28, 1)
session = onnxruntime.InferenceSession("ddpm.onnx")
feeds = {"noise": draws[0], "step_noise": draws[1:], "label": np.array([4, 9], dtype=np.int32)}
session.run(["samples"], feeds)[0].tofile("drawn")
`;
    await python(['-c', script], folder);
    const loaded = await loadModel(model, { provider: 'cpu' });
    const options = { sampler: ddpm(), steps: 6, count: 2, seed, label: [4, 9], noise: draw };
    const { samples } = await sample(loaded, options).result;
    await loaded.release();
    expect(furthest(await floats('drawn'), samples), `seed ${seed}`).toBeLessThan(1e-4);
  });

  test("onnx's checker takes the files, their types and shapes included", async () => {
    const forms: Record<string, readonly [Sampler, ExportSamplerOptions]> = {
      ddpm: [ddpm(), { guidance: 0.5 }],
      heun: [heun(), {}],
      threshold: [ddim({ clip: { quantile: 0.9 } }), {}],
      inside: [ddpm(), { noise: 'inside', seed: 1 }],
    };
    const files: string[] = [];
    for (const unrolled of [false, true])
      for (const [name, [sampler, options]] of Object.entries(forms)) {
        const file = `${name}-${unrolled ? 'unrolled' : 'loop'}.onnx`;
        await write(file, sampler, { ...options, steps: 3, unrolled });
        files.push(file);
      }
    await python([path('support/check-onnx.py'), ...files], folder);
  });
});
