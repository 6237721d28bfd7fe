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
 * Makes a session in a browser. `'auto'` is webgpu where the browser gives an adapter, else wasm. wasm takes more than
 * one thread only where the page is cross-origin isolated (COOP `same-origin` and COEP `require-corp`).
 *
 * @throws ProviderUnavailableError if webgpu was asked for and there is no adapter, or if the name is a provider of
 *   Node; ONNX Runtime's own error if the model does not load.
 */
export const createSession: CreateSession = async (model, options = {}) => {
  const { provider = 'auto', threads, sessionOptions } = options;
  checkThreads(threads);
  const noAdapter = provider === 'wasm' ? undefined : await whyNoAdapter();
  const available: ProviderName[] = noAdapter ? ['wasm'] : ['webgpu', 'wasm'];
  if (provider !== 'auto' && !available.includes(provider)) {
    throw new ProviderUnavailableError(provider, available, provider === 'webgpu' ? noAdapter : undefined);
  }
  const name = provider === 'auto' ? available[0]! : (provider as 'webgpu' | 'wasm');
  const ort = await (name === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'));
  // ONNX Runtime reads this once, when the first session starts the wasm module.
  if (!globalThis.crossOriginIsolated) ort.env.wasm.numThreads = 1;
  else if (threads !== undefined) ort.env.wasm.numThreads = threads;
  const createOptions: InferenceSession.SessionOptions = { ...sessionOptions, executionProviders: [name] };
  const session = await lock.run(() =>
    typeof model === 'string'
      ? ort.InferenceSession.create(model, createOptions)
      : ort.InferenceSession.create(model, createOptions),
  );
  const why = provider !== 'auto' ? 'asked for' : (noAdapter ?? 'the browser gives a WebGPU adapter');
  const single =
    name === 'wasm' && !globalThis.crossOriginIsolated
      ? '; one thread, as the page is not cross-origin isolated'
      : '';
  return {
    session: lockedSession(session, lock),
    provider: { name, reason: why + single },
    Tensor: ort.Tensor,
    fillsFetches: false,
  };
};

interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** ONNX Runtime only logs when it falls back, so the adapter is asked for here. */
async function whyNoAdapter(): Promise<string | undefined> {
  const gpu = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
  if (!gpu) return 'the browser has no WebGPU';
  try {
    return (await gpu.requestAdapter()) ? undefined : 'the browser gives no WebGPU adapter';
  } catch (error) {
    return `the browser gives no WebGPU adapter: ${firstLine(error)}`;
  }
}
