import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { withFilledFetches } from './filled-fetches.js';
import {
  checkThreads,
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  type ProviderName,
  ProviderUnavailableError,
  type Session,
} from './provider.js';
import { stopSpinning } from './stop-spinning.js';

type OrtNode = typeof import('onnxruntime-node');

const NAMES: readonly ProviderName[] = ['cpu', 'cuda', 'webgpu'];

/**
 * Makes a session in Node. `'auto'` is cuda where ONNX Runtime's CUDA provider loads, else cpu.
 *
 * @throws ProviderUnavailableError if the provider that was asked for does not load; ONNX Runtime's own error if the
 *   model does not.
 */
export const createSession: CreateSession = async (model, options = {}) => {
  const { provider = 'auto' } = options;
  checkThreads(options.threads);
  const ort = await loadOrt();
  if (provider === 'auto') return createAuto(ort, model, options);
  const available = NAMES.filter((name) =>
    ort.listSupportedBackends().some((b) => b.name === name && b.bundled),
  );
  if (!NAMES.includes(provider)) throw new ProviderUnavailableError(provider, available);
  if (provider === 'cuda') {
    const missing = await whyNoCuda(ort);
    if (missing) throw new ProviderUnavailableError('cuda', available, missing);
  }
  try {
    return await create(ort, model, options, provider, 'asked for');
  } catch (error) {
    // A provider that fails while the cpu takes the same model is the provider's failure, not the model's.
    if (provider === 'cpu') throw error;
    const { session } = await create(ort, model, { threads: 1 }, 'cpu', '');
    await session.release();
    throw new ProviderUnavailableError(
      provider,
      available.filter((name) => name !== provider),
      firstLine(error),
    );
  }
};

async function loadOrt(): Promise<OrtNode> {
  try {
    const module = await import('onnxruntime-node');
    // A CommonJS module: what it does not export by a name that Node can see is on its default export.
    return (module as unknown as { default?: OrtNode }).default ?? module;
  } catch (error) {
    throw new Error(
      `onnxruntime-node does not load (${firstLine(error)}); install it: npm install onnxruntime-node.`,
      {
        cause: error,
      },
    );
  }
}

async function createAuto(
  ort: OrtNode,
  model: Uint8Array | string,
  options: CreateSessionOptions,
): Promise<Session> {
  const missing = await whyNoCuda(ort);
  if (missing) return create(ort, model, options, 'cpu', missing);
  let failure: unknown;
  try {
    return await create(ort, model, options, 'cuda', 'the CUDA provider loads');
  } catch (error) {
    failure = error;
  }
  return create(ort, model, options, 'cpu', `the CUDA provider does not load: ${firstLine(failure)}`);
}

async function create(
  { InferenceSession, Tensor }: OrtNode,
  model: Uint8Array | string,
  { threads, sessionOptions }: CreateSessionOptions,
  name: ProviderName,
  reason: string,
): Promise<Session> {
  const options = {
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...stopSpinning(sessionOptions),
    executionProviders: name === 'cpu' ? ['cpu'] : [name, 'cpu'],
  };
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  return {
    session: withFilledFetches(session, Tensor),
    provider: { name, reason },
    Tensor,
    fillsFetches: true,
  };
}

/** Looks for the library first: asking ONNX Runtime for a provider whose library is missing prints to stderr. */
async function whyNoCuda(ort: OrtNode): Promise<string | undefined> {
  if (!ort.listSupportedBackends().some((backend) => backend.name === 'cuda')) {
    return `ONNX Runtime has no CUDA provider for ${process.platform} ${process.arch}`;
  }
  const library = 'libonnxruntime_providers_cuda.so';
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node');
    await access(join(dirname(main), '../bin/napi-v6', process.platform, process.arch, library));
    return undefined;
  } catch {
    return `the CUDA provider is not installed: no ${library} beside onnxruntime-node`;
  }
}
