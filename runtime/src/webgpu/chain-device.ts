import type { InferenceSession, Tensor, TensorConstructor, TensorFactory } from 'onnxruntime-common';
import { STREAM } from '../noise/key.js';
import { conversion } from '../parametrisation/convert.js';
import type { ScoreSource } from '../model/score-model.js';
import type { ChainDevice, DeviceChain, DeviceChainOptions } from '../sampling/device-chain.js';
import { NotFiniteError, type Progression } from '../sampling/not-finite-error.js';
import { nextTurn } from '../sampling/next-turn.js';
import type { DeviceArray } from '../sampling/state.js';
import { gpuBuffers } from './gpu-buffers.js';
import type { Gpu } from './gpu.js';
import { type GpuTerm, makeKernels } from './kernels.js';
import { readback } from './readback.js';
import { USAGE } from './usage.js';

/** The Tensor class of an ONNX Runtime that knows GPU buffers. */
export type GpuTensorConstructor = TensorConstructor & Pick<TensorFactory, 'fromGpuBuffer'>;

/** An array on the GPU: `length` numbers from the beginning of a buffer. */
interface GpuArray extends DeviceArray {
  readonly buffer: GPUBuffer;
}

/**
 * Chains beside a session on WebGPU: x, predictions and noise stay in buffers of its device. What crosses in a step is the
 * level of each sample and some 64 bytes a sum on the way there, and 4 bytes on the way back, by which a chain waits for the
 * GPU to be at most a step behind, and learns of numbers that are not finite.
 *
 * @param Tensor the class of the ONNX Runtime that made the session
 */
export function chainDevice(
  session: InferenceSession,
  Tensor: GpuTensorConstructor,
  gpu: Gpu,
  model: Pick<ScoreSource, 'card' | 'remedy'>,
): ChainDevice {
  return {
    takes: ({ rescale }) => rescale === 0,
    open: (options) => openChain(session, Tensor, gpu, model, options),
  };
}

function openChain(
  session: InferenceSession,
  Tensor: GpuTensorConstructor,
  gpu: Gpu,
  { card, remedy }: Pick<ScoreSource, 'card' | 'remedy'>,
  options: DeviceChainOptions,
): DeviceChain {
  gpu.check();
  const { device } = gpu;
  const { batch, labels, guidance, seed, first, signal } = options;
  const n = options.x.length;
  const size = n / batch;
  const { w, interval } = guidance;
  const guided = labels !== undefined && w !== 0;
  const buffers = gpuBuffers(device);
  const make = (bytes: number, usage = 0) =>
    buffers.make(bytes, usage | USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
  try {
    const worst = make(4);
    device.queue.writeBuffer(worst, 0, Uint32Array.of(NONE));
    const kernels = makeKernels(device, worst, buffers.make);
    const array = (buffer = make(4 * n)): GpuArray => {
      const self: GpuArray = {
        buffer,
        length: n,
        slice() {
          const copy = array();
          copy.combine([[1, self]]);
          return copy;
        },
        combine(terms) {
          kernels.combine(
            buffer,
            n,
            terms.map(([coefficient, values]) => ({ coefficient, buffer: (values as GpuArray).buffer })),
          );
        },
      };
      return self;
    };
    const [x, estimated, drawn] = [array(), array(), array()];
    device.queue.writeBuffer(x.buffer, 0, options.x as Float32Array<ArrayBuffer>);

    /** What the network is fed with for a batch of its own size. */
    const feeds = (rows: number, from: GPUBuffer, label?: Int32Array) => {
      const level = make(4 * rows);
      const tensor = (gpuBuffer: GPUBuffer, dataType: 'float32' | 'int32', dims: number[]) =>
        Tensor.fromGpuBuffer(gpuBuffer, { dataType, dims });
      const given: Record<string, Tensor> = {
        x: tensor(from, 'float32', [rows, ...card.shape]),
        level: tensor(level, 'float32', [rows]),
      };
      if (label) {
        const buffer = make(4 * rows);
        device.queue.writeBuffer(buffer, 0, label as Int32Array<ArrayBuffer>);
        given.label = tensor(buffer, 'int32', [rows]);
      }
      return {
        at(value: number) {
          device.queue.writeBuffer(level, 0, new Float32Array(rows).fill(value));
          return given;
        },
      };
    };
    const plain = feeds(batch, x.buffer, labels);
    const twice = guided ? make(8 * n) : undefined;
    const both = twice && feeds(2 * batch, twice, withUnlabelled(labels!, card.classes!.unconditional!));

    let draws = options.draws;
    let calls = 0;
    const levels: number[] = [];
    const steps: Progression[] = [];
    const readWorst = readback(gpu, buffers.make, worst, 4);
    const readX = readback(gpu, buffers.make, x.buffer, 4 * n);
    let behind: Promise<void> | undefined;
    const checkFinite = async () => {
      const [tag] = new Uint32Array(await readWorst());
      if (tag! < levels.length) throw new NotFiniteError('prediction', levels[tag!]!, steps[tag!]!, remedy);
    };
    const settled = async () => {
      const last = behind;
      behind = undefined;
      await last;
    };
    return {
      card,
      x,
      clip(x0, clip) {
        const { buffer } = x0 as GpuArray;
        // Of samplers that come here it is true or false; see `levelOptions`.
        if (clip) kernels.combine(buffer, n, [{ coefficient: 1, buffer }], { clamp: card.valueRange });
        return x0;
      },
      async estimate(kind, level) {
        signal?.throwIfAborted();
        gpu.check();
        const at = level.level;
        const isGuided = both !== undefined && at >= interval[0] && at <= interval[1];
        if (isGuided) double(device, x.buffer, twice!, 4 * n);
        const found = await session.run((isGuided ? both : plain).at(at), ['prediction']);
        const prediction = found.prediction!;
        const buffer = prediction.gpuBuffer as GPUBuffer;
        const [onX, onY] = conversion(card.parametrisation, kind, level);
        const terms: GpuTerm[] = isGuided
          ? [
              { coefficient: onY * (1 + w), buffer },
              { coefficient: -onY * w, buffer, from: n },
            ]
          : [{ coefficient: onY, buffer }];
        levels.push(at);
        steps.push(options.progression());
        kernels.combine(estimated.buffer, n, [{ coefficient: onX, buffer: x.buffer }, ...terms], {
          tag: calls++,
        });
        prediction.dispose();
        // The GPU is at most a call behind, so that an abort does not wait for what was queued before it.
        await settled();
        behind = checkFinite();
        behind.catch(() => undefined);
        await nextTurn();
        signal?.throwIfAborted();
        return estimated;
      },
      normals() {
        const key = { seed, sample: first, step: draws++, stream: STREAM.sampler };
        kernels.normals(drawn.buffer, batch, size, key);
        return drawn;
      },
      async read(out) {
        await settled();
        await checkFinite();
        out.set(new Float32Array(await readX()));
      },
      close: () => buffers.destroy(),
    };
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

const NONE = 0xffffffff;

function withUnlabelled(labels: Int32Array, unlabelled: number): Int32Array {
  const both = new Int32Array(2 * labels.length).fill(unlabelled);
  both.set(labels);
  return both;
}

function double(device: GPUDevice, from: GPUBuffer, to: GPUBuffer, bytes: number): void {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  encoder.copyBufferToBuffer(from, 0, to, bytes, bytes);
  device.queue.submit([encoder.finish()]);
}
