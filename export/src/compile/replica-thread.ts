import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';

/** What a worker is started with. */
export interface ReplicaData {
  readonly model: Uint8Array;
  readonly options: CreateSessionOptions;
}

/** Tensors in a form that crosses to another thread, each with a buffer of its own. */
export type PlainTensors = Record<
  string,
  { readonly type: 'float32'; readonly data: Float32Array<ArrayBuffer>; readonly dims: readonly number[] }
>;

const { model, options } = workerData as ReplicaData;
let loading: Promise<Session> | undefined;

/** Runs the model that this worker has been given. */
export async function run(plain: PlainTensors): Promise<PlainTensors> {
  // Not when the worker starts: a failure here is that of the call.
  const { session, Tensor } = await (loading ??= createSession(model, options));
  const feeds = Object.fromEntries(
    Object.entries(plain).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]),
  );
  const outputs: PlainTensors = {};
  for (const [name, { type, data, dims }] of Object.entries(await session.run(feeds)))
    // ONNX Runtime's own memory cannot be handed over.
    outputs[name] = { type: type as 'float32', data: (data as Float32Array).slice(), dims };
  return move({
    [transferableSymbol]: Object.values(outputs).map(({ data }) => data.buffer),
    [valueSymbol]: outputs,
  }) as unknown as PlainTensors;
}
