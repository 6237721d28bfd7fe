import { loadModel, type Progress, sample, type ScoreModel } from '@scorebridge/runtime';
import type { FromWorker, SampleRequest, ToWorker } from './protocol.js';
import { samplersFor } from './samplers.js';

/** The part of DedicatedWorkerGlobalScope that is used: its library does not go together with the page's. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
}

const scope = self as unknown as Scope;
const post = (message: FromWorker) => scope.postMessage(message);

/** At most so many frames of a run are shown and kept. */
const maxFrames = 120;

let model: ScoreModel;
let running = new AbortController();

function onProgress({ loaded, total }: Progress): void {
  if (total !== undefined) post({ type: 'loading', fraction: loaded / total });
}

async function answer(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'load':
      model = await loadModel(message.address, { provider: message.provider, onProgress });
      return post({ type: 'loaded', card: model.card, provider: model.provider });
    case 'sample':
      return run(message.request);
    case 'cancel':
      return running.abort();
  }
}

async function run({ sampler, steps, ...options }: SampleRequest): Promise<void> {
  running = new AbortController();
  const { signal } = running;
  const choice = samplersFor(model.card).find(({ id }) => id === sampler)!;
  const started = performance.now();
  const made = choice.make(steps);
  const every = Math.ceil(made.sampler.plan(model.card.process, made.steps).steps / maxFrames);
  const sampling = sample(model, { ...options, ...made, every, signal });
  for await (const frame of sampling) post({ type: 'frame', frame });
  const result = await sampling.result;
  post({
    type: 'done',
    samples: result.samples,
    steps: result.steps,
    milliseconds: performance.now() - started,
  });
}

scope.onmessage = ({ data }) => {
  answer(data).catch((error: unknown) => {
    if (running.signal.aborted) post({ type: 'cancelled' });
    else post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
};
