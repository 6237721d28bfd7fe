import { readCard } from '../card/read-card.js';
import {
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  ProviderUnavailableError,
} from '../providers/provider.js';
import { Lock } from '../providers/lock.js';
import { checkGraph } from './check-graph.js';
import { ModelError } from './model-error.js';
import { ModelReleasedError } from './model-released-error.js';
import { checkInput } from './check-input.js';
import { extraOutputs } from './extra-outputs.js';
import type { ScoreModel } from './score-model.js';

/**
 * A score model from the bytes of its file. `file` is what the session is made from, a path where the graph may keep
 * its weights in files beside it.
 */
export async function openModel(
  createSession: CreateSession,
  bytes: Uint8Array,
  options: CreateSessionOptions,
  file: Uint8Array | string = bytes,
): Promise<ScoreModel> {
  const card = readCard(bytes);
  const { session, provider, Tensor, fillsFetches } = await createSession(file, options).catch(
    (error: unknown) => {
      if (error instanceof ProviderUnavailableError) throw error;
      throw new ModelError(`ONNX Runtime does not load the model: ${firstLine(error)}.`, { cause: error });
    },
  );
  try {
    checkGraph(session, card);
  } catch (error) {
    await session.release();
    throw error;
  }
  // A release waits for the runs before it.
  const lock = new Lock();
  let released = false;
  const run = async (
    fetches: string[],
    x: Float32Array,
    level: number | Float32Array,
    label?: Int32Array,
    out?: Float32Array,
  ): Promise<Float32Array[]> => {
    if (released) throw new ModelReleasedError();
    const batch = checkInput(card, x, level, label, out);
    const dims = [batch, ...card.shape];
    const levels = typeof level === 'number' ? new Float32Array(batch).fill(level) : level;
    const labels = label ?? (card.classes && new Int32Array(batch).fill(card.classes.unconditional!));
    const feeds = {
      x: new Tensor('float32', x, dims),
      level: new Tensor('float32', levels, [batch]),
      ...(labels && { label: new Tensor('int32', labels, [batch]) }),
    };
    const filled = out && fillsFetches ? { prediction: new Tensor('float32', out, dims) } : fetches;
    const found = await lock.run(() => session.run(feeds, filled));
    return Promise.all(fetches.map(async (name) => (await found[name]!.getData(true)) as Float32Array));
  };
  const extras = extraOutputs(card, session.outputNames);
  return {
    card,
    provider,
    async predict(x, level, label, out) {
      const [data] = await run(['prediction'], x, level, label, out);
      if (out && data!.buffer !== out.buffer) out.set(data!);
      return out ?? data!;
    },
    ...(extras.energy && {
      async evaluate(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
        const [prediction, energy] = await run(['prediction', 'energy'], x, level, label);
        return { prediction: prediction!, energy: energy! };
      },
    }),
    ...(extras.variance && {
      async predictVariance(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
        const [prediction, varianceShare] = await run(['prediction', 'variance_share'], x, level, label);
        return { prediction: prediction!, varianceShare: varianceShare! };
      },
    }),
    async release() {
      if (released) return;
      released = true;
      await lock.run(() => session.release());
    },
  };
}
