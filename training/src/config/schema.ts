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
  "Schedule: 'cosine', 'linear' or 'scaled-linear' (linear roots) betas of a vp process, 'geometric' noise levels of a ve process.";

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
    v.strictObject({
      name: v.literal('scaled-linear'),
      T,
      betaStart: option(positive, 8.5e-4, 'beta_1 of a scaled-linear schedule.'),
      betaEnd: option(positive, 1.2e-2, 'beta_T of a scaled-linear schedule.'),
    }),
  ],
  oneOf('name', 'cosine', 'linear', 'scaled-linear'),
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

const LOSS_WEIGHT =
  "Weight of a time step's error: 'uniform' (the error in what is predicted; for scores lambda = sigma^2, for mu 'bound'), 'snr', " +
  "'min-snr', 'truncated-snr' or 'p2' (of the error in x0) or 'bound' (that of the variational bound) of a vp process, " +
  "'sigma-power' of a ve process.";
const GAMMA = 'Bound of the signal-to-noise ratio in min-snr (5 by default), exponent of p2 (1 by default).';

const lossWeight = v.variant(
  'name',
  [
    v.strictObject({
      name: option(v.picklist(['uniform', 'snr', 'truncated-snr']), 'uniform', LOSS_WEIGHT),
    }),
    v.strictObject({ name: v.literal('min-snr'), gamma: option(positive, 5, GAMMA) }),
    v.strictObject({
      name: v.literal('p2'),
      k: option(positive, 1, 'What is added to the signal-to-noise ratio in p2.'),
      gamma: option(notNegative, 1, GAMMA),
    }),
    v.strictObject({
      name: v.literal('bound'),
      variance: option(
        v.picklist(['large', 'small']),
        'large',
        "sigma_t^2 of the chain in the weight 'bound': beta_t (large) or betat_t (small).",
      ),
    }),
    v.strictObject({
      name: v.literal('sigma-power'),
      p: option(number, 2, 'Exponent of lambda = sigma^p, the weight of the error in the score.'),
    }),
  ],
  oneOf('name', 'uniform', 'snr', 'min-snr', 'truncated-snr', 'p2', 'bound', 'sigma-power'),
);

const VARIANCE =
  "Variance of the steps of a vp process: 'fixed', or 'learned' beside what is predicted, by the variational bound.";

const variance = v.variant(
  'name',
  [
    v.strictObject({ name: option(v.literal('fixed'), 'fixed', VARIANCE) }),
    v.strictObject({
      name: v.literal('learned'),
      lambda: option(
        positive,
        0.001,
        'Weight of the variational bound that a learned variance is trained by.',
      ),
    }),
  ],
  oneOf('name', 'fixed', 'learned'),
);

/** The objectives of a ve process, whose networks predict its score. */
const SCORES: ReadonlySet<string> = new Set(['dsm', 'ssm', 'fd-ssm']);

const KIND =
  "Network: 'unet', which gives the prediction itself, or 'energy', whose slope is the score (ve processes).";

