import { parentPort, type Transferable } from 'node:worker_threads';
import { extrasOf } from '../model/extra-outputs.js';
import { loadModel } from '../model/node.js';
import type { Progress } from '../model/load-options.js';
import type { ScoreModel } from '../model/score-model.js';
import { toPlainError } from './errors.js';
import type { Loaded, Reply, Request } from './messages.js';

/** The worker's side: one model, asked one thing at a time. */
const port = parentPort!;
const reply = (message: Reply, transfer: Transferable[] = []) => port.postMessage(message, transfer);
let model: ScoreModel | undefined;

port.on('message', (request: Request) => {
  const { id } = request;
  answer(request).catch((error: unknown) => reply({ id, error: toPlainError(error) }));
});

async function answer(request: Request): Promise<void> {
  const { id } = request;
  switch (request.method) {
    case 'load': {
      const onProgress = (progress: Progress) => reply({ progress });
      model = await loadModel(request.source, { ...request.options, onProgress });
      const { card, provider } = model;
      return reply({ id, value: { card, provider, extras: extrasOf(model) } satisfies Loaded });
    }
    case 'predict': {
      const { x, level, label } = request;
      const value = await model!.predict(x, level, label, new Float32Array(x.length));
      return reply({ id, value }, [value.buffer as ArrayBuffer]);
    }
    case 'evaluate':
    case 'predictVariance': {
      const { method, x, level, label } = request;
      const value = await model![method]!(x, level, label);
      return reply({ id, value });
    }
    case 'release':
      await model?.release();
      return reply({ id, value: undefined });
  }
}
