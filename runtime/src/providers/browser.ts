import type { InferenceSession } from 'onnxruntime-common';
import { Lock } from './lock.js';
import { lockedSession } from './locked-session.js';
import {
  checkThreads,
  type CreateSession,
  firstLine,
  type ProviderName,
  ProviderUnavailableError,
} from './provider.js';

/** Two runs at once on one session hang the page and two sessions at once corrupt memory: one lock for all of them. */
const lock = new Lock();

/**
 * Makes a session in a browser. `'auto'` is webgpu where the browser gives an adapter that is a GPU, else wasm: a GPU
 * emulated in software is far slower. wasm takes more than one thread only where the page is cross-origin isolated
 * (COOP `same-origin` and COEP `require-corp`).
 *
 * @throws ProviderUnavailableError if webgpu was asked for and there is no adapter, or if the name is a provider of
 *   Node; ONNX Runtime's own error if the model does not load.
 */
export const createSession: CreateSession = async (model, options = {}) => {
  const { provider = 'auto', threads, sessionOptions } = options;
  checkThreads(threads);
  const gpu = provider === 'wasm' ? NOT_ASKED : await probeGpu();
  const available: ProviderName[] = gpu.kind === 'none' ? ['wasm'] : ['webgpu', 'wasm'];
  if (provider !== 'auto' && !available.includes(provider)) {
    throw new ProviderUnavailableError(provider, available, provider === 'webgpu' ? gpu.reason : undefined);
  }
  const fastest = gpu.kind === 'hardware' ? 'webgpu' : 'wasm';
  const name = provider === 'auto' ? fastest : (provider as 'webgpu' | 'wasm');
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
  const session = await lock.run(() =>
    typeof model === 'string'
      ? ort.InferenceSession.create(model, createOptions)
      : ort.InferenceSession.create(model, createOptions),
  );
  const why = provider !== 'auto' ? 'asked for' : gpu.reason;
  const single =
    name === 'wasm' && !globalThis.crossOriginIsolated
      ? '; one thread, as the page is not cross-origin isolated'
      : '';
  return {
    session: lockedSession(session, lock, device),
    ...(device && { gpu: device }),
    provider: { name, reason: why + single },
    Tensor: ort.Tensor,
    fillsFetches: false,
  };
};

interface WebGpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

/** What stands behind WebGPU here. */
interface Probed {
  readonly kind: 'hardware' | 'software' | 'none';
  readonly reason: string;
}

const NOT_ASKED: Probed = { kind: 'none', reason: 'not asked for' };

/** ONNX Runtime only logs when it falls back, so the adapter is asked for here. */
async function probeGpu(): Promise<Probed> {
  const webGpu = (globalThis.navigator as { gpu?: WebGpu } | undefined)?.gpu;
  if (!webGpu) return { kind: 'none', reason: 'the browser has no WebGPU' };
  try {
    const adapter = await webGpu.requestAdapter();
    if (!adapter) return { kind: 'none', reason: 'the browser gives no WebGPU adapter' };
    return adapter.info?.isFallbackAdapter
      ? { kind: 'software', reason: "the browser's WebGPU adapter is emulated in software" }
      : { kind: 'hardware', reason: 'the browser gives a WebGPU adapter' };
  } catch (error) {
    return { kind: 'none', reason: `the browser gives no WebGPU adapter: ${firstLine(error)}` };
  }
}
