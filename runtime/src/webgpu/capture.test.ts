import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { afterEach, expect, test, vi } from 'vitest';
import { capturing } from './capture.js';
import type { GpuTensorConstructor } from './chain-device.js';
import type { Gpu } from './gpu.js';

/** A GPU's memory, as far as copies go. */
class Buffer {
  readonly numbers: Float32Array;
  destroyed = false;
  constructor(readonly size: number) {
    this.numbers = new Float32Array(size / 4);
    live.add(this);
  }
  mapAsync = () => Promise.resolve();
  getMappedRange = (from: number, bytes: number) => this.numbers.buffer.slice(from, bytes) as ArrayBuffer;
  unmap = () => undefined;
  destroy() {
    this.destroyed = true;
    live.delete(this);
  }
}
const live = new Set<Buffer>();

const device = {
  limits: { maxBufferSize: 1e6, maxStorageBufferBindingSize: 1e6 },
  createBuffer: ({ size }: { size: number }) => new Buffer(size),
  createCommandEncoder: () => ({
    copyBufferToBuffer: (from: Buffer, at: number, to: Buffer, start: number, bytes: number) =>
      to.numbers.set(from.numbers.subarray(at / 4, (at + bytes) / 4), start / 4),
    finish: () => undefined,
  }),
  queue: {
    submit: () => undefined,
    writeBuffer: (to: Buffer, at: number, data: Float32Array) => to.numbers.set(data, at / 4),
  },
};
const gpu = { device, lost: new Promise(() => undefined), check: () => undefined } as unknown as Gpu;

const onGpu = (buffer: Buffer, dims: readonly number[]) =>
  ({ location: 'gpu-buffer', type: 'float32', gpuBuffer: buffer, dims, dispose: () => undefined }) as unknown as Tensor; // prettier-ignore
const TensorClass = {
  fromGpuBuffer: (buffer: Buffer, { dims, dispose }: { dims: number[]; dispose?: () => void }) => ({
    ...onGpu(buffer, dims),
    ...(dispose && { dispose }),
  }),
} as unknown as GpuTensorConstructor;

type Feeds = Record<'x' | 'level', Tensor>;
const numbersOf = (tensor: Tensor) => (tensor.gpuBuffer as unknown as Buffer).numbers;

/** x divided by its level, put where `into` says; `from` is what it is fed with, or was. */
const network = (into: () => Buffer, from = (feeds: Feeds) => feeds): InferenceSession =>
  ({
    inputMetadata: [
      { name: 'x', isTensor: true, type: 'float32', shape: ['batch', 2] },
      { name: 'level', isTensor: true, type: 'float32', shape: ['batch'] },
    ],
    run: (feeds: Feeds) => {
      const { x, level } = from(feeds);
      const out = into();
      out.numbers.set(numbersOf(x).map((v, i) => v / numbersOf(level)[i >> 1]!));
      return Promise.resolve({ prediction: onGpu(out, x.dims) });
    },
    release: () => Promise.resolve(),
  }) as unknown as InferenceSession;

const fresh = () => new Buffer(64);

/** A recording: of the buffers of its first run, into one of its own. */
function recording(stale = false): InferenceSession {
  const out = fresh();
  let first: Feeds | undefined;
  const then = (feeds: Feeds): Feeds => {
    if (stale) first ??= { x: copyOf(feeds.x), level: copyOf(feeds.level) };
    return (first ??= feeds);
  };
  return network(() => out, then);
}
const copyOf = (tensor: Tensor) => {
  const buffer = fresh();
  buffer.numbers.set(numbersOf(tensor));
  return onGpu(buffer, tensor.dims);
};

const feeds = (x: readonly number[], level: readonly number[]): Feeds => {
  const [a, b] = [fresh(), fresh()];
  a.numbers.set(x);
  b.numbers.set(level);
  return { x: onGpu(a, [level.length, 2]), level: onGpu(b, [level.length]) };
};

afterEach(() => vi.restoreAllMocks());

test('replays on what it is fed with now, and hands out what a later run does not change', async () => {
  const open = vi.fn(async (_: Readonly<Record<string, number>>) => recording());
  const plain = network(fresh);
  const run = vi.spyOn(plain, 'run');
  const session = capturing(plain, open, TensorClass, gpu);
  const first = await session.run(feeds([1, 2, 3, 4], [1, 2]));
  const checks = run.mock.calls.length;
  const second = await session.run(feeds([5, 6, 7, 8], [2, 4]));
  expect(Array.from(numbersOf(first.prediction!).subarray(0, 4))).toEqual([1, 2, 1.5, 2]);
  expect(Array.from(numbersOf(second.prediction!).subarray(0, 4))).toEqual([2.5, 3, 1.75, 2]);
  expect(run.mock.calls.length).toBe(checks);
  expect(open.mock.calls).toEqual([[{ batch: 2 }]]);
});

test('a recording of its own inputs alone is not used, and the console told', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const session = capturing(network(fresh), async () => recording(true), TensorClass, gpu);
  await session.run(feeds([1, 2, 3, 4], [1, 2]));
  const { prediction } = await session.run(feeds([5, 6, 7, 8], [2, 4]));
  expect(Array.from(numbersOf(prediction!).subarray(0, 4))).toEqual([2.5, 3, 1.75, 2]);
  expect(warn.mock.calls).toEqual([
    ['scorebridge: the graph is not captured, and runs as without graphCapture: it gives other predictions than the model.'], // prettier-ignore
  ]);
});

test('a shape that cannot be recorded is run plainly, and so is what is not on the GPU and the fifth shape', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const open = vi.fn(async ({ batch }: Readonly<Record<string, number>>) => {
    if (batch === 1) throw new Error('no graph here');
    return recording();
  });
  const plain = network(fresh);
  const session = capturing(plain, open, TensorClass, gpu);
  for (let round = 0; round < 2; round++)
    for (let batch = 1; batch <= 5; batch++) {
      const level = new Array<number>(batch).fill(2);
      const { prediction } = await session.run(feeds(new Array<number>(2 * batch).fill(3), level));
      expect(numbersOf(prediction!)[2 * batch - 1], `batch ${batch}`).toBe(1.5);
    }
  expect(open.mock.calls.map(([{ batch }]) => batch)).toEqual([1, 2, 3, 4]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]![0]).toMatch(/: no graph here\.$/);
  const run = vi.spyOn(plain, 'run').mockResolvedValue({});
  const inMain = { ...feeds([1, 2], [1]), level: { location: 'cpu' } as Tensor };
  await session.run(inMain);
  expect(run).toHaveBeenCalledWith(inMain);
});

test('frees its buffers, and those of a recording that is not used', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const out = fresh();
  const given = feeds([1, 2], [1]);
  for (const stale of [false, true]) {
    live.clear();
    const release = vi.fn(() => Promise.resolve());
    const session = capturing(
      network(() => out),
      async () => ({ ...recording(stale), release }),
      TensorClass,
      gpu,
    );
    const { prediction } = await session.run(given);
    if (!stale) prediction!.dispose();
    await session.release();
    expect(release).toHaveBeenCalledTimes(1);
    // What the network behind the recording holds: its output and, of a stale one, its inputs.
    expect(live.size, String(stale)).toBe(stale ? 3 : 1);
  }
});
