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

/**
 * One model in a worker of its own, so that the page stays free while the network runs. A model that failed or is no
 * longer wanted is closed with its worker, which frees all that it held, a lost GPU device included.
 */
export class ModelWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

  /** Loads the model at `address`; rejects with a sentence. */
  async load(
    address: string,
    provider: ProviderName | 'auto',
    onProgress: (fraction: number) => void,
  ): Promise<Loaded> {
    return this.#ask({ type: 'load', address, provider }, (message, resolve: (loaded: Loaded) => void) => {
      if (message.type === 'loading') onProgress(message.fraction);
      if (message.type === 'loaded') resolve(message);
    });
  }

  /** Samples; undefined if it was cancelled; rejects with a sentence. One at a time. */
  async sample(request: SampleRequest, onFrame: (frame: SampleStep) => void): Promise<Finished | undefined> {
    return this.#ask(
      { type: 'sample', request },
      (message, resolve: (finished: Finished | undefined) => void) => {
        if (message.type === 'frame') onFrame(message.frame);
        if (message.type === 'done') resolve(message);
        if (message.type === 'cancelled') resolve(undefined);
      },
    );
  }

  cancel(): void {
    this.#post({ type: 'cancel' });
  }

  close(): void {
    this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #ask<T>(
    question: ToWorker,
    answer: (message: FromWorker, resolve: (value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
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
