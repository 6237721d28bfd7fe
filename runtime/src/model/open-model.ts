import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { readCard } from '../card/read-card.js';
import { usesHalf } from '../card/uses-half.js';
import {
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  type ProviderName,
  ProviderUnavailableError,
} from '../providers/provider.js';
import { Lock } from '../providers/lock.js';
import { checkGraph, checkVjpGraph } from './check-graph.js';
import { checkPair } from './check-pair.js';
import { ModelError } from './model-error.js';
import { ModelReleasedError } from './model-released-error.js';
import { checkInput } from './check-input.js';
import { extraOutputs } from './extra-outputs.js';
import type { CardOptions } from './load-options.js';
import type { ScoreModel } from './score-model.js';

/** A file: its bytes, and what a session is made from, a path where the graph may keep its weights in files beside it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly file: Uint8Array | string;
}

/** A score model from its file, and that of its vector-Jacobian product where it is to have one. */
export async function openModel(
  createSession: CreateSession,
  model: ModelFile,
  { card: given, inputs, ...options }: CreateSessionOptions & CardOptions,
  product?: ModelFile,
): Promise<ScoreModel> {
  const own = given ? undefined : readCard(model.bytes);
  // A file of ours has a contract of its own, which its session is held to.
  const foreign = own && !own.graph ? undefined : await import('./foreign-graph.js');
  const values = foreign?.graphValues(model.bytes);
  const card = own ?? foreign!.completeCard(given!, values!);
  const binding = foreign?.bindGraph(values!, card, inputs);
  if (!foreign && inputs)
    throw new ModelError('The model has no inputs beside x, level and label, so leave inputs out.');
  if (product) checkPair(model.bytes, product.bytes);
  const open = (file: ModelFile['file']) =>
    createSession(file, options).catch((error: unknown) => {
      if (error instanceof ProviderUnavailableError) throw error;
      throw new ModelError(`ONNX Runtime does not load the model: ${firstLine(error)}.`, { cause: error });
    });
  const made = await open(model.file);
  const { provider, Tensor, fillsFetches } = made;
  let pullback: InferenceSession | undefined;
  const releaseAll = async () => {
    await made.session.release();
    await pullback?.release();
  };
  try {
    if (!foreign) checkGraph(made.session, card);
    if (product) {
      pullback = (await open(product.file)).session;
      checkVjpGraph(pullback, card);
    }
  } catch (error) {
    await releaseAll();
    throw error;
  }
  const session = binding ? foreign!.adaptSession(made.session, Tensor, binding, card) : made.session;
  // A release waits for the runs before it.
  const lock = new Lock();
  let released = false;
  const feedsOf = (
    x: Float32Array,
    level: number | Float32Array,
    label?: Int32Array,
    out?: Float32Array,
  ): { feeds: Record<string, OrtTensor>; dims: number[] } => {
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
    return { feeds, dims };
  };
  const read = (found: InferenceSession.ReturnType, names: readonly string[]) =>
    Promise.all(names.map(async (name) => (await found[name]!.getData(true)) as Float32Array));
  const run = async (
    fetches: string[],
    x: Float32Array,
    level: number | Float32Array,
    label?: Int32Array,
    out?: Float32Array,
  ): Promise<Float32Array[]> => {
    const { feeds, dims } = feedsOf(x, level, label, out);
    const filled =
      out && fillsFetches && !binding ? { prediction: new Tensor('float32', out, dims) } : fetches;
    const found = await lock.run(() => session.run(feeds, filled));
    return read(found, fetches);
  };
  const extras = extraOutputs(card, session.outputNames);
  return {
    card,
    provider,
    remedy: usesHalf(model.bytes) ? halfRemedy(provider.name) : undefined,
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
    ...(pullback && {
      async vjp(x: Float32Array, level: number | Float32Array, v: Float32Array, label?: Int32Array) {
        const { feeds, dims } = feedsOf(x, level, label);
        if (v.length !== x.length)
          throw new RangeError(`v has ${v.length} numbers; expected ${x.length}, as many as x.`);
        const all = { ...feeds, v: new Tensor('float32', v, dims) };
        const names = ['prediction', 'vjp'];
        const [prediction, vjp] = await read(await lock.run(() => pullback.run(all, names)), names);
        return { prediction: prediction!, vjp: vjp! };
      },
    }),
    async release() {
      if (released) return;
      released = true;
      await lock.run(releaseAll);
    },
  };
}

/** GPUs compute in the type of the weights; ONNX Runtime's cpu has few operators of float16 and takes float32 for the others. */
const halfRemedy = (provider: ProviderName) =>
  `its weights are float16, whose numbers end at 65,504: load the file in float32${
    provider === 'webgpu' || provider === 'cuda' ? ", or this one with provider 'wasm' ('cpu' in Node)" : ''
  }`;
