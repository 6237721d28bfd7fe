import type { ModelCard, Provider, ProviderName, SampleStep } from '@scorebridge/runtime';
import type { FromWorker, SampleRequest, ToWorker } from './protocol.js';

export interface Loaded {
  readonly card: ModelCard;
  readonly provider: Provider;
}

export interface Finished {
  readonly samples: Float32Array;
  readonly milliseconds: number;
  readonly steps: number;
}

/** How long a cancelled network call may go on, in milliseconds. */
const patience = 2000;

/**
 * One model in a worker of its own, so that the page stays free while the network runs. A model that failed or is no
 * longer wanted is closed with its worker, which frees all that it held, a lost GPU device included.
 */
export class ModelWorker {
  /** Whether the worker has been ended: another one is needed to go on. */
  closed = false;
  /** Settles what is being waited for. */
  #giveUp = () => {};
  #deadline?: ReturnType<typeof setTimeout>;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

  /** Loads the model at `address`; undefined if it was closed meanwhile; rejects with a sentence. */
  async load(
    address: string,
    provider: ProviderName | 'auto',
    onProgress: (fraction: number) => void,
  ): Promise<Loaded | undefined> {
    return this.#ask<Loaded>({ type: 'load', address, provider }, (message, resolve) => {
      if (message.type === 'loading') onProgress(message.fraction);
      if (message.type === 'loaded') resolve(message);
    });
  }

  /** Samples; undefined if it was cancelled or closed; rejects with a sentence. One at a time. */
  async sample(request: SampleRequest, onFrame: (frame: SampleStep) => void): Promise<Finished | undefined> {
    const sampling = this.#ask<Finished>({ type: 'sample', request }, (message, resolve) => {
      if (message.type === 'frame') onFrame(message.frame);
      if (message.type === 'done') resolve(message);
      if (message.type === 'cancelled') resolve(undefined);
    });
    return sampling.finally(() => clearTimeout(this.#deadline));
  }

  /** Cancels the sampling. A network call cannot be interrupted: one that takes long is ended with its worker. */
  cancel(): void {
    this.#post({ type: 'cancel' });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.close(), patience);
  }

  close(): void {
    this.closed = true;
    this.#worker.terminate();
    this.#giveUp();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #ask<T>(
    question: ToWorker,
    answer: (message: FromWorker, resolve: (value: T | undefined) => void) => void,
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(undefined);
      this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'failed') reject(new Error(data.message));
        else answer(data, resolve);
      };
      this.#worker.onerror = (event) =>
        reject(new Error(event.message || 'The worker of the page did not start.'));
      this.#post(question);
    });
  }
}
