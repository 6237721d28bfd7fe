import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Tensor } from 'onnxruntime-common';
import { workerData } from 'node:worker_threads';
import { addTo } from './add-to.js';
import { takeNext, type Queue } from './queue.js';
import type { SharedTensors } from './shared-tensors.js';
import { takeTurn, type Turns } from './turns.js';

/** What a worker is started with. */
export interface ReplicaData {
  readonly model: Uint8Array;
  readonly options: CreateSessionOptions;
}

/** What all workers do together. */
export interface ReplicaWork {
  /** Inputs that are the same for all runs. */
  readonly common: SharedTensors;
  /** The other inputs, run by run. */
  readonly inputs: readonly SharedTensors[];
  /** Which runs nobody has begun. */
  readonly queue: Queue;
  /** Whose outputs are to be added. */
  readonly turns: Turns;
  readonly sums: SharedTensors;
  /** Whether the first outputs are the sums themselves, not added to them. */
  readonly begins: boolean;
}

type Tensors = Record<string, Tensor>;

/**
 * A worker's copies: ONNX Runtime takes no shared memory; and copies that are made anew for each run are garbage, which is
 * collected late.
 */
interface Own {
  readonly session: Session['session'];
  readonly common: Tensors;
  readonly inputs: Tensors;
  /** Two, so that the next run goes on while the outputs of this one wait for their turn. */
  readonly outputs: readonly Tensors[];
}

const { model, options } = workerData as ReplicaData;
let own: Promise<Own> | undefined;

/** Runs the model as long as there are runs that nobody has begun, and adds its outputs to the sums in turn. */
export async function run({ common, inputs, queue, turns, sums, begins }: ReplicaWork): Promise<void> {
  const additions: Promise<void>[] = [];
  try {
    // Not when the worker starts: a failure here is that of the work.
    const mine = await (own ??= prepare({ common, inputs: inputs[0]!, sums }));
    copy(common, mine.common);
    for (;;) {
      const outputs = mine.outputs[additions.length % mine.outputs.length]!;
      await additions.at(-mine.outputs.length);
      const i = takeNext(queue);
      if (i === undefined) break;
      copy(inputs[i]!, mine.inputs);
      await mine.session.run({ ...mine.common, ...mine.inputs }, outputs);
      additions.push(takeTurn(turns, i, () => addTo(sums, outputs, begins && i === 0)));
    }
  } finally {
    await Promise.all(additions);
  }
}

async function prepare(shared: Record<'common' | 'inputs' | 'sums', SharedTensors>): Promise<Own> {
  const { session, Tensor } = await createSession(model, options);
  const copyOf = (tensors: SharedTensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type as 'float32', data.slice() as Float32Array, dims),
      ]),
    );
  const { common, inputs, sums } = shared;
  return {
    session,
    common: copyOf(common),
    inputs: copyOf(inputs),
    outputs: [copyOf(sums), copyOf(sums)],
  };
}

function copy(shared: SharedTensors, tensors: Tensors): void {
  for (const [name, { data }] of Object.entries(shared)) (tensors[name]!.data as Float32Array).set(data);
}
