import type { CreateSessionOptions } from '@scorebridge/runtime';
import type { Piscina } from 'piscina';
import type { InputSpec } from '../trace/trace.js';
import type { HostTensor } from './host-tensor.js';
import type { ReplicaCall, ReplicaData } from './replica-thread.js';
import { fill, shareTensor, type SharedTensors } from './shared-tensors.js';
import { startTurns } from './turns.js';

type HostTensors = Readonly<Record<string, HostTensor>>;

/** Calls that a worker has at a time: it runs one while the other's outputs wait for their turn. */
const CALLS = 2;

/** Tensors whose sizes are all known. */
export type FixedSpecs = Readonly<
  Record<string, { readonly dtype: InputSpec['dtype']; readonly shape: readonly number[] }>
>;

/** What a model is fed and gives. */
export interface ReplicaSpecs {
  /** Inputs that are the same for all calls of one `sum`. */
  readonly common: FixedSpecs;
  readonly inputs: FixedSpecs;
  /** float32 */
  readonly outputs: FixedSpecs;
}

/**
 * Sessions of one model on ONNX Runtime's cpu, each in a worker thread of its own: what a session of many threads cannot
 * use them for, several can, since each of them has all of its work to itself. What they are fed and give lies in shared
 * memory that is used again and again: no more of it for more inputs.
 */
export class Replicas {
  private round = 0;

  private constructor(
    private readonly pool: Piscina,
    private readonly common: SharedTensors,
    private readonly slots: readonly SharedTensors[],
    private readonly sums: SharedTensors,
  ) {}

  /** Starts `count` workers, each of which loads the model with its first call; Node alone has them. */
  static async start(
    model: Uint8Array,
    count: number,
    specs: ReplicaSpecs,
    options: CreateSessionOptions,
  ): Promise<Replicas> {
    const { Piscina } = await import('piscina');
    const workerData: ReplicaData = { model, options };
    const pool = new Piscina({
      filename: new URL('./replica-thread.js', import.meta.url).href,
      name: 'run',
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: CALLS,
      workerData,
    });
    const slots = Array.from({ length: count * CALLS }, () => share(specs.inputs));
    return new Replicas(pool, share(specs.common), slots, share(specs.outputs));
  }

  /**
   * Sums the model's outputs over `inputs`, in their order, as many at a time as there are workers. Calls must not overlap.
   *
   * @returns the sums, in memory that the next call fills anew
   */
  async sum(common: HostTensors, inputs: readonly HostTensors[]): Promise<SharedTensors> {
    fill(this.common, common);
    this.round++;
    const turns = startTurns();
    const calls: Promise<void>[] = [];
    try {
      for (const [index, feeds] of inputs.entries()) {
        await calls[index - this.slots.length];
        const slot = this.slots[index % this.slots.length]!;
        fill(slot, feeds);
        const call: ReplicaCall = {
          round: this.round,
          common: this.common,
          inputs: slot,
          index,
          turns,
          sums: this.sums,
        };
        const done = this.pool.run(call) as Promise<void>;
        // Its turn may come after it has failed, and Node ends a process over a failure that nothing waits for.
        done.catch(() => undefined);
        calls.push(done);
      }
      await Promise.all(calls);
    } finally {
      // The memory of those still under way is not to be filled anew.
      await Promise.allSettled(calls);
    }
    return this.sums;
  }

  /** Ends the workers. */
  release(): Promise<void> {
    return this.pool.destroy();
  }
}

const share = (specs: FixedSpecs): SharedTensors =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [name, shareTensor(dtype, shape)]),
  );
