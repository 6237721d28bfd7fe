import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { wrappedSession } from '../providers/wrapped-session.js';
import type { GpuTensorConstructor } from './chain-device.js';
import { gpuBuffers } from './gpu-buffers.js';
import type { Gpu } from './gpu.js';
import { readback } from './readback.js';
import { USAGE } from './usage.js';

/** A session of its own, with its weights, stands behind each shape: for others there is the plain one. */
const MOST_SHAPES = 4;

/** By how much a replay may differ from a plain run, of a number and 1 more. */
const TOLERANCE = 1e-4;

type Feeds = Readonly<Record<string, Tensor>>;

/** Runs of one shape that are recorded. */
interface Recorded {
  run(feeds: Feeds): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * A session whose runs on inputs in GPU buffers are recorded when they first come in a shape, and replayed from then on.
 * ONNX Runtime replays what it recorded on the buffers of then, whatever it is fed with later: inputs are copied into
 * buffers that stay, the prediction out of that of the recording. A recording is held to plain runs on two inputs before it
 * is used; where it gives anything else or fails, the shape is run as without it, and the console told.
 *
 * @param plain what runs everything else
 * @param open a session that records, its symbolic sizes as given
 */
export function capturing(
  plain: InferenceSession,
  open: (sizes: Readonly<Record<string, number>>) => Promise<InferenceSession>,
  Tensor: GpuTensorConstructor,
  gpu: Gpu,
): InferenceSession {
  const recordings = new Map<string, Recorded | undefined>();
  const recorded = async (feeds: Feeds): Promise<Recorded | undefined> => {
    const shape = JSON.stringify(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
    if (!recordings.has(shape) && recordings.size < MOST_SHAPES)
      recordings.set(shape, await record(plain, open, Tensor, gpu, feeds));
    return recordings.get(shape);
  };
  const run = async (...args: Parameters<InferenceSession['run']>) => {
    const feeds = args[0] as Feeds;
    const onGpu = Object.values(feeds).every(({ location }) => location === 'gpu-buffer');
    return (onGpu && (await (await recorded(feeds))?.run(feeds))) || plain.run(...args);
  };
  return wrappedSession(plain, run, async () => {
    for (const recording of recordings.values()) await recording?.release();
    recordings.clear();
    await plain.release();
  });
}

async function record(
  plain: InferenceSession,
  open: (sizes: Readonly<Record<string, number>>) => Promise<InferenceSession>,
  Tensor: GpuTensorConstructor,
  gpu: Gpu,
  feeds: Feeds,
): Promise<Recorded | undefined> {
  const { device } = gpu;
  const buffers = gpuBuffers(device);
  let session: InferenceSession | undefined;
  const release = async () => {
    await session?.release();
    buffers.destroy();
  };
  try {
    session = await open(sizesOf(plain, feeds));
    const replay = session;
    const own = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, dims }]) => {
        const buffer = buffers.make(bytesOf(dims), USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
        return [name, Tensor.fromGpuBuffer(buffer, { dataType: type as 'float32', dims })] as const;
      }),
    );
    const take = (given: Feeds) => {
      for (const [name, { gpuBuffer, dims }] of Object.entries(given))
        copy(device, gpuBuffer as GPUBuffer, own[name]!.gpuBuffer as GPUBuffer, bytesOf(dims));
    };
    const output = async (of: InferenceSession) => (await of.run(own, ['prediction'])).prediction!;
    /** Whether a replay gives what a plain run on the same buffers does. */
    const agrees = async () => {
      const [mine, theirs] = [await numbers(await output(replay)), await numbers(await output(plain))];
      return mine.every((a, i) => Object.is(a, theirs[i]) || Math.abs(a - theirs[i]!) <= TOLERANCE * (1 + Math.abs(a))); // prettier-ignore
    };
    const numbers = async (tensor: Tensor) => {
      const bytes = bytesOf(tensor.dims);
      const read = readback(gpu, buffers.make, tensor.gpuBuffer as GPUBuffer, bytes);
      const values = new Float32Array(await read());
      tensor.dispose();
      return values;
    };
    const { x } = own as { x: Tensor };
    const others = Float32Array.from({ length: bytesOf(x.dims) / 4 }, (_, i) => Math.sin(i));
    take(feeds);
    let right = await agrees();
    device.queue.writeBuffer(x.gpuBuffer as GPUBuffer, 0, others);
    right = (await agrees()) && right;
    take(feeds);
    if (!((await agrees()) && right)) throw new Error('it gives other predictions than the model');
    return {
      async run(given) {
        take(given);
        const found = await output(replay);
        const bytes = bytesOf(found.dims);
        // The caller reads it when the next run may have begun.
        const buffer = device.createBuffer({ size: 16 * Math.ceil(bytes / 16), usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST }); // prettier-ignore
        copy(device, found.gpuBuffer as GPUBuffer, buffer, bytes);
        const dims = found.dims;
        found.dispose();
        const dispose = () => buffer.destroy();
        return { prediction: Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims, dispose }) };
      },
      release,
    };
  } catch (error) {
    await release();
    gpu.check();
    const why = error instanceof Error ? error.message : String(error);
    console.warn(`scorebridge: the graph is not captured, and runs as without graphCapture: ${why}.`);
    return undefined;
  }
}

/** What the symbols of a session's inputs are in these feeds. */
function sizesOf({ inputMetadata }: InferenceSession, feeds: Feeds): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const input of inputMetadata)
    if (input.isTensor)
      input.shape.forEach((size, i) => {
        if (typeof size === 'string') sizes[size] = feeds[input.name]!.dims[i]!;
      });
  return sizes;
}

/** Of float32 and int32. */
const bytesOf = (dims: readonly number[]): number => 4 * dims.reduce((product, d) => product * d, 1);

function copy(device: GPUDevice, from: GPUBuffer, to: GPUBuffer, bytes: number): void {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  device.queue.submit([encoder.finish()]);
}
