import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import * as tf from '@tensorflow/tfjs';
import { expect, test, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

async function expectInReadme(file: string): Promise<void> {
  const example = (await read(file)).replace('../index.js', '@scorebridge/export');
  expect(await read('../README.md')).toContain('```ts\n' + example + '```\n');
}

test('the example of the README runs, and fits its line', async () => {
  await expectInReadme('testing/readme-example.ts');
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  const home = process.cwd();
  try {
    process.chdir(folder);
    await import('./testing/readme-example.js');
    const { session } = await createSession('model.onnx', { provider: 'cpu' });
    const { y } = await session.run({ x: new Tensor('float32', [1, 0, 0, 1], [2, 2]) });
    await session.release();
    // y = 3 x_0 - x_1 goes through all three points.
    expect((y!.data as Float32Array)[0]).toBeCloseTo(3, 3);
    expect((y!.data as Float32Array)[1]).toBeCloseTo(-1, 3);
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});

test('the example of the eager backend runs, and finds its parabola', { tags: ['long'] }, async () => {
  await expectInReadme('testing/eager-example.ts');
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const before = tf.getBackend();
  try {
    await import('./testing/eager-example.js');
    expect(print.mock.calls[0]).toEqual(['cpu: asked for']);
    const [, slope, , bend] = print.mock.calls.at(-1)! as [string, number, string, number];
    expect(slope).toBeCloseTo(0, 2);
    expect(bend).toBeCloseTo(1, 2);
  } finally {
    print.mockRestore();
    tf.disposeVariables();
    await tf.setBackend(before);
    tf.removeBackend('onnxruntime');
  }
});
