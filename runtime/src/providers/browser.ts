import type { InferenceSession } from 'onnxruntime-common';
import type { GpuTensorConstructor } from '../webgpu/chain-device.js';
import { usesHalf } from '../card/uses-half.js';
import { Lock } from './lock.js';
import { lockedSession } from './locked-session.js';
import {
  checkThreads,
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  type ProviderName,
  ProviderUnavailableError,
  type Session,
} from './provider.js';

/** Two runs at once on one session hang the page and two sessions at once corrupt memory: one lock for all of them. */
const lock = new Lock();

/**
 * Makes a session in a browser. `'auto'` is webgpu where the browser gives an adapter that is a GPU, and one that can
 * compute what the model is made of, else wasm: a GPU emulated in software is far slower. wasm takes more than one thread
 * only where the page is cross-origin isolated (COOP `same-origin` and COEP `require-corp`).
 *
 * @throws ProviderUnavailableError if webgpu was asked for and there is no adapter, or the model is of float16 and the
 *   adapter is not, or if the name is a provider of Node; ONNX Runtime's own error if the model does not load.
 */
export const createSession: CreateSession = async (model, options = {}) => {
  const { provider = 'auto' } = options;
  checkThreads(options.threads);
  const gpu = provider === 'wasm' ? NOT_ASKED : await probeGpu();
  const available: ProviderName[] = gpu.kind === 'none' ? ['wasm'] : ['webgpu', 'wasm'];
  if (provider !== 'auto' && !available.includes(provider)) {
    throw new ProviderUnavailableError(provider, available, provider === 'webgpu' ? gpu.reason : undefined);
  }
  const fastest = gpu.kind === 'hardware' ? 'webgpu' : 'wasm';
  const name = provider === 'auto' ? fastest : (provider as 'webgpu' | 'wasm');
  const reason = provider !== 'auto' ? 'asked for' : gpu.reason;
  try {
    return await create(model, options, name, reason);
  } catch (error) {
    // Weights of float16 that the graph itself makes float32 of are no hindrance, so ONNX Runtime is asked first.
    if (name === 'wasm' || gpu.hasHalf || typeof model === 'string' || !usesHalf(model)) throw error;
    const why = "the model's weights are float16, which this GPU does not have (shader-f16)";
    if (provider !== 'auto') throw new ProviderUnavailableError(name, ['wasm'], why);
    return create(model, options, 'wasm', why);
  }
};

async function create(
  model: Uint8Array | string,
  { threads, graphCapture, sessionOptions }: CreateSessionOptions,
  name: 'webgpu' | 'wasm',
  reason: string,
): Promise<Session> {
  const ort = await (name === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'));
  // ONNX Runtime reads this once, when the first session starts the wasm module.
  if (!globalThis.crossOriginIsolated) ort.env.wasm.numThreads = 1;
  else if (threads !== undefined) ort.env.wasm.numThreads = threads;
  const device = name === 'webgpu' ? await (await import('../webgpu/gpu.js')).sharedGpu() : undefined;
  const createOptions: InferenceSession.SessionOptions = {
    ...(device && { preferredOutputLocation: { prediction: 'gpu-buffer' } }),
    ...sessionOptions,
    executionProviders: [device ? { name: 'webgpu', device: device.device } : name],
  };
  const open = (more?: InferenceSession.SessionOptions) =>
    typeof model === 'string'
      ? ort.InferenceSession.create(model, { ...createOptions, ...more })
      : ort.InferenceSession.create(model, { ...createOptions, ...more });
  let session = await lock.run(() => open());
  if (device && graphCapture) {
    const { capturing } = await import('../webgpu/capture.js');
    const record = (freeDimensionOverrides: Readonly<Record<string, number>>) =>
      open({ enableGraphCapture: true, freeDimensionOverrides });
    session = capturing(session, record, ort.Tensor as GpuTensorConstructor, device);
  }
  const single =
    name === 'wasm' && !globalThis.crossOriginIsolated
      ? '; one thread, as the page is not cross-origin isolated'
      : '';
  return {
    session: lockedSession(session, lock, device),
    ...(device && { gpu: device }),
    provider: { name, reason: reason + single },
    Tensor: ort.Tensor,
    fillsFetches: false,
  };
}

interface WebGpu {
  requestAdapter(): Promise<{
    readonly info?: { readonly isFallbackAdapter?: boolean };
    readonly features: ReadonlySet<string>;
  } | null>;
}

/** What stands behind WebGPU here. */
interface Probed {
  readonly kind: 'hardware' | 'software' | 'none';
  readonly reason: string;
  /** Whether it computes in float16. */
  readonly hasHalf?: boolean;
}

const NOT_ASKED: Probed = { kind: 'none', reason: 'not asked for' };

/** ONNX Runtime only logs when it falls back, so the adapter is asked for here. */
async function probeGpu(): Promise<Probed> {
  const webGpu = (globalThis.navigator as { gpu?: WebGpu } | undefined)?.gpu;
  if (!webGpu) return { kind: 'none', reason: 'the browser has no WebGPU' };
  try {
    const adapter = await webGpu.requestAdapter();
    if (!adapter) return { kind: 'none', reason: 'the browser gives no WebGPU adapter' };
    const hasHalf = adapter.features.has('shader-f16');
    return adapter.info?.isFallbackAdapter
      ? { kind: 'software', reason: "the browser's WebGPU adapter is emulated in software", hasHalf }
      : { kind: 'hardware', reason: 'the browser gives a WebGPU adapter', hasHalf };
  } catch (error) {
    return { kind: 'none', reason: `the browser gives no WebGPU adapter: ${firstLine(error)}` };
  }
}