const unet = v.strictObject({
  kind: option(v.literal('unet'), 'unet', KIND),
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

const energy = v.strictObject({
  kind: option(v.literal('energy'), 'energy', KIND),
  channels: option(
    v.pipe(v.array(integer(1)), v.minLength(1)),
    [32, 64, 64],
    'Channels of the convolutions of an energy, each but the first of which halves the resolution.',
  ),
  embedding: option(
    v.pipe(integer(2), v.multipleOf(2)),
    32,
    'Width of the embedding of level and label in an energy.',
  ),
});

const network = v.variant('kind', [unet, energy], oneOf('kind', 'unet', 'energy'));

const text = v.pipe(v.string(), v.nonEmpty());

const images = v.strictObject({
  height: option(integer(1), 32, 'Height in pixels that the images of a folder are brought to.'),
  width: option(integer(1), 32, 'Width in pixels that the images of a folder are brought to.'),
  channels: option(v.picklist([1, 3]), 3, '1 for grey images, 3 for red, green and blue.'),
  fit: option(
    v.picklist(['crop', 'stretch']),
    'crop',
    "How an image of other proportions is made to fit: 'crop' cuts off what is over, 'stretch' distorts it.",
  ),
  broken: option(
    v.picklist(['skip', 'refuse']),
    'skip',
    "What happens to an image that cannot be decoded or is too small: 'skip' leaves it out and names it.",
  ),
});

/** What only the data themselves can tell; kept with a run so that it can be exported where they are not. */
const dataFacts = v.strictObject({
  shape: v.strictTuple([integer(1), integer(1), integer(1)]),
  count: integer(1),
  classes: integer(0),
  classNames: v.optional(v.array(text)),
});

const run = {
  name: option(text, 'model', 'Name of the model.'),
  dataset: option(
    v.picklist(['mnist', 'fashion-mnist', 'images', 'npy']),
    'mnist',
    "Data to learn from: a set that is known by name, or your own as a folder of 'images' or an array in an 'npy' file.",
  ),
  datasetName: option(
    v.nullable(text),
    null,
    'Name of the data in the model card; null takes that of the set, or of your folder or file.',
  ),
  licence: option(
    v.nullable(text),
    null,
    "Licence of the data in the model card; null takes that of the set, 'unknown' for your own.",
  ),
  images: v.optional(images, {}),
  flip: option(v.boolean(), false, 'Whether images are mirrored left to right at random.'),
  data: option(
    v.nullable(dataFacts),
    null,
    'Shape, number and classes of your own data; filled in from them.',
  ),
  batch: option(integer(1), 128, 'Samples of a training step.'),
  accumulate: option(
    v.nullable(integer(1)),
    null,
    'In how many equal parts a batch goes through the network, which takes less memory: the same step but for rounding; null for as many as the engine is fastest with.',
  ),
  steps: option(integer(1), 2000, 'Training steps.'),
  learningRate: option(positive, 1e-3, 'Largest learning rate.'),
  warmup: option(integer(0), 20, 'Steps over which the learning rate rises to its largest value.'),
  decay: option(
    v.picklist(['constant', 'linear', 'cosine', 'inverse-sqrt', 'step']),
    'cosine',
    'How the learning rate falls after the warm-up: linear and cosine to its final value, inverse-sqrt as sqrt(warmup / step), step at the milestones.',
  ),
  finalLearningRate: option(
    probability,
    0,
    'What a linear or cosine decay leaves of the learning rate, as a fraction.',
  ),
  milestones: option(
    v.array(integer(1)),
    [],
    'Steps after each of which a step decay multiplies the learning rate by the factor.',
  ),
  factor: option(positive, 0.1, 'What a step decay multiplies the learning rate by at a milestone.'),
  weightDecay: option(notNegative, 0, 'Weight decay of kernels and tables (AdamW).'),
  clipNorm: option(positive, 1, 'Norm that a larger gradient is scaled down to.'),
  emaDecay: option(
    fraction,
    0.999,
    'Decay of the moving average of the parameters, which is evaluated and exported.',
  ),
  emaHalfLives: option(
    v.pipe(
      v.array(integer(1)),
      v.check((lives) => new Set(lives).size === lives.length, 'expected each half-life once'),
    ),
    [],
    'Half-lives, in images, of further moving averages that are kept, each of which can be exported.',
  ),
  seed: option(integer(0), 0, 'Seed of the parameters, the order of the data and the noise.'),
  checkpointEvery: option(integer(1), 500, 'Steps from one checkpoint to the next.'),
  keepCheckpoints: option(integer(1), 3, 'How many checkpoints are kept, beside the best one.'),
  validation: option(
    integer(0),
    0,
    'How many of the last samples of the training data are held out; the loss on them tells the best checkpoint.',
  ),
  evaluateEvery: option(
    integer(1),
    500,
    'Steps from one evaluation on the held-out samples to the next, and at the last step.',
  ),
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
  threads: option(integer(0), 0, 'Threads of the compiled engine; 0 takes as many as there are cores.'),
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
      v.pipe(
        v.picklist(['eps', 'v', 'x0', 'mu', 'dsm', 'ssm', 'fd-ssm', 'score']),
        v.transform((objective) => (objective === 'score' ? 'dsm' : objective)),
      ),
      'v',
      'What is learned: eps, v, x0 or mu of a vp process; the score of a ve process by denoising score matching (dsm, or score), by sliced score matching (ssm) or that with finite differences (fd-ssm).',
    ),
    timeSteps: option(
      v.picklist(['stratified', 'uniform']),
      'stratified',
      "How a batch's time steps or noise levels are drawn: 'stratified' (spread evenly from one random offset) or 'uniform' (independently).",
    ),
    lossWeight: v.optional(lossWeight, {}),
    variance: v.optional(variance, {}),
    process: v.optional(process, {}),
    network: v.optional(network, {}),
  }),
  v.forward(
    v.check(
      ({ objective, process }) => SCORES.has(objective) === (process.kind === 've'),
      "expected 'eps', 'v', 'x0' or 'mu' with a vp process, 'dsm', 'ssm' or 'fd-ssm' with a ve process",
    ),
    ['objective'],
  ),
  v.forward(
    v.check(
      ({ lossWeight: { name }, process }) =>
        name === 'uniform' || (name === 'sigma-power') === (process.kind === 've'),
      "expected 'uniform', 'snr', 'min-snr', 'truncated-snr', 'p2' or 'bound' with a vp process, 'uniform' or 'sigma-power' with a ve process",
    ),
    ['lossWeight'],
  ),
  v.forward(
    v.check(
      ({ variance: { name }, process }) =>
        name === 'fixed' || (process.kind === 'vp' && process.schedule.T >= 2),
      "expected 'fixed' but with a vp process of 2 or more time steps",
    ),
    ['variance'],
  ),
  v.forward(
    v.check(
      ({ network: { kind }, process }) => kind === 'unet' || process.kind === 've',
      "expected the kind 'unet' with a vp process: the slope of an energy is a score, which a ve process asks for",
    ),
    ['network'],
  ),
);

