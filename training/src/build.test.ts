import {
  alphaBars,
  cosineBetas,
  createSession,
  geometricSigmas,
  loadModel,
  linearBetas,
  normals,
  readCard,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { build } from './build.js';
import { parseConfig } from './config/parse-config.js';
import { parameterCount, unpack, type ParameterSpec } from './models/parameters.js';
import type { Predict } from './objectives/objective.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 5;
const BATCH = 3;
const GREY = 60;
const run = { step: 7, engine: 'compiled', command: 'scorebridge train', figures: { loss: 0.5 } };
const small = { base: 8, groups: 4, multipliers: [1, 2], attention: [7] };
const configs = {
  v: { name: 'small', batch: BATCH, network: small },
  eps: {
    batch: BATCH,
    network: small,
    labels: false,
    objective: 'eps',
    process: { schedule: { name: 'linear' } },
  },
  x0: {
    batch: BATCH,
    network: small,
    objective: 'x0',
    lossWeight: { name: 'min-snr' },
    timeSteps: 'uniform',
  },
  dsm: { batch: BATCH, network: small, objective: 'dsm', process: { kind: 've' }, valueRange: [0, 1] },
  judge: { task: 'classifier', name: 'small judge', batch: BATCH },
};
const built = (name: keyof typeof configs) => build(parseConfig(configs[name], name));

/** Four images of the same grey, labelled 0 to 3. */
const data = {
  images: new Uint8Array(4 * 784).fill(GREY),
  labels: Uint8Array.of(0, 1, 2, 3),
  count: 4,
  shape: [28, 28, 1],
} as const;

/** Parameters that no layer leaves at zero. */
const moved = (specs: readonly ParameterSpec[]) =>
  normals(new Float32Array(parameterCount(specs)), { seed, stream: 1000 }).map((z) => 0.1 * z);

test('the card says what the config does', () => {
  expect(built('v').card(run)).toMatchObject({
    name: 'small',
    shape: [28, 28, 1],
    layout: 'channels-last',
    valueRange: [-1, 1],
    process: { kind: 'vp', schedule: { name: 'cosine', T: 1000 } },
    parametrisation: 'v',
    classes: { count: 10, unconditional: 10 },
    ema: 0.999,
    step: 7,
    figures: { loss: 0.5 },
  });
  expect(built('eps').card({ ...run, average: false })).toMatchObject({
    parametrisation: 'eps',
    classes: null,
    ema: null,
  });
  expect(built('dsm').card(run)).toMatchObject({ parametrisation: 'score', valueRange: [0, 1] });
  expect(build(parseConfig({ labelDrop: 0, network: small }, 'x')).card(run).classes).toEqual({
    count: 10,
    unconditional: null,
  });
  expect(() => built('judge').card(run)).toThrow('small judge is a classifier: it has no model card');
});

test('options that do not fit together are refused before any work', () => {
  const config = (options: object) => parseConfig(options, 'x');
  expect(() => build(config({ network: { multipliers: [1, 1, 1, 1] } }))).toThrow('28 x 28');
  expect(() => build(config({ network: { base: 4 } }))).toThrow('Group norm');
  expect(() => build(config({ process: { schedule: { name: 'linear', betaEnd: 1 } } }))).toThrow(
    'betaEnd < 1',
  );
  const upsideDown = { sigmaMax: 0.01, sigmaMin: 1 };
  expect(() => build(config({ objective: 'dsm', process: { kind: 've', schedule: upsideDown } }))).toThrow(
    'sigmaMin < sigmaMax',
  );
});

test('where a run is and how often it is saved, logged and drawn from is no part of what it is', () => {
  const often = { checkpointEvery: 3, keepCheckpoints: 9, evaluateEvery: 2, logEvery: 1 };
  const watched = { tensorboard: false, sampleEvery: 5, sampleCount: 4 };
  const here = { engine: 'tfjs-cpu', provider: 'cpu', threads: 3, ...often, ...watched };
  expect(build(parseConfig({ ...configs.v, ...here }, 'x')).config).toEqual(built('v').config);
  expect(build(parseConfig({ ...configs.v, seed: 1 }, 'x')).config).not.toEqual(built('v').config);
});

/** The loss of a plan's objective on its own data, for a network that predicts by a formula. */
function lossOf(name: keyof typeof configs, predict: Predict): number {
  const { objective, batch } = built(name).plan(data);
  const inputs = Object.entries(objective.draw(batch(3), { seed, step: 3 })).map(([input, tensor]) => [
    input,
    tf.tensor(tensor.data as Float32Array, [...tensor.dims], tensor.type as 'float32'),
  ]);
  return tf.tidy(() => objective.loss(predict, Object.fromEntries(inputs)).dataSync()[0]!);
}

// All images are one grey c, so that what is asked for follows from the noisy image and its level.
test.each([
  ['eps', alphaBars(linearBetas()), false],
  ['v', alphaBars(cosineBetas()), true],
  ['x0', alphaBars(cosineBetas()), true],
] as const)('%s is learned under its own schedule and value range', (name, abar, labelled) => {
  const c = -1 + (2 * GREY) / 255;
  const loss = lossOf(name, (xt, level, label) => {
    expect(label !== undefined).toBe(labelled);
    const perImage = (f: (abar: number) => number) =>
      tf.tensor4d(
        Array.from(level.dataSync(), (t) => f(abar[t]!)),
        [BATCH, 1, 1, 1],
      );
    const [a, b] = [perImage(Math.sqrt), perImage((abar) => Math.sqrt(1 - abar))];
    const eps = tf.div(tf.sub(xt, tf.mul(a, c)), b);
    if (name === 'x0') return tf.fill(xt.shape, c);
    return name === 'eps' ? eps : tf.sub(tf.mul(a, eps), tf.mul(b, c));
  });
  expect(loss, `seed ${seed}`).toBeLessThan(1e-6);
});

test('the loss is weighted and the time steps are drawn as the config says', () => {
  const drawn = (lossWeight: object, options: object = {}) => {
    const { objective, batch } = build(parseConfig({ ...configs.v, lossWeight, ...options }, 'x')).plan(data);
    return objective.draw(batch(1), { seed, step: 1 });
  };
  const t = Array.from(drawn({}).level!.data as Float32Array);
  const abar = alphaBars(cosineBetas());
  const weights = {
    snr: (snr: number) => snr,
    'min-snr': (snr: number) => Math.min(snr, 5),
    'truncated-snr': (snr: number) => Math.max(snr, 1),
    p2: (snr: number) => snr / (1 + snr),
  };
  for (const [name, weight] of Object.entries(weights)) {
    const found = drawn({ name }).weight!.data as Float32Array;
    t.forEach((t, i) => {
      const snr = abar[t]! / (1 - abar[t]!);
      expect(found[i]! / (weight(snr) / (snr + 1)), name).toBeCloseTo(1, 6);
    });
  }
  expect(drawn({ name: 'uniform' })).not.toHaveProperty('weight');
  const ve = { objective: 'dsm', process: { kind: 've' } };
  const { level, weight } = drawn({ name: 'sigma-power', p: 1 }, ve);
  (level!.data as Float32Array).forEach((sigma, i) =>
    expect((weight!.data as Float32Array)[i]! * sigma).toBeCloseTo(1, 6),
  );
  expect(drawn({}, { timeSteps: 'uniform' }).level!.data).not.toEqual(drawn({}).level!.data);
});

test('held-out images are evaluated, all of them, and never trained on', () => {
  const count = 10;
  const distinct = {
    images: Uint8Array.from({ length: count * 784 }, (_, i) => Math.floor(i / 784)),
    labels: Uint8Array.from({ length: count }, (_, i) => i),
    count,
    shape: [28, 28, 1],
  } as const;
  for (const name of ['v', 'judge'] as const) {
    const config = parseConfig({ ...configs[name], validation: 4 }, 'x');
    const { batch, validation } = build(config).plan(distinct);
    const seen = (batches: number, of: (k: number) => ReturnType<typeof batch>) =>
      new Set(
        Array.from({ length: batches }, (_, k) => of(k + 1)).flatMap(({ x, label }) => {
          const labels = [...(label!.data as Int32Array)];
          expect(x.dims).toEqual([BATCH, 28, 28, 1]);
          // The image is that of its label.
          const [low, high] = config.task === 'classifier' ? [0, 1] : config.valueRange;
          labels.forEach((l, i) =>
            expect((x.data as Float32Array)[i * 784]).toBeCloseTo(low + ((high - low) * l) / 255, 6),
          );
          return labels;
        }),
      );
    // The three batches of the training's size that its six images fill, and one more; two for the four held out.
    expect([...seen(3, batch)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(validation!.batches).toBe(2);
    expect([...seen(2, (k) => validation!.batch(k))].sort()).toEqual([6, 7, 8, 9]);
  }
  expect(() => build(parseConfig({ ...configs.v, validation: 10 }, 'x')).plan(distinct)).toThrow(
    '10 images cannot be held out of 10',
  );
});

test('a config that a version with fewer options wrote is completed', () => {
  const { config, completeConfig } = built('v');
  const known = [
    'task',
    'name',
    'dataset',
    'batch',
    'steps',
    'learningRate',
    'warmup',
    'decay',
    'weightDecay',
  ];
  known.push(
    'clipNorm',
    'emaDecay',
    'seed',
    'valueRange',
    'labels',
    'labelDrop',
    'objective',
    'process',
    'network',
  );
  const older = Object.fromEntries(known.map((key) => [key, config[key]]));
  expect(older).not.toEqual(config);
  expect(completeConfig!(older)).toEqual(config);
});

test('half-lives are counted in images, and each has an average of its name', () => {
  const { optimiser } = build(parseConfig({ ...configs.v, batch: 50, emaHalfLives: [500, 20_000] }, 'x'));
  expect(optimiser.averages).toEqual({ ema_500: 10, ema_20000: 400 });
  expect(built('v').optimiser.averages).toEqual({});
});

test('the score is learned at the noise levels, with values in [0, 1]', () => {
  const sigmas = [...new Float32Array(geometricSigmas())];
  const loss = lossOf('dsm', (x, sigma) => {
    for (const level of sigma.dataSync()) expect(sigmas).toContain(level);
    return tf.div(tf.sub(GREY / 255, x), tf.reshape(tf.square(sigma), [-1, 1, 1, 1]));
  });
  expect(loss, `seed ${seed}`).toBeLessThan(1e-6);
});

test(
  'a learned variance is what the config says: lambda, the value range, and an output of the exported model',
  { tags: ['long'] },
  async () => {
    const config = (variance: object) =>
      build(parseConfig({ ...configs.eps, valueRange: [0, 2], variance }, 'learned'));
    const lossAt = (variance: object, share: number) => {
      const { objective, batch } = config(variance).plan(data);
      const inputs = Object.entries(objective.draw(batch(3), { seed, step: 3 })).map(([input, tensor]) => [
        input,
        tf.tensor(tensor.data as Float32Array, [...tensor.dims]),
      ]);
      const zeros: Predict = (x) => tf.zerosLike(x);
      const predict = Object.assign(zeros, {
        withVariance: (x: tf.Tensor) => ({
          prediction: tf.zerosLike(x),
          varianceShare: tf.fill(x.shape, share),
        }),
      });
      return tf.tidy(() => objective.loss(predict, Object.fromEntries(inputs)).dataSync()[0]!);
    };
    const simple = lossAt({}, 0);
    const bound = (share: number) => (lossAt({ name: 'learned', lambda: 1 }, share) - simple) / 1;
    expect((lossAt({ name: 'learned' }, 0.5) - simple) / (0.001 * bound(0.5))).toBeCloseTo(1, 2);
    // A prediction of 0 is far off: a large variance covers that better than a small one.
    expect(bound(1)).toBeLessThan(bound(0));

    const { network, exportModel } = config({ name: 'learned' });
    const { model } = exportModel(moved(network.specs), run);
    const loaded = await loadModel(model);
    const x = normals(new Float32Array(784), { seed });
    const { prediction, varianceShare } = await loaded.predictVariance!(x, 300);
    await loaded.release();
    const p = unpack(tf.tensor1d(moved(network.specs)), network.specs);
    const expected = network.applyWithVariance!(p, tf.tensor(x, [1, 28, 28, 1]), tf.tensor1d([300]));
    for (const [found, tensor] of [
      [prediction, expected.prediction],
      [varianceShare, expected.varianceShare],
    ] as const) {
      const values = tensor.dataSync();
      found.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(1e-4));
    }
  },
);

test('an energy is a network by name: its model gives the energy, and a score that is its slope', async () => {
  const config = { ...configs.dsm, network: { kind: 'energy', channels: [4, 8], embedding: 8 } };
  const { network, exportModel, card } = build(parseConfig(config, 'energy'));
  expect(card(run)).toMatchObject({ parametrisation: 'score', classes: { count: 10 } });
  const flat = moved(network.specs).map((w) => 5 * w);
  const loaded = await loadModel(exportModel(flat, run).model);
  const x = normals(new Float32Array(784), { seed }).map((z) => 0.5 + 0.2 * z);
  const [direction, label] = [normals(new Float32Array(784), { seed, sample: 1 }), Int32Array.of(4)];
  const h = 1e-2;
  const at = async (by: number) => {
    const there = x.map((value, i) => value + by * direction[i]!);
    return loaded.evaluate!(there, 0.5, label);
  };
  const [plus, minus, { prediction }] = [await at(h), await at(-h), await at(0)];
  await loaded.release();
  const slope = (plus.energy[0]! - minus.energy[0]!) / (2 * h);
  const along = prediction.reduce((sum, s, i) => sum + s * direction[i]!, 0);
  expect(Math.abs(slope)).toBeGreaterThan(0.01);
  expect(along / slope, `seed ${seed}`).toBeCloseTo(-1, 2);
});

test('the judge learns labels from values in [0, 1]', () => {
  const certain = (right: number) =>
    lossOf('judge', (x) => {
      expect(x.dataSync()[0]).toBeCloseTo(GREY / 255, 6);
      const labels = built('judge').plan(data).batch(3).label!.data as Int32Array;
      return tf.mul(right, tf.oneHot(tf.tensor1d(labels, 'int32'), 10));
    });
  expect(certain(0)).toBeCloseTo(Math.log(10), 5);
  expect(certain(30)).toBeLessThan(1e-5);
});

test.each(['v', 'dsm'] as const)(
  'the exported score model %s keeps the names of its weights and predicts as it does in tfjs',
  { tags: ['long'] },
  async (name) => {
    const { network, exportModel, card } = built(name);
    const flat = moved(network.specs);
    const { model } = exportModel(flat, run);
    expect(readCard(model)).toEqual(card(run));
    const text = Buffer.from(model).toString('latin1');
    for (const spec of network.specs) expect(text).toContain(spec.name);

    const { session } = await createSession(model, { provider: 'cpu' });
    const x = normals(new Float32Array(3 * 784), { seed });
    const level = name === 'v' ? [1, 500, 1000] : [0.01, 0.3, 1];
    const { prediction } = await session.run({
      x: new Tensor('float32', x, [3, 28, 28, 1]),
      level: new Tensor('float32', level, [3]),
      label: new Tensor('int32', [0, 9, 10], [3]),
    });
    const expected = tf.tidy(() =>
      network
        .apply(
          unpack(tf.tensor1d(flat), network.specs),
          tf.tensor(x, [3, 28, 28, 1]),
          tf.tensor1d(level),
          tf.tensor1d([0, 9, 10], 'int32'),
        )
        .dataSync(),
    );
    const largest = Math.max(...expected.map(Math.abs));
    const worst = Math.max(...expected.map((y, i) => Math.abs(y - (prediction!.data as Float32Array)[i]!)));
    expect(largest).toBeGreaterThan(0.1);
    expect(worst / largest, `seed ${seed}`).toBeLessThan(1e-4);
    await session.release();
  },
);

test('the exported judge gives logits and features, and says where it comes from', async () => {
  const { network, exportModel } = built('judge');
  const { model } = exportModel(moved(network.specs), run);
  expect(Buffer.from(model).toString('latin1')).toContain('"command":"scorebridge train"');
  const { session } = await createSession(model, { provider: 'cpu' });
  const x = normals(new Float32Array(2 * 784), { seed });
  const { logits, features } = await session.run({ x: new Tensor('float32', x, [2, 28, 28, 1]) });
  expect([logits!.dims, features!.dims]).toEqual([
    [2, 10],
    [2, 128],
  ]);
  const p = unpack(tf.tensor1d(moved(network.specs)), network.specs);
  const expected = network.apply(p, tf.tensor(x, [2, 28, 28, 1]), tf.zeros([2])).dataSync();
  const worst = Math.max(...expected.map((y, i) => Math.abs(y - (logits!.data as Float32Array)[i]!)));
  expect(worst, `seed ${seed}`).toBeLessThan(1e-4);
  await session.release();
});
