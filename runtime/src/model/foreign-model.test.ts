import { expect, test } from 'vitest';
import { type GivenCard } from '../card/given-card.js';
import { CardError } from '../card/parse-card.js';
import { sample } from '../sampling/sample.js';
import { heun } from '../samplers/heun.js';
import { FLOAT, intAttribute, ints, node, onnxFile, value } from '../testing/onnx-file.js';
import { tinyModel } from '../testing/tiny-model.js';
import { fromHalf, toHalf } from './half.js';
import { ModelError } from './model-error.js';
import { loadModel } from './node.js';

const [INT64, FLOAT16, DOUBLE] = [7, 10, 11];

const card: GivenCard = {
  process: { kind: 'vp', schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 1000 } },
  parametrisation: 'eps',
  graph: { x: 'sample', level: 'timestep', prediction: 'out_sample', levelAs: 'index' },
};

interface Foreign {
  batch?: number | string;
  type?: number;
  time?: number;
  timeShape?: (number | string)[];
  /** Of an input `context` [batch, 1], which is added. */
  context?: number;
}

/** out_sample = sample + timestep (+ context), of samples of shape [2, 1, 1], as another tool might have written it. */
function foreign({
  batch = 'batch',
  type = FLOAT,
  time = INT64,
  timeShape = ['batch'],
  context,
}: Foreign = {}) {
  const shape = [batch, 2, 1, 1];
  const perSample = timeShape.length > 0;
  return onnxFile({
    inputs: [
      value('sample', type, shape),
      value('timestep', time, timeShape),
      ...(context === undefined ? [] : [value('context', context, ['batch', 1])]),
    ],
    outputs: [value('out_sample', type, shape)],
    nodes: [
      node('Cast', ['timestep'], ['t'], [intAttribute('to', type)]),
      ...(perSample ? [node('Unsqueeze', ['t', 'axes'], ['t4'])] : []),
      node('Add', ['sample', perSample ? 't4' : 't'], [context === undefined ? 'out_sample' : 'sum']),
      ...(context === undefined
        ? []
        : [
            node('Cast', ['context'], ['c'], [intAttribute('to', type)]),
            node('Unsqueeze', ['c', 'axes2'], ['c4']),
            node('Add', ['sum', 'c4'], ['out_sample']),
          ]),
    ],
    initializers: [
      ...(perSample ? [ints('axes', [1, 2, 3])] : []),
      ...(context === undefined ? [] : [ints('axes2', [2, 3])]),
    ],
  });
}

const x = Float32Array.of(0, 1, 2, 3, 4, 5);

test.each<[string, Foreign]>([
  ['an int64 timestep a sample', {}],
  ['a float timestep a sample', { time: FLOAT }],
  ['one timestep for all', { timeShape: [] }],
  ['one timestep in a vector', { timeShape: [1], time: FLOAT }],
  ['float16 throughout', { type: FLOAT16, time: FLOAT16 }],
  ['float64 throughout', { type: DOUBLE, time: DOUBLE }],
  ['a batch of one', { batch: 1, timeShape: [1] }],
  ['a batch of two', { batch: 2, timeShape: [2] }],
  ['a batch of four, one timestep', { batch: 4, timeShape: [] }],
])('a graph with %s', async (_, options) => {
  const model = await loadModel(foreign(options), { card });
  expect(model.card).toMatchObject({ shape: [2, 1, 1], layout: 'channels-first', valueRange: [-1, 1] });
  // t = 1..T is the timestep 0..T - 1.
  expect(await model.predict(x, 1)).toEqual(x);
  expect(await model.predict(x, 1000)).toEqual(x.map((value) => value + 999));
  const each = await model.predict(x, Float32Array.of(1, 1, 1000));
  expect(each).toEqual(Float32Array.of(0, 1, 2, 3, 1003, 1004));
  const out = new Float32Array(6);
  expect(await model.predict(x, 3, undefined, out)).toBe(out);
  expect(out).toEqual(x.map((value) => value + 2));
  await model.release();
});

test('a level between two is told to a float input as it is, to an integer one rounded', async () => {
  const whole = await loadModel(foreign(), { card });
  const float = await loadModel(foreign({ time: FLOAT }), { card });
  expect((await whole.predict(x, 3.6))[0]).toBe(3);
  expect((await float.predict(x, 3.5))[0]).toBe(2.5);
  await Promise.all([whole.release(), float.release()]);
});

test('other inputs have the values they are given: one row for all, or a row a label', async () => {
  const bytes = foreign({ context: INT64 });
  const one = await loadModel(bytes, { card, inputs: { context: { data: [7], dims: [1, 1] } } });
  expect(await one.predict(x, 1)).toEqual(x.map((value) => value + 7));
  await one.release();
  const classes = { count: 2, unconditional: 2 };
  const inputs = { context: { data: [10, 20, 0], dims: [3, 1] } };
  const rows = await loadModel(bytes, { card: { ...card, classes }, inputs });
  expect(await rows.predict(x, 1, Int32Array.of(1, 0, 2))).toEqual(Float32Array.of(20, 21, 12, 13, 4, 5));
  expect(await rows.predict(x, 1)).toEqual(x);
  await rows.release();
});

