import { createSession, loadModel } from '@scorebridge/runtime';
import { exportScoreModel } from '@scorebridge/export';
import { initialise, parameterCount, unet, unpack } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCard } from './support/card.js';
import { seededNumbers } from './support/random.js';

const SEED = 7;

/** The quickstart's network, and one that uses what that one leaves out: stem 1, heads, three levels, sigma. */
const NETWORKS = {
  'class-conditional on 28 x 28': {
    shape: [28, 28, 1],
    options: { spaceToDepth: 2, base: 32, multipliers: [1, 2], attention: [7], classes: 10 },
    levels: [1, 1000],
  },
  'score network on 16 x 16 x 3': {
    shape: [16, 16, 3],
    options: {
      base: 16,
      multipliers: [1, 2, 2],
      blocks: 2,
      attention: [8, 4],
      heads: 2,
      levelScale: 'log',
      outputScale: 'sigma',
    },
    levels: [0.01, 1],
  },
} as const;

describe.each(Object.entries(NETWORKS))('U-Net, %s', (_name, { shape, options, levels }) => {
  const classes = 'classes' in options ? options.classes : 0;
  const network = unet({ shape, ...options });
  const random = seededNumbers(SEED);
  // Every parameter away from zero, or the zero-initialised last convolutions would hide what comes before them.
  const flat = initialise(network.specs, SEED).map((value) => value + 0.1 * (random() - 0.5));
  const parameters = unpack(tf.tensor1d(flat), network.specs);
  let bytes: Uint8Array;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    const card = testCard({
      shape: [...shape],
      ...(classes && { classes: { count: classes, unconditional: classes } }),
    });
    bytes = exportScoreModel((x, level, label) => network.apply(parameters, x, level, label), card, {
      names: parameters,
    }).model;
  });
  afterAll(() => tf.dispose(parameters));

  it('names the nodes of its blocks in the file', () => {
    const file = Buffer.from(bytes);
    for (const name of [
      'stem/Conv',
      'down.0.block.0.conv1/Conv',
      'middle.block.0.attention/MatMul',
      'out.conv/Conv',
    ])
      expect(file.includes(name), name).toBe(true);
    expect(file.includes('residualBlock')).toBe(true);
  });

  it.each([1, 3, 17])('is within 1e-4 of tfjs eager at batch %i', async (batch) => {
    const size = shape[0] * shape[1] * shape[2];
    const x = Float32Array.from({ length: batch * size }, () => 4 * random() - 2);
    const level = Float32Array.from({ length: batch }, () => levels[0] + (levels[1] - levels[0]) * random());
    const label = classes
      ? Int32Array.from({ length: batch }, () => Math.floor(random() * (classes + 1)))
      : undefined;
    const expected = tf.tidy(() =>
      network
        .apply(
          parameters,
          tf.tensor(x, [batch, ...shape]),
          tf.tensor1d(level),
          label && tf.tensor1d(label, 'int32'),
        )
        .dataSync(),
    );
    const model = await loadModel(bytes, { provider: 'cpu' });
    const found = await model.predict(x, level, label);
    await model.release();
    const scale = Math.max(...expected.map(Math.abs));
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
    // A network whose output vanished would agree with anything.
    expect(scale, `seed ${SEED}`).toBeGreaterThan(0.1);
    expect(worst, `seed ${SEED}, batch ${batch}`).toBeLessThanOrEqual(1e-4 * Math.max(1, scale));
  });

  it('names every weight, and holds no more than the weights', async () => {
    const { session } = await createSession(bytes, { provider: 'cpu' });
    await session.release();
    const text = Buffer.from(bytes).toString('latin1');
    for (const { name } of network.specs) expect(text, name).toContain(name);
    expect(bytes.length).toBeLessThan(4 * parameterCount(network.specs) * 1.05 + 200_000);
  });

  it('refuses a tensor of another shape in one sentence', async () => {
    const model = await loadModel(bytes, { provider: 'cpu' });
    await expect(model.predict(new Float32Array(5), new Float32Array(1))).rejects.toThrow(/5/);
    await model.release();
  });
});
