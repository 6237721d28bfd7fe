import type { CreateSessionOptions } from '@scorebridge/runtime';
import type { Piscina } from 'piscina';
import type { InputSpec } from '../trace/trace.js';
import type { HostTensor } from './host-tensor.js';
import type { ReplicaCall, ReplicaData } from './replica-thread.js';
import { asHostTensors, fill, shareTensor, type SharedTensors } from './shared-tensors.js';

type HostTensors = Readonly<Record<string, HostTensor>>;

/** Tensors whose sizes are all known. */
export type FixedSpecs = Readonly<
  Record<string, { readonly dtype: InputSpec['dtype']; readonly shape: readonly number[] }>
>;

/** What a model is fed and gives. */
export interface ReplicaSpecs {
  /** Inputs that are the same for all calls of one `runEach`. */
  readonly common: FixedSpecs;
  readonly inputs: FixedSpecs;
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
    private readonly slots: readonly { readonly inputs: SharedTensors; readonly outputs: SharedTensors }[],
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
      workerData,
    });
    // One more than there are workers, so that one who is done before another whose turn it is goes on.
    const slots = Array.from({ length: count + 1 }, () => ({
      inputs: share(specs.inputs),
      outputs: share(specs.outputs),
    }));
    return new Replicas(pool, share(specs.common), slots);
  }

  /**
   * Runs the model on each of `inputs`, as many at a time as there are workers. Calls must not overlap.
   *
   * @param take given the outputs of each in the order of `inputs`, in memory that is used again after it returns
   */
  async runEach(
    common: HostTensors,
    inputs: readonly HostTensors[],
    take: (outputs: HostTensors, i: number) => void,
  ): Promise<void> {
    fill(this.common, common);
    this.round++;
    const calls: Promise<void>[] = [];
    const slotOf = (i: number) => this.slots[i % this.slots.length]!;
    const takeNext = async (i: number) => {
      await calls[i];
      take(asHostTensors(slotOf(i).outputs), i);
    };
    let taken = 0;
    try {
      for (const [i, feeds] of inputs.entries()) {
        if (i - taken === this.slots.length) await takeNext(taken++);
        const { inputs, outputs } = slotOf(i);
        fill(inputs, feeds);
        const call: ReplicaCall = { round: this.round, common: this.common, inputs, outputs };
        const done = this.pool.run(call) as Promise<void>;
        // Its turn may come after it has failed, and Node ends a process over a failure that nothing waits for.
        done.catch(() => undefined);
        calls.push(done);
      }
      while (taken < calls.length) await takeNext(taken++);
    } finally {
      // The memory of those still under way is not to be filled anew.
      await Promise.allSettled(calls);
    }
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
