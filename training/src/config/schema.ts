import * as v from 'valibot';

/** An option that may be left out: its schema, its default and what it does. */
const option = <
  const S extends v.GenericSchema<string | number | boolean | readonly unknown[], unknown>,
  const D extends v.InferInput<S>,
>(
  schema: S,
  value: D,
  description: string,
) => v.optional(v.pipe(schema, v.description(description)), value as never);

const integer = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const number = v.pipe(v.number(), v.finite());
const positive = v.pipe(number, v.gtValue(0));
const notNegative = v.pipe(number, v.minValue(0));
const fraction = v.pipe(number, v.minValue(0), v.ltValue(1));

const T = option(integer(1), 1000, 'Number of time steps.');

const schedule = v.variant('name', [
  v.strictObject({
    name: v.literal('cosine'),
    T,
    s: option(notNegative, 0.008, 'Offset that keeps the first beta from vanishing.'),
  }),
  v.strictObject({
    name: v.literal('linear'),
    T,
    betaStart: option(positive, 1e-4, 'beta_1.'),
    betaEnd: option(positive, 2e-2, 'beta_T.'),
  }),
]);

const geometric = v.strictObject({
  name: v.literal('geometric'),
  sigmaMax: option(positive, 1, 'sigma_1, the largest noise level.'),
  sigmaMin: option(positive, 0.01, 'sigma_L, the smallest noise level.'),
  L: option(integer(2), 10, 'Number of noise levels.'),
});

const process = v.variant('kind', [
  v.strictObject({ kind: v.literal('vp'), schedule: v.optional(schedule, { name: 'cosine' }) }),
  v.strictObject({ kind: v.literal('ve'), schedule: v.optional(geometric, { name: 'geometric' }) }),
]);

const network = v.strictObject({
  spaceToDepth: option(
    v.picklist([1, 2]),
    2,
    'Side of the blocks of pixels that the stem turns into channels; 1 leaves them.',
  ),
  base: option(integer(2), 32, 'Channels of the first resolution.'),
  multipliers: option(
    v.pipe(v.array(integer(1)), v.minLength(1)),
    [1, 2],
    'Channels of each resolution, in units of base.',
  ),
  blocks: option(integer(1), 1, 'Residual blocks per resolution on the way down, one more on the way up.'),
  attention: option(v.array(integer(1)), [7], 'Heights, counted after the stem, that get self-attention.'),
  heads: option(integer(1), 1, 'Heads of the self-attention.'),
  groups: option(integer(1), 8, 'Groups of the group norms.'),
  dropout: option(fraction, 0, 'Dropout rate inside the residual blocks.'),
});

/** A training run: what is learned, from what, and how. An option that is left out has the default given here. */
export const configSchema = v.pipe(
  v.strictObject({
    name: option(v.pipe(v.string(), v.nonEmpty()), 'model', 'Name of the model.'),
    dataset: option(v.picklist(['mnist']), 'mnist', 'Data to learn from.'),
    valueRange: option(
      v.strictTuple([number, number]),
      [-1, 1],
      'What the smallest and the largest pixel value become.',
    ),
    labels: option(v.boolean(), true, 'Whether the network is told the label of a sample.'),
    labelDrop: option(
      v.pipe(number, v.minValue(0), v.maxValue(1)),
      0.1,
      'Probability with which a label is dropped, which guidance needs.',
    ),
    network: v.optional(network, {}),
    process: v.optional(process, { kind: 'vp' }),
    objective: option(
      v.picklist(['eps', 'v', 'dsm']),
      'v',
      'What is learned: eps or v of a vp process, the score of a ve process by denoising score matching (dsm).',
    ),
    batch: option(integer(1), 128, 'Samples of a training step.'),
    steps: option(integer(1), 2000, 'Training steps.'),
    learningRate: option(positive, 1e-3, 'Largest learning rate.'),
    warmup: option(integer(0), 20, 'Steps over which the learning rate rises to its largest value.'),
    decay: option(
      v.picklist(['constant', 'linear', 'cosine']),
      'cosine',
      'How the learning rate falls to 0 after the warm-up.',
    ),
    weightDecay: option(notNegative, 0, 'Weight decay of kernels and tables (AdamW).'),
    clipNorm: option(positive, 1, 'Norm that a larger gradient is scaled down to.'),
    emaDecay: option(fraction, 0.999, 'Decay of the moving average of the parameters, which is exported.'),
    seed: option(integer(0), 0, 'Seed of the parameters, the order of the data and the noise.'),
    checkpointEvery: option(integer(1), 500, 'Steps from one checkpoint to the next.'),
    logEvery: option(integer(1), 10, 'Steps from one line of the log to the next.'),
    engine: option(
      v.picklist(['auto', 'compiled', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu']),
      'auto',
      'What computes the training steps; auto takes the fastest that loads.',
    ),
    provider: option(
      v.picklist(['auto', 'cpu', 'cuda', 'webgpu']),
      'auto',
      'Execution provider of ONNX Runtime, for the compiled engine.',
    ),
  }),
  v.check(({ valueRange: [low, high] }) => low < high, 'valueRange: expected the smaller value first'),
  v.check(
    ({ objective, process }) => (objective === 'dsm') === (process.kind === 've'),
    "objective: expected 'eps' or 'v' with a vp process, 'dsm' with a ve process",
  ),
);

/** A config with every option filled in. */
export type Config = v.InferOutput<typeof configSchema>;

/** A config as it is written: options may be left out. */
export type ConfigInput = v.InferInput<typeof configSchema>;
