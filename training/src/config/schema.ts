import * as v from 'valibot';
import { ENGINE_NAMES } from '../engines/engine.js';

/** An option that may be left out: its schema, its default and what it does. */
const option = <const S extends v.GenericSchema, const D extends v.InferInput<S>>(
  schema: S,
  value: D,
  description: string,
) => v.optional(v.pipe(schema, v.description(description)), value);

const integer = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const number = v.pipe(v.number(), v.finite());
const positive = v.pipe(number, v.gtValue(0));
const notNegative = v.pipe(number, v.minValue(0));
const fraction = v.pipe(number, v.minValue(0), v.ltValue(1));
const probability = v.pipe(number, v.minValue(0), v.maxValue(1));

/** The message for a group whose `key` decides what else is in it. */
const oneOf =
  (key: string, ...values: string[]) =>
  ({ received }: v.BaseIssue<unknown>) =>
    `expected a group whose ${key} is '${values.join("' or '")}', found ${received}`;

const T = option(integer(1), 1000, 'Number of time steps.');
const SCHEDULE =
  "Schedule: 'cosine' or 'linear' betas of a vp process, 'geometric' noise levels of a ve process.";

const betas = v.variant(
  'name',
  [
    v.strictObject({
      name: option(v.literal('cosine'), 'cosine', SCHEDULE),
      T,
      s: option(notNegative, 0.008, 'Offset that keeps the first beta of a cosine schedule from vanishing.'),
    }),
    v.strictObject({
      name: v.literal('linear'),
      T,
      betaStart: option(positive, 1e-4, 'beta_1 of a linear schedule.'),
      betaEnd: option(positive, 2e-2, 'beta_T of a linear schedule.'),
    }),
  ],
  oneOf('name', 'cosine', 'linear'),
);

const sigmas = v.strictObject({
  name: option(v.literal('geometric'), 'geometric', SCHEDULE),
  sigmaMax: option(positive, 1, 'sigma_1, the largest noise level.'),
  sigmaMin: option(positive, 0.01, 'sigma_L, the smallest noise level.'),
  L: option(integer(2), 10, 'Number of noise levels.'),
});

const process = v.variant(
  'kind',
  [
    v.strictObject({
      kind: option(
        v.literal('vp'),
        'vp',
        "Noise process: 'vp' (noise takes the data's place) or 've' (it is added).",
      ),
      schedule: v.optional(betas, {}),
    }),
    v.strictObject({ kind: v.literal('ve'), schedule: v.optional(sigmas, {}) }),
  ],
  oneOf('kind', 'vp', 've'),
);

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
    'Channels of each resolution, in units of base; each is half as high and wide as the one before.',
  ),
  blocks: option(integer(1), 1, 'Residual blocks per resolution on the way down, one more on the way up.'),
  attention: option(v.array(integer(1)), [7], 'Heights, counted after the stem, that get self-attention.'),
  heads: option(integer(1), 1, 'Heads of the self-attention.'),
  groups: option(integer(1), 8, 'Groups of the group norms.'),
  dropout: option(fraction, 0, 'Dropout rate inside the residual blocks.'),
});

const run = {
  name: option(v.pipe(v.string(), v.nonEmpty()), 'model', 'Name of the model.'),
  dataset: option(v.picklist(['mnist']), 'mnist', 'Data to learn from.'),
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
  tensorboard: option(v.boolean(), true, 'Whether TensorBoard is given what is logged and drawn.'),
  engine: option(
    v.picklist(['auto', ...ENGINE_NAMES]),
    'auto',
    'What computes the training steps; auto takes the fastest that loads.',
  ),
  provider: option(
    v.picklist(['auto', 'cpu', 'cuda', 'webgpu']),
    'auto',
    'Execution provider of ONNX Runtime, for the compiled engine.',
  ),
};

const scoreModel = v.pipe(
  v.strictObject({
    task: option(
      v.literal('score-model'),
      'score-model',
      "What is trained: a 'score-model', or a 'classifier' of images such as the judge.",
    ),
    ...run,
    valueRange: option(
      v.pipe(
        v.strictTuple([number, number]),
        v.check(([low, high]) => low < high, 'expected the smaller value first'),
      ),
      [-1, 1],
      'What the smallest and the largest pixel value become.',
    ),
    sampleEvery: option(
      integer(0),
      0,
      'Steps from one grid of samples, drawn while training, to the next; 0 for none.',
    ),
    sampleCount: option(integer(1), 20, 'Samples in such a grid.'),
    labels: option(v.boolean(), true, 'Whether the network is told the label of a sample.'),
    labelDrop: option(probability, 0.1, 'Probability with which a label is dropped, which guidance needs.'),
    objective: option(
      v.picklist(['eps', 'v', 'dsm']),
      'v',
      'What is learned: eps or v of a vp process, the score of a ve process by denoising score matching (dsm).',
    ),
    process: v.optional(process, {}),
    network: v.optional(network, {}),
  }),
  v.forward(
    v.check(
      ({ objective, process }) => (objective === 'dsm') === (process.kind === 've'),
      "expected 'eps' or 'v' with a vp process, 'dsm' with a ve process",
    ),
    ['objective'],
  ),
);

const classifier = v.strictObject({
  task: v.literal('classifier'),
  ...run,
  shift: option(integer(0), 2, 'Pixels by which a classifier sees images moved at most, in each direction.'),
});

/** A training run: what is learned, from what, and how. An option that is left out has the default given here. */
export const configSchema = v.variant(
  'task',
  [scoreModel, classifier],
  oneOf('task', 'score-model', 'classifier'),
);

/** A config with every option filled in. */
export type Config = v.InferOutput<typeof configSchema>;
export type ScoreModelConfig = Extract<Config, { task: 'score-model' }>;
export type ClassifierConfig = Extract<Config, { task: 'classifier' }>;

/** A config as it is written: options may be left out. */
export type ConfigInput = v.InferInput<typeof configSchema>;
