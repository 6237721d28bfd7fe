import type { CreateSessionOptions } from '@scorebridge/runtime';
import type { Piscina } from 'piscina';
import type { InputSpec } from '../trace/trace.js';
import type { HostTensor } from './host-tensor.js';
import { closeQueue, startQueue } from './queue.js';
import type { ReplicaData, ReplicaWork } from './replica-thread.js';
import { fill, shareTensor, type SharedTensors } from './shared-tensors.js';
import { endTurns, startTurns } from './turns.js';

type HostTensors = Readonly<Record<string, HostTensor>>;

/** How many inputs are handed out at a time, for each worker: all workers wait for the last of them, and memory is theirs. */
const EACH = 8;

/** Tensors whose sizes are all known. */
export type FixedSpecs = Readonly<
  Record<string, { readonly dtype: InputSpec['dtype']; readonly shape: readonly number[] }>
>;

/** What a model is fed and gives. */
export interface ReplicaSpecs {
  /** Inputs that are the same for all of one `sum`. */
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
  private readonly common: SharedTensors;
  private readonly inputs: SharedTensors[] = [];
  private readonly sums: SharedTensors;

  private constructor(
    private readonly pool: Piscina,
    private readonly count: number,
    private readonly specs: ReplicaSpecs,
  ) {
    this.common = share(specs.common);
    this.sums = share(specs.outputs);
  }

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
    return new Replicas(pool, count, specs);
  }

  /**
   * Sums the model's outputs over `inputs`, in their order. A worker that is done with one takes the next that none has begun,
   * so that a fast one takes more of them than a slow one. Calls must not overlap.
   *
   * @returns the sums, in memory that the next call fills anew
   */
  async sum(common: HostTensors, inputs: readonly HostTensors[]): Promise<SharedTensors> {
    fill(this.common, common);
    const most = this.count * EACH;
    for (let first = 0; first < inputs.length; first += most)
      await this.add(inputs.slice(first, first + most), first === 0);
    return this.sums;
  }

  /** Adds what the model gives for `inputs` to the sums, which this `begins` or goes on with. */
  private async add(inputs: readonly HostTensors[], begins: boolean): Promise<void> {
    while (this.inputs.length < inputs.length) this.inputs.push(share(this.specs.inputs));
    const shared = this.inputs.slice(0, inputs.length);
    shared.forEach((tensors, i) => fill(tensors, inputs[i]!));
    const work: ReplicaWork = {
      common: this.common,
      inputs: shared,
      queue: startQueue(inputs.length),
      turns: startTurns(),
      sums: this.sums,
      begins,
    };
    const run = async () => {
      try {
        await this.pool.run(work);
      } catch (error) {
        // The others would wait for the turn of a run that has failed, or of a worker that is gone.
        closeQueue(work.queue);
        endTurns(work.turns);
        throw error;
      }
    };
    const done = await Promise.allSettled(Array.from({ length: this.count }, run));
    for (const result of done) if (result.status === 'rejected') throw result.reason;
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