test("EDM's F is asked at c_noise and c_in x, and becomes the denoiser", async () => {
  const [sigmaData, sigma] = [0.5, 3];
  const graph = { x: 'sample', level: 'timestep', prediction: 'out_sample', preconditioning: { sigmaData } };
  const edm: GivenCard = {
    process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 80, sigmaMin: 0.002, L: 18 } },
    ...{ parametrisation: 'denoiser', graph },
  };
  const model = await loadModel(foreign({ time: FLOAT }), { card: edm });
  const D = await model.predict(x, Float32Array.of(1, sigma, 2));
  const F = 2 / Math.sqrt(sigma ** 2 + sigmaData ** 2) + Math.log(sigma) / 4;
  const variance = sigma ** 2 + sigmaData ** 2;
  expect(D[2]).toBeCloseTo(
    (2 * sigmaData ** 2) / variance + ((sigma * sigmaData) / Math.sqrt(variance)) * F,
    5,
  );
  const { samples } = await sample(model, { sampler: heun(), steps: 5, count: 3, seed: 1 }).result;
  expect(samples.every(Number.isFinite)).toBe(true);
  await model.release();
});

test('the type float16 rounds to the nearest, a half to the even one', () => {
  const numbers = [
    0,
    -0,
    1,
    -2,
    65504,
    65519,
    65520,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -25,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
  ];
  const halves = [0, -0, 1, -2, 65504, 65504, Infinity, 2 ** -24, 0, 2 ** -23, 1, 1 + 2 ** -9];
  expect([...fromHalf(toHalf(numbers))]).toEqual(halves);
  expect([...fromHalf(toHalf([NaN, -Infinity, 2 ** -14, 1023 * 2 ** -24]))]).toEqual([
    ...[NaN, -Infinity, 2 ** -14, 1023 * 2 ** -24],
  ]);
  // Every float16 comes back as it is.
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7fff) <= 0x7c00);
  expect(toHalf(fromHalf(all))).toEqual(all);
});

const graph = card.graph!;
test.each<[string, Uint8Array, Parameters<typeof loadModel>[1], new (message: string) => Error, string]>([
  [
    'no card',
    foreign(),
    {},
    CardError,
    "The ONNX model has no card ('scorebridge.card' in its metadata): export it with Scorebridge, give loadModel a card, or write one with scorebridge card.",
  ],
  [
    'a missing input',
    foreign(),
    { card: { ...card, graph: { ...graph, level: 't' } } },
    ModelError,
    "The card's graph.level is 't', and the model has no such input: its inputs are sample (float32 [batch, 2, 1, 1]), timestep (int64 [batch]).",
  ],
  [
    'a missing output',
    foreign(),
    { card: { ...card, graph: { ...graph, prediction: 'eps' } } },
    ModelError,
    "The card's graph.prediction is 'eps', and the model has no such output: its outputs are out_sample (float32 [batch, 2, 1, 1]).",
  ],
  [
    'an input without a value',
    foreign({ context: INT64 }),
    { card },
    ModelError,
    "The model's 'context' is int64 [batch, 1], and the card does not say what it is: give it as inputs: { context: { data, dims } }.",
  ],
  [
    'a value for no input',
    foreign(),
    { card, inputs: { context: { data: [1], dims: [1] } } },
    ModelError,
    "inputs has 'context', which is none of the model's inputs beside those of the card: none.",
  ],
  [
    'a value of another shape',
    foreign({ context: INT64 }),
    { card, inputs: { context: { data: [1, 2], dims: [2, 1] } } },
    ModelError,
    "The model's 'context' is int64 [batch, 1]; inputs.context is [2, 1], where its first dimension has to be 1.",
  ],
  [
    'a value of another length',
    foreign({ context: INT64 }),
    { card, inputs: { context: { data: [1, 2], dims: [1, 1] } } },
    ModelError,
    'inputs.context has 2 numbers; expected 1, of [1, 1].',
  ],
  [
    'classes that the graph is not told',
    foreign(),
    { card: { ...card, classes: { count: 2, unconditional: null } } },
    ModelError,
    'The card has classes and no input of the model is told the label: name one as graph.label, or give one of none a row for each of 2 labels.',
  ],
  [
    'an unknown type',
    foreign({ type: 16, time: 16 }),
    { card },
    ModelError,
    "The model's 'sample' is bfloat16 [batch, 2, 1, 1]; expected float32, float16, float64.",
  ],
  [
    'another shape',
    foreign(),
    { card: { ...card, shape: [3, 1, 1] } },
    ModelError,
    "The model's 'sample' is float32 [batch, 2, 1, 1]; its card says [batch, 3, 1, 1].",
  ],
  [
    'inputs for a file of Scorebridge',
    tinyModel(),
    { inputs: {} },
    ModelError,
    'The model has no inputs beside x, level and label, so leave inputs out.',
  ],
  [
    'an index of a ve process',
    foreign(),
    {
      card: {
        ...card,
        process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 2, sigmaMin: 1, L: 2 } },
      },
    },
    CardError,
    "The model card is not valid: a graph's levelAs is 'index' of a vp process alone.",
  ],
])('refuses %s', async (_, bytes, options, type, message) => {
  await expect(loadModel(bytes, options)).rejects.toThrow(new type(message));
  await expect(loadModel(bytes, options)).rejects.toBeInstanceOf(type);
});
