import type { CreateSessionOptions } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Piscina } from 'piscina';
import type { HostTensor } from './host-tensor.js';
import type { PlainTensors, ReplicaData } from './replica-thread.js';

/**
 * Sessions of one model on ONNX Runtime's cpu, each in a worker thread of its own: what a session of many threads cannot
 * use them for, several can, since each of them has all of its work to itself.
 */
export class Replicas {
  private constructor(private readonly pool: Piscina) {}

  /** Starts `count` workers, each of which loads the model with its first call; Node alone has them. */
  static async start(model: Uint8Array, count: number, options: CreateSessionOptions): Promise<Replicas> {
    const { Piscina } = await import('piscina');
    const workerData: ReplicaData = { model, options };
    return new Replicas(
      new Piscina({
        filename: new URL('./replica-thread.js', import.meta.url).href,
        name: 'run',
        minThreads: count,
        maxThreads: count,
        workerData,
      }),
    );
  }

  /** Runs the model on the next worker that is free. The feeds are copied. */
  async run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const plain: PlainTensors = {};
    for (const [name, { type, data, dims }] of Object.entries(feeds))
      plain[name] = { type: type as 'float32', data: (data as Float32Array).slice(), dims };
    const transferList = Object.values(plain).map(({ data }) => data.buffer);
    const outputs = (await this.pool.run(plain, { transferList })) as PlainTensors;
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]),
    );
  }

  /** Ends the workers. */
  release(): Promise<void> {
    return this.pool.destroy();
  }
}
