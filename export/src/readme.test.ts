import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';

test('the example of the README runs, and fits its line', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const example = (await read('testing/readme-example.ts')).replace('../index.js', '@scorebridge/export');
  expect(await read('../README.md')).toContain('```ts\n' + example + '```\n');
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
