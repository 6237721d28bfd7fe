import { readMetadata } from '@scorebridge/runtime';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CLASSIFIER_KEY } from '../build/classifier.js';
import { loadConfig } from '../config/load-config.js';
import type { ClassifierConfig } from '../config/schema.js';
import type { LabelledImages } from '../data/dataset.js';
import { compiledEngine } from '../engines/compiled.js';
import type { Engine } from '../engines/engine.js';
import { loadJudge } from '../evaluation/judge.js';
import { trainJudge } from './train-judge.js';

/** Pictures of digit d = 0 to 9, in turn: a bright bar in row 2 + 2 d. */
function bars(count: number): LabelledImages {
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const images = new Uint8Array(count * 784);
  labels.forEach((d, i) => images.fill(255, i * 784 + (2 + 2 * d) * 28, i * 784 + (3 + 2 * d) * 28));
  return { images, labels, count, shape: [28, 28, 1] };
}

const seed = 3;
const training = bars(100);
const unseen = bars(40);
// The first 10 have a wrong label.
const mislabelled = { ...unseen, labels: unseen.labels.map((d, i) => (i < 10 ? (d + 5) % 10 : d)) };
let config: ClassifierConfig;
let engine: Engine;
let runDir: string;

beforeAll(async () => {
  engine = await compiledEngine({ provider: 'cpu', threads: 1 });
  runDir = await mkdtemp(join(tmpdir(), 'scorebridge-judge-'));
  const short = { steps: 30, batch: 20, warmup: 5, shift: 0, seed };
  config = (await loadConfig('judge', short)) as ClassifierConfig;
});

test(
  'a judge learns, goes on where it was stopped, and its file says how often it is right',
  { tags: ['long'] },
  async () => {
    const stop = new AbortController();
    const options = { training, test: mislabelled, runDir, engine, command: 'scorebridge judge' };
    const stopped = await trainJudge(config, {
      ...options,
      signal: stop.signal,
      onEvent: (event) => event.type === 'step' && event.step === 10 && stop.abort(),
    });
    expect(stopped).toBeUndefined();

    const steps: number[] = [];
    const { model, accuracy, step, seconds } = (await trainJudge(config, {
      ...options,
      onEvent: (event) => event.type === 'step' && steps.push(event.step),
    }))!;
    expect([steps[0], step]).toEqual([11, config.steps]);
    expect(seconds).toBeGreaterThan(0);
    expect(accuracy, `seed ${seed}`).toBe(0.75);
    expect(JSON.parse(readMetadata(model)[CLASSIFIER_KEY]!)).toMatchObject({
      command: 'scorebridge judge',
      seed,
      step: config.steps,
      figures: { testAccuracy: 0.75 },
      dataset: { name: 'MNIST' },
    });

    const judge = await loadJudge({ model, provider: 'cpu' });
    const { probabilities } = await judge.judge(Float32Array.from(unseen.images, (pixel) => pixel / 255));
    await judge.release();
    unseen.labels.forEach((digit, i) =>
      expect(probabilities[i * 10 + digit], `picture ${i}, seed ${seed}`).toBeGreaterThan(0.5),
    );

    const again = (await trainJudge(config, options))!;
    expect([again.seconds, again.accuracy]).toEqual([undefined, 0.75]);
    expect(Buffer.from(again.model).equals(model)).toBe(true);
  },
);
