import { COMBINE, MOST_TERMS, SUM_WORDS, WORKGROUP } from './combine.wgsl.js';
import { DRAW_WORDS, NORMALS } from './normals.wgsl.js';
import type { NoiseKey } from '../noise/key.js';
import { USAGE } from './usage.js';

/** A coefficient, an array and the element of it to begin with. */
export interface GpuTerm {
  readonly coefficient: number;
  readonly buffer: GPUBuffer;
  readonly from?: number;
}

export interface SumOptions {
  /** The range that the sum is clamped to; none by default. */
  readonly clamp?: readonly [low: number, high: number] | undefined;
  /** What `worst` comes to where the sum is not finite, if it is not less already. */
  readonly tag?: number;
}

/** What a chain on the GPU does beside the network. Everything is done in the order of the calls. */
export interface Kernels {
  /** out[0 .. n) <- the sum of at most five terms beside `out`, which may be among them. */
  combine(out: GPUBuffer, n: number, terms: readonly GpuTerm[], options?: SumOptions): void;
  /** out <- the normals of `rows` samples of `size` numbers each, from the key's sample on. */
  normals(out: GPUBuffer, rows: number, size: number, key: Required<NoiseKey>): void;
}

const pipelines = new WeakMap<GPUDevice, { combine: GPUComputePipeline; normals: GPUComputePipeline }>();

/**
 * @param worst 4 bytes: the least tag of a sum that was not finite
 * @param make makes the buffers that the kernels need for themselves
 */
export function makeKernels(
  device: GPUDevice,
  worst: GPUBuffer,
  make: (bytes: number, usage: number) => GPUBuffer,
): Kernels {
  let found = pipelines.get(device);
  if (!found) {
    found = { combine: pipeline(device, COMBINE), normals: pipeline(device, NORMALS) };
    pipelines.set(device, found);
  }
  const { combine, normals } = found;
  const words = Math.max(SUM_WORDS, DRAW_WORDS);
  const uniform = make(4 * words, USAGE.UNIFORM | USAGE.COPY_DST);
  const none = make(4, USAGE.STORAGE);
  const integers = new Uint32Array(words);
  const floats = new Float32Array(integers.buffer);
  const dispatch = (kernel: GPUComputePipeline, buffers: readonly GPUBuffer[], threads: number) => {
    device.queue.writeBuffer(uniform, 0, integers);
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(kernel);
    pass.setBindGroup(0, device.createBindGroup({ layout: kernel.getBindGroupLayout(0), entries }));
    const most = device.limits.maxComputeWorkgroupsPerDimension;
    pass.dispatchWorkgroups(Math.min(Math.ceil(threads / WORKGROUP), most));
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return {
    combine(out, n, terms, { clamp: [low, high] = [-LARGEST, LARGEST], tag = 0xffffffff } = {}) {
      // One array cannot be both read and written: what is written to is a term of its own.
      const others = terms.filter(({ buffer }) => buffer !== out);
      if (others.length > MOST_TERMS) throw new Error(`A sum of more than ${MOST_TERMS} terms.`);
      const own = terms.filter(({ buffer }) => buffer === out);
      integers.set([n, tag]);
      floats.set([low, high, own.reduce((sum, { coefficient }) => sum + coefficient, 0)], 2);
      for (let k = 0; k < MOST_TERMS; k++) {
        floats[5 + k] = others[k]?.coefficient ?? 0;
        integers[10 + k] = others[k]?.from ?? 0;
      }
      const inputs = Array.from({ length: MOST_TERMS }, (_, k) => others[k]?.buffer ?? none);
      dispatch(combine, [uniform, worst, out, ...inputs], n);
    },
    normals(out, rows, size, { seed, sample, step, stream }) {
      integers.set([size, rows, sample, step, stream, seed >>> 0, Math.floor(seed / 2 ** 32), 0]);
      dispatch(normals, [uniform, out], rows * Math.ceil(size / 4));
    },
  };
}

const LARGEST = 3.4e38;

const pipeline = (device: GPUDevice, code: string): GPUComputePipeline =>
  device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
