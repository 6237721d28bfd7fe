import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Tensor } from 'onnxruntime-common';
import { workerData } from 'node:worker_threads';
import { addTo } from './add-to.js';
import type { SharedTensors } from './shared-tensors.js';
import { takeTurn, type Turns } from './turns.js';

/** What a worker is started with. */
export interface ReplicaData {
  readonly model: Uint8Array;
  readonly options: CreateSessionOptions;
}

/** A call: what it reads, and what it adds to. */
export interface ReplicaCall {
  /** `common` is as it was in the call before, unless this is another. */
  readonly round: number;
  readonly common: SharedTensors;
  readonly inputs: SharedTensors;
  /** Which of the calls of a round this is: their outputs are added to the sums in order. */
  readonly index: number;
  readonly turns: Turns;
  readonly sums: SharedTensors;
}

type Tensors = Record<string, Tensor>;

const { model, options } = workerData as ReplicaData;
let loading: Promise<Session> | undefined;
let round: number | undefined;

// ONNX Runtime takes no shared memory; and copies that are made anew for each call are garbage, which is collected late.
// There are two of the outputs, so that the next call runs while those of this one wait for their turn.
let own: { readonly common: Tensors; readonly inputs: Tensors; readonly outputs: Tensors[] } | undefined;

/** The last call's run: one after the other. */
let last: Promise<unknown> = Promise.resolve();

/** Runs the model that this worker has been given, and adds its outputs to the sums. Two calls at most at a time. */
export async function run(call: ReplicaCall): Promise<void> {
  const running = last.then(() => outputsOf(call));
  last = running.catch(() => undefined);
  let outputs: Tensors | undefined;
  try {
    outputs = await running;
  } finally {
    await takeTurn(call.turns, call.index, () => outputs && addTo(call.sums, outputs, call.index === 0));
  }
}

async function outputsOf(call: ReplicaCall): Promise<Tensors> {
  // Not when the worker starts: a failure here is that of the call.
  const { session, Tensor } = await (loading ??= createSession(model, options));
  const copyOf = (shared: SharedTensors): Tensors =>
    Object.fromEntries(
      Object.entries(shared).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type as 'float32', data.slice() as Float32Array, dims),
      ]),
    );
  own ??= {
    common: copyOf(call.common),
    inputs: copyOf(call.inputs),
    outputs: [copyOf(call.sums), copyOf(call.sums)],
  };
  if (round !== call.round) copy(call.common, own.common);
  round = call.round;
  copy(call.inputs, own.inputs);
  const outputs = own.outputs.shift()!;
  own.outputs.push(outputs);
  await session.run({ ...own.common, ...own.inputs }, outputs);
  return outputs;
}

function copy(shared: SharedTensors, tensors: Tensors): void {
  for (const [name, { data }] of Object.entries(shared)) (tensors[name]!.data as Float32Array).set(data);
}
