import { completeCard } from '../card/given-card.js';
import { graphValues } from '../card/graph-values.js';
import { readCard } from '../card/read-card.js';
import {
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  ProviderUnavailableError,
} from '../providers/provider.js';
import { Lock } from '../providers/lock.js';
import { adaptSession } from './adapt-session.js';
import { bindGraph } from './bind-graph.js';
import { checkGraph } from './check-graph.js';
import { ModelError } from './model-error.js';
import { ModelReleasedError } from './model-released-error.js';
import { checkInput } from './check-input.js';
import { extraOutputs } from './extra-outputs.js';
import type { CardOptions } from './load-options.js';
import type { ScoreModel } from './score-model.js';

/**
 * A score model from the bytes of its file. `file` is what the session is made from, a path where the graph may keep
 * its weights in files beside it.
 */
export async function openModel(
  createSession: CreateSession,
  bytes: Uint8Array,
  { card: given, inputs, ...options }: CreateSessionOptions & CardOptions,
  file: Uint8Array | string = bytes,
): Promise<ScoreModel> {
  const values = graphValues(bytes);
  const card = given ? completeCard(given, values) : readCard(bytes);
  // A file of ours has a contract of its own, which its session is held to.
  const ours = !given && !card.graph;
  const binding = ours ? undefined : bindGraph(values, card, inputs);
  if (ours && inputs)
    throw new ModelError('The model has no inputs beside x, level and label, so leave inputs out.');
  const made = await createSession(file, options).catch((error: unknown) => {
    if (error instanceof ProviderUnavailableError) throw error;
    throw new ModelError(`ONNX Runtime does not load the model: ${firstLine(error)}.`, { cause: error });
  });
  const { provider, Tensor, fillsFetches } = made;
  try {
    if (ours) checkGraph(made.session, card);
  } catch (error) {
    await made.session.release();
    throw error;
  }
  const session = binding ? adaptSession(made.session, Tensor, binding, card) : made.session;
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
    const filled =
      out && fillsFetches && !binding ? { prediction: new Tensor('float32', out, dims) } : fetches;
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
