import type { ModelCard } from '../card/model-card.js';
import { CARD_KEY } from '../card/parse-card.js';
import { WEIGHTS_KEY } from '../card/weights-key.js';
import {
  FLOAT,
  floats,
  INT32,
  intAttribute,
  ints,
  node,
  onnxFile,
  type OnnxFile,
  value,
} from './onnx-file.js';

/** The card of `tinyModel`. */
export const tinyCard: ModelCard = {
  format: '1.0',
  name: 'tiny',
  shape: [2, 3],
  layout: 'flat',
  valueRange: [-4, 4],
  process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 5, sigmaMin: 0.1, L: 6 } },
  parametrisation: 'score',
  classes: null,
  ema: 0.99,
  dataset: { name: 'none', licence: 'CC0-1.0' },
  seed: 1,
  step: 0,
  engine: 'none',
  scorebridge: '0.1.0',
  command: 'none',
  figures: { loss: 0 },
};

export const tinyClasses = { count: 3, unconditional: 3 };

export interface TinyModelOptions {
  /** Instead of `tinyCard`; null for none, a string as it is. */
  card?: unknown;
  labelled?: boolean;
  /** Whether there is an output energy, |c - x|^2 / (2 (1 + level^2)). */
  energy?: boolean;
  /** Whether there is an output variance_share, level x. */
  variance?: boolean;
  /** Whether it is the vector-Jacobian product, with an input v and an output vjp, -v / (1 + level^2). */
  vjp?: boolean;
  /** What it says of its weights, which makes pairs. */
  weights?: string;
  /** Changes to the graph. */
  graph?: Partial<OnnxFile>;
}

/**
 * An ONNX score model of data N(c, 1), shape [2, 3], under a ve process, c being the label (0 for none):
 * prediction = (c - x) / (1 + level^2).
 */
export function tinyModel(options: TinyModelOptions = {}): Uint8Array {
  const {
    card,
    labelled = false,
    energy = false,
    variance = false,
    vjp = false,
    weights,
    graph = {},
  } = options;
  const chosen = card === undefined ? { ...tinyCard, classes: labelled ? tinyClasses : null } : card;
  const shape = ['batch', 2, 3];
  return onnxFile({
    inputs: [
      value('x', FLOAT, shape),
      value('level', FLOAT, ['batch']),
      ...(labelled ? [value('label', INT32, ['batch'])] : []),
      ...(vjp ? [value('v', FLOAT, shape)] : []),
    ],
    outputs: [
      value('prediction', FLOAT, shape),
      ...(energy ? [value('energy', FLOAT, ['batch'])] : []),
      ...(variance ? [value('variance_share', FLOAT, shape)] : []),
      ...(vjp ? [value('vjp', FLOAT, shape)] : []),
    ],
    nodes: [
      node('Mul', ['level', 'level'], ['squared']),
      node('Add', ['squared', 'one'], ['variance']),
      node('Unsqueeze', ['variance', 'axes'], ['divisor']),
      ...(labelled
        ? [
            node('Unsqueeze', ['label', 'axes'], ['label3']),
            node('Gather', ['means', 'label3'], ['mean']),
            node('Sub', ['mean', 'x'], ['difference']),
          ]
        : [node('Neg', ['x'], ['difference'])]),
      node('Div', ['difference', 'divisor'], ['prediction']),
      ...(energy
        ? [
            node('Mul', ['difference', 'difference'], ['squares']),
            node('ReduceSum', ['squares', 'axes'], ['distance'], [intAttribute('keepdims', 0)]),
            node('Add', ['variance', 'variance'], ['twice']),
            node('Div', ['distance', 'twice'], ['energy']),
          ]
        : []),
      ...(variance
        ? [node('Unsqueeze', ['level', 'axes'], ['level3']), node('Mul', ['level3', 'x'], ['variance_share'])]
        : []),
      ...(vjp ? [node('Neg', ['v'], ['negated']), node('Div', ['negated', 'divisor'], ['vjp'])] : []),
    ],
    initializers: [
      floats('one', [], [1]),
      ints('axes', [1, 2]),
      ...(labelled ? [floats('means', [4], [0, 1, 2, 0])] : []),
    ],
    metadata: {
      producer: 'test',
      ...(weights !== undefined && { [WEIGHTS_KEY]: weights }),
      ...(chosen !== null && { [CARD_KEY]: typeof chosen === 'string' ? chosen : JSON.stringify(chosen) }),
    },
    ...graph,
  });
}
