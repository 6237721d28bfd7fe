import { type BrowserScoreModel, loadHere } from '../model/load-here.js';
import { extrasOf } from '../model/extra-outputs.js';
import type { Progress } from '../model/load-options.js';
import { toPlainError } from '../node-worker/errors.js';
import type { FromWorker, Loaded, ToWorker } from './messages.js';

/** The part of DedicatedWorkerGlobalScope that is used: its library does not go together with the page's. */
interface Scope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
}

/** The worker's side: one model, asked one thing at a time. It does not import what starts it: bundlers refuse the circle. */
const scope = self as unknown as Scope;
let model: BrowserScoreModel | undefined;

scope.onmessage = ({ data: request }) => {
  answer(request).catch((error: unknown) =>
    scope.postMessage({ id: request.id, error: toPlainError(error) }),
  );
};

async function answer(request: ToWorker): Promise<void> {
  const { id } = request;
  switch (request.method) {
    case 'load': {
      const onProgress = (progress: Progress) => scope.postMessage({ progress });
      model = await loadHere(request.source, { ...request.options, onProgress });
      const { card, provider, origin } = model;
      return scope.postMessage({
        id,
        value: { card, provider, origin, extras: extrasOf(model) } satisfies Loaded,
      });
    }
    case 'predict':
    case 'evaluate':
    case 'predictVariance': {
      const { method, x, level, label } = request;
      const value = await model![method]!(x, level, label);
      const transfer = value instanceof Float32Array ? [value.buffer as ArrayBuffer] : [];
      return scope.postMessage({ id, value }, transfer);
    }
    case 'release':
      await model?.release();
      return scope.postMessage({ id, value: undefined });
  }
}
