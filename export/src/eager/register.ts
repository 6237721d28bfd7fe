import type { Provider, ProviderName } from '@scorebridge/runtime';
import { engine, registerBackend } from '@tensorflow/tfjs-core';
import { findProvider } from '../compile/find-provider.js';
import { portable } from '../lower/portable/index.js';
import { webgpu } from '../lower/webgpu/index.js';
import { registerRules } from '../trace/recording-backend.js';
import { OnnxRuntimeBackend } from './backend.js';
import { registerHostKernels } from './on-host.js';
import { Programs } from './programs.js';

export const EAGER_BACKEND_NAME = 'onnxruntime';

export interface OnnxRuntimeBackendOptions {
  /** `'auto'` (the default) takes the fastest provider that really loads; a name forces that provider or throws. */
  readonly provider?: ProviderName | 'auto';
  /** Threads of one operator (ONNX Runtime's own choice by default). */
  readonly threads?: number;
}

/**
 * Registers the tfjs backend `onnxruntime`, on which eager tfjs code runs after `await tf.setBackend('onnxruntime')`. Its
 * tensors are computed when one of them is awaited (`data()`, `array()`); they cannot be read synchronously.
 *
 * @returns the provider that runs, and why it is this one
 * @throws ProviderUnavailableError if the provider that was asked for does not load; Error if the backend is registered
 *   already
 */
export async function registerOnnxRuntimeBackend(options: OnnxRuntimeBackendOptions = {}): Promise<Provider> {
  if (engine().findBackendFactory(EAGER_BACKEND_NAME)) {
    throw new Error(
      `The backend ${EAGER_BACKEND_NAME} is registered already: call tf.removeBackend('${EAGER_BACKEND_NAME}') first to ` +
        'have it on another provider.',
    );
  }
  const provider = await findProvider(options);
  const sessions = { ...options, provider: provider.name, sessionOptions: { logSeverityLevel: 4 } } as const;
  const lowering = provider.name === 'webgpu' ? webgpu : portable;
  registerRules(EAGER_BACKEND_NAME);
  registerHostKernels(EAGER_BACKEND_NAME);
  registerBackend(EAGER_BACKEND_NAME, () => new OnnxRuntimeBackend(new Programs(sessions, lowering)));
  return provider;
}
