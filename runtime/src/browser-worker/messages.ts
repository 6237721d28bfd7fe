import type { BrowserLoadOptions, Origin } from '../model/load-here.js';
import type { ModelSource } from '../model/read-source.js';
import type { Loaded as LoadedInNode, Reply, Request } from '../node-worker/messages.js';

/** What crosses between a page and the worker that holds its model. */
export type ToWorker =
  | Exclude<Request, { method: 'load' }>
  | {
      id: number;
      method: 'load';
      source: ModelSource;
      options: Omit<BrowserLoadOptions, 'signal' | 'onProgress' | 'worker'>;
    };

export type FromWorker = Reply;

export interface Loaded extends LoadedInNode {
  origin: Origin;
}
