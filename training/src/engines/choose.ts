import type { CompileOptions } from '@scorebridge/export';
import { compiledEngine } from './compiled.js';
import { findTensorFlow, tensorFlowFolder } from '../setup/placement.js';
import type { Engine, EngineName } from './engine.js';
import { EngineUnavailableError, tensorFlowEngine, tfjsCpuEngine } from './tfjs.js';

export interface EngineChoice extends Pick<CompileOptions, 'provider' | 'threads'> {
  /**
   * 'auto', the default, is tfjs-node-gpu where it loads and finds a GPU, else compiled. A provider or a number of
   * threads, which are the compiled engine's, make it compiled.
   */
  engine?: EngineName | 'auto';
}

/**
 * Chooses the engine that training runs on.
 *
 * @throws EngineUnavailableError or ProviderUnavailableError if what is asked for is not there
 */
export async function chooseEngine({ engine = 'auto', ...options }: EngineChoice = {}): Promise<Engine> {
  switch (engine) {
    case 'tfjs-node-gpu':
    case 'tfjs-node':
      return tensorFlowEngine(engine);
    case 'tfjs-cpu':
      return tfjsCpuEngine();
    case 'compiled':
      return compiledEngine(options);
  }
  const forCompiled = (options.provider ?? 'auto') !== 'auto' || options.threads !== undefined;
  if (forCompiled) return compiledEngine(options);
  const { gpu, why } = await gpuEngine();
  if (gpu) return gpu;
  const compiled = await compiledEngine(options);
  return { ...compiled, reason: `${why}; ${compiled.reason}` };
}

/** The engine on a GPU, or why there is none. */
async function gpuEngine(): Promise<{ gpu?: Engine; why: string }> {
  // Loading nearly a gigabyte would not tell more.
  if (findTensorFlow() === tensorFlowFolder('cpu')) return { why: 'TensorFlow is set up for the CPU' };
  try {
    const reason = '@tensorflow/tfjs-node-gpu loads and finds a GPU';
    const gpu = await tensorFlowEngine('tfjs-node-gpu', { reason });
    return gpu.usesGpu ? { gpu, why: reason } : { why: '@tensorflow/tfjs-node-gpu finds no GPU' };
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    return { why: error.why };
  }
}
