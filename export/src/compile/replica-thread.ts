import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Tensor } from 'onnxruntime-common';
import { workerData } from 'node:worker_threads';
import type { SharedTensors } from './shared-tensors.js';

/** What a worker is started with. */
export interface ReplicaData {
  readonly model: Uint8Array;
  readonly options: CreateSessionOptions;
}

/** A call: what it reads, and what it fills. */
export interface ReplicaCall {
  /** `common` is as it was in the call before, unless this is another. */
  readonly round: number;
  readonly common: SharedTensors;
  readonly inputs: SharedTensors;
  readonly outputs: SharedTensors;
}

type Tensors = Record<string, Tensor>;

const { model, options } = workerData as ReplicaData;
let loading: Promise<Session> | undefined;
let round: number | undefined;

// ONNX Runtime takes no shared memory; and copies that are made anew for each call are garbage, which is collected late.
let own: { readonly common: Tensors; readonly inputs: Tensors; readonly outputs: Tensors } | undefined;

/** Runs the model that this worker has been given. */
export async function run(call: ReplicaCall): Promise<void> {
  // Not when the worker starts: a failure here is that of the call.
  const { session, Tensor } = await (loading ??= createSession(model, options));
  const copyOf = (shared: SharedTensors): Tensors =>
    Object.fromEntries(
      Object.entries(shared).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type as 'float32', data.slice() as Float32Array, dims),
      ]),
    );
  own ??= { common: copyOf(call.common), inputs: copyOf(call.inputs), outputs: copyOf(call.outputs) };
  const { common, inputs, outputs } = own;
  if (round !== call.round) copy(call.common, common);
  round = call.round;
  copy(call.inputs, inputs);
  await session.run({ ...common, ...inputs }, outputs);
  for (const [name, { data }] of Object.entries(call.outputs)) data.set(outputs[name]!.data as Float32Array);
}

function copy(shared: SharedTensors, tensors: Tensors): void {
  for (const [name, { data }] of Object.entries(shared)) (tensors[name]!.data as Float32Array).set(data);
}
