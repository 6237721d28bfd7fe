import { CARD_KEY, parseCard, type ModelCard, WEIGHTS_KEY } from '@scorebridge/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.js';
import type { WrittenModel } from '../onnx/write.js';
import { trace, type InputSpec, type TraceOptions } from '../trace/trace.js';
import { type ExportOptions, writeGraph } from './export-function.js';
import { fingerprint } from './fingerprint.js';

/** What a score model computes: a prediction of x's shape, and what goes with it where there is more. */
export interface Prediction {
  readonly prediction: tf.Tensor;
  /** [batch]. */
  readonly energy?: tf.Tensor;
  /** Of x's shape: v of the learned variance of a step (see the runtime's `VariancePrediction`). */
  readonly varianceShare?: tf.Tensor;
}

/**
 * x float32 [batch, ...shape]; level float32 [batch], which is t in 1..T (VP) or sigma (VE); label int32 [batch],
 * there if the card has classes.
 */
export type ScoreFunction = (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D) => tf.Tensor | Prediction;

/**
 * A score model as one ONNX file that is enough by itself: the graph, the weights and the card. Inputs `x`, `level`
 * and, with classes, `label`; outputs `prediction` and, from an energy model, `energy`, from
 * one with a learned variance, `variance_share`. The batch is symbolic.
 *
 * @throws CardError if the card is not valid
 * @throws Error if the function cannot be traced, or if a prediction does not have the shape that the card says
 */
export function exportScoreModel(
  predict: ScoreFunction,
  card: ModelCard,
  { names, layers, lines, ...options }: ExportOptions = {},
): WrittenModel {
  const valid = parseCard(card);
  const graph = scoreGraph(predict, valid, { names, layers, lines });
  const own = scoreMetadata(valid, fingerprint(graph));
  return writeGraph(graph, { name: valid.name, ...options, metadata: { ...options.metadata, ...own } });
}

/** What a score model computes, traced. */
export const scoreGraph = (
  predict: ScoreFunction,
  card: ModelCard,
  options: Pick<TraceOptions, 'names' | 'layers' | 'lines'>,
): Graph =>
  trace(
    ({ x, level, label }) => {
      const made = predict(x!, level as tf.Tensor1D, label as tf.Tensor1D | undefined);
      const { prediction, energy, varianceShare }: Prediction =
        'prediction' in made ? made : { prediction: made };
      checkShape('prediction', prediction, x!.shape);
      if (energy) checkShape('energy', energy, level!.shape);
      if (varianceShare) checkShape('variance_share', varianceShare, x!.shape);
      return {
        prediction,
        ...(energy && { energy }),
        ...(varianceShare && { variance_share: varianceShare }),
      };
    },
    scoreInputs(card),
    options,
  ).graph;

/** What a model's file and that of its vector-Jacobian product say of it. */
export const scoreMetadata = (card: ModelCard, weights: string): Record<string, string> => ({
  [CARD_KEY]: JSON.stringify(card),
  [WEIGHTS_KEY]: weights,
});

/** The inputs of a score model with this card. */
export const scoreInputs = ({ shape, classes }: ModelCard): Record<string, InputSpec> => ({
  x: { dtype: 'float32', shape: ['batch', ...shape] },
  level: { dtype: 'float32', shape: ['batch'] },
  ...(classes && { label: { dtype: 'int32', shape: ['batch'] } as const }),
});

function checkShape(name: string, tensor: tf.Tensor, expected: readonly number[]): void {
  if (tensor.shape.join() !== expected.join()) {
    throw new Error(
      `The model's ${name} has shape [${tensor.shape.join(', ')}] where [${expected.join(', ')}] was expected.`,
    );
  }
}
