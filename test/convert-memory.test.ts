import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placeholder, port, writeGraphModel, type GraphModelFiles } from './support/tfjs-graph-model.js';

const script = fileURLToPath(new URL('support/convert-large.mjs', import.meta.url));
const MIB = 2 ** 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-convert-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Layers of `width` by `width`, each of its own numbers. */
async function write(name: string, layers: number, width: number): Promise<string> {
  const names = Array.from({ length: layers }, (_, i) => `w${i}`);
  const files: GraphModelFiles = {
    model: {
      format: 'graph-model',
      modelTopology: {
        node: [
          placeholder('x', '-1', String(width)),
          ...names.map((name) => ({ name, op: 'Const' })),
          ...names.map((name, i) => ({
            name: `y${i}`,
            op: 'MatMul',
            input: [i === 0 ? 'x' : `y${i - 1}`, name],
          })),
        ],
      },
      signature: {
        inputs: { x: port('x:0', -1, width) },
        outputs: { y: port(`y${layers - 1}:0`, -1, width) },
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: names.map((name) => ({ name, shape: [width, width], dtype: 'float32' })),
        },
      ],
    },
    files: {},
  };
  const path = await writeGraphModel(join(folder, name), files);
  // Numbers here and there, so that no two matrices are the same: the rest of the file takes no room on the disk.
  const file = await open(join(dirname(path), 'weights.bin'), 'w');
  await file.truncate(4 * layers * width ** 2);
  for (let i = 0; i < layers; i++) await file.write(Float32Array.of(i + 1), 0, 4, 4 * i * width ** 2);
  await file.close();
  return path;
}

test('1 GiB of weights takes at most 1.3 times that beside the model', async () => {
  const [small, large] = [await write('small', 2, 8), await write('large', 16, 4096)];
  const out = join(folder, 'model.onnx');
  const { stdout } = await promisify(execFile)(process.execPath, [script, small, large, out]);
  const [before, after] = JSON.parse(stdout) as [number, number];
  expect((await stat(join(folder, 'model.onnx.data'))).size).toBe(1024 * MIB);
  expect((await stat(out)).size).toBeLessThan(MIB);
  console.log(`MiB: ${Math.round(before)} before, ${Math.round(after)} at most`);
  // The model is in memory once itself.
  expect(after - before).toBeLessThan(2.3 * 1024);
});
