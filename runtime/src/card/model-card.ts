import * as v from 'valibot';

const positiveInteger = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const naturalNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const text = v.pipe(v.string(), v.nonEmpty());

/** Betas that rise evenly, themselves ('linear') or their roots ('scaled-linear'). */
const rising = <const Name extends 'linear' | 'scaled-linear'>(name: Name) =>
  v.pipe(
    v.object({ name: v.literal(name), betaStart: positive, betaEnd: positive, T: positiveInteger }),
    v.check(
      ({ betaStart, betaEnd }) => betaStart <= betaEnd && betaEnd < 1,
      'expected 0 < betaStart <= betaEnd < 1',
    ),
  );
const linear = rising('linear');
const scaledLinear = rising('scaled-linear');
const cosine = v.object({
  name: v.literal('cosine'),
  s: v.pipe(v.number(), v.finite(), v.minValue(0)),
  T: positiveInteger,
});
const geometric = v.pipe(
  v.object({
    name: v.literal('geometric'),
    sigmaMax: positive,
    sigmaMin: positive,
    L: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
  }),
  v.check(({ sigmaMax, sigmaMin }) => sigmaMin < sigmaMax, 'expected sigmaMin < sigmaMax'),
);

/** The noise process a model was trained under; `kind` says what its `level` input is (t in 1..T for vp, sigma for ve). */
export const processSchema = v.variant('kind', [
  v.object({ kind: v.literal('vp'), schedule: v.variant('name', [linear, scaledLinear, cosine]) }),
  v.object({ kind: v.literal('ve'), schedule: v.variant('name', [geometric]) }),
]);

/** What `prediction` is an estimate of; `mu` is the mean of the previous step of the chain the model was trained on. */
export const parametrisationSchema = v.picklist(['eps', 'x0', 'v', 'mu', 'score', 'denoiser']);

const classesSchema = v.pipe(
  v.object({
    /** Number of classes; a label is 0 to count - 1. */
    count: positiveInteger,
    names: v.optional(v.array(text)),
    /** The label that stands for "no label", or null if labels were never dropped in training. */
    unconditional: v.nullable(naturalNumber),
  }),
  v.check(({ count, names }) => !names || names.length === count, 'expected as many class names as classes'),
);

/**
 * How to ask a graph that Scorebridge did not write: which of its inputs and outputs are what, and in which form it is told
 * the level.
 */
export const graphSchema = v.object({
  /** The names of the input x, of the level, of the label where it has one, and of the output that is the prediction. */
  x: text,
  level: text,
  label: v.optional(text),
  prediction: text,
  /** What the level input is told: the level as it is (t in 1..T or sigma; the default), or of a vp process t - 1. */
  levelAs: v.optional(v.picklist(['level', 'index'])),
  /**
   * Of a ve model that is EDM's F: it is told ln(sigma) / 4 and x / sqrt(sigma^2 + sigmaData^2), and the denoiser is
   * made of what it says (Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, table 1).
   */
  preconditioning: v.optional(v.object({ sigmaData: positive })),
});

const modelCardObject = v.object({
  /** Version of this format. A reader takes any minor version of its major one. */
  format: v.pipe(v.string(), v.regex(/^\d+\.\d+$/)),
  name: text,
  /** Shape of one sample, without the batch. */
  shape: v.pipe(v.array(positiveInteger), v.minLength(1)),
  layout: v.picklist(['channels-last', 'channels-first', 'flat']),
  /** The smallest and the largest value of the data that the model saw. */
  valueRange: v.pipe(
    v.tuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())]),
    v.check(([low, high]) => low < high, 'expected the smaller value first'),
  ),
  process: processSchema,
  parametrisation: parametrisationSchema,
  classes: v.nullable(classesSchema),
  /** Decay of the moving average that the weights are, or null. */
  ema: v.nullable(v.pipe(v.number(), v.minValue(0), v.ltValue(1))),
  dataset: v.object({ name: text, licence: text }),
  seed: naturalNumber,
  /** Training steps taken. */
  step: naturalNumber,
  /** The training engine. */
  engine: text,
  /** Version of Scorebridge that wrote the file. */
  scorebridge: text,
  /** The command that made the model. */
  command: text,
  /** What was measured, by name. */
  figures: v.record(v.string(), v.union([v.number(), v.string()])),
  /** Of a file that Scorebridge did not write; without it the graph has the names of those that it writes. */
  graph: v.optional(graphSchema),
});

/** What a model file says of itself: the JSON under `CARD_KEY` of an ONNX file. */
export const modelCardSchema = v.pipe(
  modelCardObject,
  v.check(
    ({ graph, process }) => graph?.levelAs !== 'index' || process.kind === 'vp',
    "a graph's levelAs is 'index' of a vp process alone",
  ),
  v.check(
    ({ graph, process, parametrisation }) =>
      !graph?.preconditioning || (process.kind === 've' && parametrisation === 'denoiser'),
    "a graph with preconditioning is one of a ve process, and its parametrisation 'denoiser'",
  ),
  v.check(
    ({ graph, classes }) => !graph?.label || classes !== null,
    'a graph with a label input needs classes',
  ),
);

export type ModelCard = v.InferOutput<typeof modelCardSchema>;
export type Process = v.InferOutput<typeof processSchema>;
export type VpProcess = Extract<Process, { kind: 'vp' }>;
export type VeProcess = Extract<Process, { kind: 've' }>;
export type Parametrisation = v.InferOutput<typeof parametrisationSchema>;
export type Graph = v.InferOutput<typeof graphSchema>;
export type Classes = v.InferOutput<typeof classesSchema>;
