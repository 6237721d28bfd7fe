import { parentPort } from 'node:worker_threads';
import { loadModel } from '../model/node.js';
import { serveModel } from '../worker/serve-model.js';

const port = parentPort!;
port.on(
  'message',
  serveModel(
    (reply, transfer) => port.postMessage(reply, transfer),
    loadModel,
    ({ card, provider, remedy }) => ({ card, provider, remedy }),
  ),
);
