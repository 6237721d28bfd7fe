import type { ModelCard, Provider, ProviderName, SampleStep } from '@scorebridge/runtime';

/** A run of a sampler, in plain values that can be posted to the worker. */
export interface SampleRequest {
  readonly sampler: string;
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  /** One label a sample; undefined for a model without labels, or where any digit will do. */
  readonly label?: readonly number[];
  /** Needs labels. */
  readonly guidance?: number;
}

export type ToWorker =
  | { readonly type: 'load'; readonly address: string; readonly provider: ProviderName | 'auto' }
  | { readonly type: 'sample'; readonly request: SampleRequest }
  | { readonly type: 'cancel' };

export type FromWorker =
  | { readonly type: 'loading'; readonly fraction: number }
  | { readonly type: 'loaded'; readonly card: ModelCard; readonly provider: Provider }
  | { readonly type: 'frame'; readonly frame: SampleStep }
  | {
      readonly type: 'done';
      readonly samples: Float32Array;
      readonly milliseconds: number;
      readonly steps: number;
    }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly message: string };
