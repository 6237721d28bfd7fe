import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import type { Gpu } from '../webgpu/gpu.js';

/** ONNX Runtime's execution providers: `cpu`, `cuda` and `webgpu` in Node, `webgpu` and `wasm` in a browser. */
export type ProviderName = 'cpu' | 'cuda' | 'webgpu' | 'wasm';

/** The provider that runs, and in words why it is this one. */
export interface Provider {
  readonly name: ProviderName;
  readonly reason: string;
}

export interface CreateSessionOptions {
  /** `'auto'` (the default) takes the fastest provider that really loads; a name forces that provider or throws. */
  provider?: ProviderName | 'auto';
  /** Threads of one operator (ONNX Runtime's own choice by default). */
  threads?: number;
  /**
   * Whether, on WebGPU in a browser, the network's commands are recorded once for each batch size and replayed: less work
   * for the cpu in a step, where the GPU waits for it; not by default. Each of up to four sizes has the weights once more. A
   * recording that does not give what the model does is not used, and the console told. Without effect anywhere else, and
   * with `worker`, whose steps do not stay on the GPU.
   */
  graphCapture?: boolean;
  /** Passed through to ONNX Runtime as they are. */
  sessionOptions?: Omit<InferenceSession.SessionOptions, 'executionProviders'>;
}

export interface Session {
  readonly session: InferenceSession;
  /** The device of a session on WebGPU in a browser. */
  readonly gpu?: Gpu;
  readonly provider: Provider;
  /** The Tensor class of the ONNX Runtime that made the session: preallocated fetches must be instances of it. */
  readonly Tensor: TensorConstructor;
  /** Whether `run` writes into preallocated fetches in main memory; ONNX Runtime Web leaves them as they were. */
  readonly fillsFetches: boolean;
}

/** Makes an ONNX Runtime session from the bytes of a file, or from its path (Node) or address (browser). */
export type CreateSession = (model: Uint8Array | string, options?: CreateSessionOptions) => Promise<Session>;

/** An execution provider that was asked for by name and is not there; the message lists those that are. */
export class ProviderUnavailableError extends Error {
  override readonly name = 'ProviderUnavailableError';

  constructor(wanted: string, available: readonly ProviderName[], why?: string) {
    super(
      `Provider '${wanted}' is not available here${why ? ` (${why})` : ''}; expected one of: ${available.join(', ')}.`,
    );
  }
}

/** The first line of what was thrown, without ONNX Runtime's source position before it or a full stop after it. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // Between the signature of the function that failed and its place in the source.
  const cuda = /\bCUDA failure [^;\n]+/.exec(text)?.[0].trim();
  if (cuda) return cuda;
  return (text.trim().split('\n')[0] ?? '')
    .replace(/^\S*onnxruntime\S*:\d+ .* was false\. /, '')
    .replace(/\.$/, '');
}

/** @throws RangeError if `threads` is given and is not a positive integer. */
export function checkThreads(threads: number | undefined): void {
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads > 0)) {
    throw new RangeError(`threads is ${threads}; expected a positive integer.`);
  }
}
