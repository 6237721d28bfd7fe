import { type BrowserLoadOptions, loadHere } from '../model/load-here.js';
import type { ModelSource } from '../model/read-source.js';
import type { Reply, Request } from '../worker/messages.js';
import { serveModel } from '../worker/serve-model.js';
import type { Held } from './held.js';

/** The part of DedicatedWorkerGlobalScope that is used: its library does not go together with the page's. */
interface Scope {
  postMessage(message: Reply | Held, transfer: Transferable[]): void;
  onmessage: (event: MessageEvent<Request<ModelSource, BrowserLoadOptions>>) => void;
}

/** It does not import what starts it: bundlers refuse the circle. */
const scope = self as unknown as Scope;
const answer = serveModel(
  (reply, transfer) => scope.postMessage(reply, transfer),
  loadHere,
  ({ card, provider, remedy, origin }) => ({ card, provider, remedy, origin }),
);
scope.onmessage = ({ data }) => answer(data);

// Only a secure context has locks; elsewhere a worker that ends by itself is not missed.
const { locks } = navigator as Partial<Pick<Navigator, 'locks'>>;
if (locks) {
  const held = `scorebridge-worker-${crypto.randomUUID()}`;
  void locks.request(held, () => {
    scope.postMessage({ held }, []);
    return new Promise(() => undefined);
  });
}
