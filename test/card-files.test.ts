import { saveOnnx } from '@scorebridge/export';
import { readCard } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FLOAT, message, node, value } from '../runtime/src/testing/onnx-file.js';
import { scorebridge } from './support/command.js';
import { segmentsBesideWeights } from './support/tiny-models.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-card-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a card of a model whose weights stand beside it: they stay as they are, and the model draws as before', async () => {
  await tf.setBackend('cpu');
  await saveOnnx(join(folder, 'model.onnx'), segmentsBesideWeights('model.onnx.data'));
  const weights = await readFile(join(folder, 'model.onnx.data'));
  const draw = async (model: string) => {
    const options = ['--count', '2', '--steps', '3', '--label', '7', '--npy', 'x.npy', '--out', 'x.png'];
    const { code, stderr } = await scorebridge(folder, ['sample', model, ...options]);
    expect(code, stderr).toBe(0);
    return readFile(join(folder, 'x.npy'));
  };
  const before = await draw('model.onnx');

  const here = await scorebridge(folder, ['card', 'model.onnx', '--set', 'figures.fid=3.5']);
  expect([here.code, here.stderr]).toEqual([0, '']);
  expect(readCard(await readFile(join(folder, 'model.onnx'))).figures).toEqual({ fid: 3.5 });
  expect(await readFile(join(folder, 'model.onnx.data'))).toEqual(weights);
  expect(await draw('model.onnx')).toEqual(before);

  await mkdir(join(folder, 'other'));
  const args = ['card', 'model.onnx', '--set', 'figures.fid=4', '--out', 'other/model.onnx'];
  const there = await scorebridge(folder, args);
  expect(there.code).toBe(0);
  expect(there.stderr).toBe('Its weights are in model.onnx.data: put a copy beside other/model.onnx.\n');
  expect(await readdir(join(folder, 'other'))).toEqual(['model.onnx']);
  await copyFile(join(folder, 'model.onnx.data'), join(folder, 'other/model.onnx.data'));
  expect(await draw('other/model.onnx')).toEqual(before);
});

const varint = (value: number): number[] =>
  value > 127 ? [(value % 128) | 128, ...varint(Math.floor(value / 128))] : [value];
const SIZE = 2 ** 31 + 2 ** 20;
const MARK = 2 ** 31 - 2;

/** Writes prediction = x + level with a weight of more than 2 GiB in the midst of the file, a hole that takes no room. */
async function writeHuge(path: string): Promise<void> {
  const shape = ['batch', 3];
  const graph = message(
    [1, node('Add', ['x', 'level'], ['prediction'])],
    [2, 'test'],
    [11, value('x', FLOAT, shape)],
    [11, value('level', FLOAT, ['batch', 1])],
    [12, value('prediction', FLOAT, shape)],
  );
  const rawData = [(9 << 3) | 2, ...varint(SIZE)];
  const tensor = [...message([1, SIZE / 4], [2, FLOAT], [8, 'huge']), ...rawData];
  const initializer = [(5 << 3) | 2, ...varint(tensor.length + SIZE), ...tensor];
  const head = [
    ...message([1, 8]),
    ...[(7 << 3) | 2, ...varint(graph.length + initializer.length + SIZE), ...graph, ...initializer],
  ];
  const tail = message([8, message([1, ''], [2, 17])], [14, message([1, 'last'], [2, 'kept'])]);
  const file = await open(path, 'w');
  await file.write(Uint8Array.from(head));
  await file.write(tail, 0, tail.length, head.length + SIZE);
  // What stands in the weight, where 32 bits of an offset end too.
  for (const at of [MARK, head.length + SIZE - 4]) await file.write(Uint8Array.of(1, 2, 3, 4), 0, 4, at);
  await file.close();
}

/** Bytes of a file, to its end by default. */
async function bytesOf(path: string, from: number, to?: number): Promise<Buffer> {
  const file = await open(path);
  const count = (to ?? (await file.stat()).size) - from;
  const { buffer } = await file.read(Buffer.alloc(count), 0, count, from);
  await file.close();
  return buffer;
}

const SETTINGS = ['process.kind=vp', 'process.schedule.name=linear', 'parametrisation=eps'];

test('a card of a file of more than 2 GiB: all else is copied, and an interruption leaves the file as it was', async () => {
  const path = join(folder, 'huge.onnx');
  await writeHuge(path);
  const { size } = await stat(path);
  const before = await bytesOf(path, size - 100);
  const args = ['card', 'huge.onnx', '--set', ...SETTINGS];

  let watching: NodeJS.Timeout | undefined;
  const interrupted = await scorebridge(folder, args, {
    onStart: (child) => {
      // Once it has begun to write.
      watching = setInterval(
        () =>
          void readdir(folder).then((names) => {
            if (names.length === 1) return;
            clearInterval(watching);
            child.kill('SIGINT');
          }),
        5,
      );
    },
  });
  clearInterval(watching);
  expect(interrupted.code).toBe(130);
  expect(await readdir(folder)).toEqual(['huge.onnx']);
  expect((await stat(path)).size).toBe(size);
  expect(await bytesOf(path, size - 100)).toEqual(before);

  const { code, stderr } = await scorebridge(folder, args);
  expect(code, stderr).toBe(0);
  expect(await readdir(folder)).toEqual(['huge.onnx']);
  const after = await bytesOf(path, size - 100);
  expect(after.subarray(0, 100)).toEqual(before);
  expect(after.toString('latin1', 100)).toContain('scorebridge.card');
  expect([...(await bytesOf(path, MARK - 2, MARK + 6))]).toEqual([0, 0, 1, 2, 3, 4, 0, 0]);
  const shown = await scorebridge(folder, ['card', 'huge.onnx', '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    card: { name: 'huge', shape: [3], process: { kind: 'vp', schedule: { name: 'linear', T: 1000 } } },
    inputs: [{ name: 'x' }, { name: 'level' }],
  });
});
