import { parseCard, type ModelCard } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { WrittenModel } from '../onnx/write.js';
import { exportFunction, type ExportOptions } from './export-function.js';
import { scoreGraph, scoreInputs, scoreMetadata, type ScoreFunction } from './export-score-model.js';
import { fingerprint } from './fingerprint.js';

/**
 * The vector-Jacobian product of a score model as an ONNX file: what divergences are estimated from, one network call and
 * one backward pass for each v, where there is no automatic differentiation. Inputs `x`, `level`, `label` with classes, and
 * `v` of x's shape; outputs `vjp` = v' grad_x prediction, of x's shape, and `prediction`. A score that is itself a gradient
 * is differentiated a second time, so the gradients of its operations have to be right to second order. The file names the
 * model's weights by the hash that `exportScoreModel` writes too, so that the runtime takes them for a pair.
 *
 * @throws CardError if the card is not valid
 * @throws Error if the function cannot be traced or differentiated
 */
export function exportScoreVjp(
  predict: ScoreFunction,
  card: ModelCard,
  { metadata, ...options }: ExportOptions = {},
): WrittenModel {
  const valid = parseCard(card);
  const inputs = scoreInputs(valid);
  const own = scoreMetadata(valid, fingerprint(scoreGraph(predict, valid, { names: options.names })));
  return exportFunction(
    ({ x, level, label, v }) => {
      const prediction = (x: tf.Tensor) => {
        const made = predict(x, level as tf.Tensor1D, label as tf.Tensor1D | undefined);
        return 'prediction' in made ? made.prediction : made;
      };
      const along = (x: tf.Tensor) => tf.sum(tf.mul(prediction(x), v!));
      return { vjp: tf.grad(along)(x!), prediction: prediction(x!) };
    },
    { ...inputs, v: inputs.x! },
    { name: `${valid.name}.vjp`, ...options, metadata: { ...metadata, ...own } },
  );
}