const classifier = v.strictObject({
  task: v.literal('classifier'),
  ...run,
  shift: option(integer(0), 2, 'Pixels by which a classifier sees images moved at most, in each direction.'),
});

/** A training run: what is learned, from what, and how. An option that is left out has the default given here. */
export const configSchema = v.pipe(
  v.variant('task', [scoreModel, classifier], oneOf('task', 'score-model', 'classifier')),
  v.forward(
    v.check(({ batch, accumulate }) => batch % (accumulate ?? 1) === 0, 'expected a divisor of batch'),
    ['accumulate'],
  ),
  v.forward(
    v.check(
      ({ decay, milestones }) => (decay === 'step') === milestones.length > 0,
      "expected milestones with the decay 'step', and with no other",
    ),
    ['milestones'],
  ),
  v.forward(
    v.check(
      ({ decay, finalLearningRate }) => finalLearningRate === 0 || decay === 'linear' || decay === 'cosine',
      "expected 0 with a decay other than 'linear' or 'cosine'",
    ),
    ['finalLearningRate'],
  ),
);

/** A config with every option filled in. */
export type Config = v.InferOutput<typeof configSchema>;
export type ScoreModelConfig = Extract<Config, { task: 'score-model' }>;
export type ClassifierConfig = Extract<Config, { task: 'classifier' }>;

/** A config as it is written: options may be left out. */
export type ConfigInput = v.InferInput<typeof configSchema>;

/** Shape, number and classes of the user's own data. */
export type DataFacts = v.InferOutput<typeof dataFacts>;
