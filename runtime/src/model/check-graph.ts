import type { InferenceSession } from 'onnxruntime-common';
import type { ModelCard } from '../card/model-card.js';
import { ModelError } from './model-error.js';

/**
 * Holds a graph against its card: inputs x, level and, with classes, label; outputs prediction and, of an energy model,
 * energy, of one with a learned variance variance_share; their types and shapes.
 *
 * @throws ModelError that says which input or output is missing, superfluous or of another shape.
 */
export function checkGraph(
  { inputMetadata, outputMetadata }: InferenceSession,
  { shape, classes }: ModelCard,
): void {
  const inputs = new Map(inputMetadata.map((input) => [input.name, input]));
  const expected = ['x', 'level', ...(classes ? ['label'] : [])];
  if (inputs.size !== expected.length || !expected.every((name) => inputs.has(name))) {
    throw new ModelError(
      `Not a score model: its inputs are ${list([...inputs.keys()])}; expected ${list(expected)}.`,
    );
  }
  const output = (wanted: string) => outputMetadata.find(({ name }) => name === wanted);
  const prediction = output('prediction');
  if (!prediction) {
    throw new ModelError(
      `Not a score model: its outputs are ${list(outputMetadata.map(({ name }) => name))}; expected prediction.`,
    );
  }
  check(inputs.get('x')!, 'float32', shape);
  check(inputs.get('level')!, 'float32', []);
  if (classes) check(inputs.get('label')!, 'int32', []);
  check(prediction, 'float32', shape);
  const [energy, variance] = [output('energy'), output('variance_share')];
  if (energy) check(energy, 'float32', []);
  if (variance) check(variance, 'float32', shape);
}

/**
 * Holds the graph of a vector-Jacobian product against its card: the inputs of a score model and v, outputs vjp and
 * prediction.
 *
 * @throws ModelError that says what is missing or of another shape.
 */
export function checkVjpGraph(
  { inputMetadata, outputMetadata }: InferenceSession,
  { shape, classes }: ModelCard,
): void {
  const found = new Map([...inputMetadata, ...outputMetadata].map((value) => [value.name, value]));
  const expected = ['x', 'level', 'v', ...(classes ? ['label'] : []), 'vjp', 'prediction'];
  const missing = expected.find((name) => !found.has(name));
  if (missing)
    throw new ModelError(
      `Not a vector-Jacobian product: it has no '${missing}'; export one with \`scorebridge export --likelihood\`.`,
    );
  for (const name of ['x', 'v', 'vjp', 'prediction']) check(found.get(name)!, 'float32', shape);
  check(found.get('level')!, 'float32', []);
  if (classes) check(found.get('label')!, 'int32', []);
}

function check(found: InferenceSession.ValueMetadata, type: string, shape: readonly number[]): void {
  const expected = `${type} [batch, ...]`.replace(', ...', shape.map((d) => `, ${d}`).join(''));
  const actual = found.isTensor ? `${found.type} [${found.shape.join(', ')}]` : 'no tensor';
  const matches =
    found.isTensor &&
    found.type === type &&
    found.shape.length === shape.length + 1 &&
    typeof found.shape[0] === 'string' &&
    // The card may know a dimension that the graph leaves open.
    shape.every((d, i) => found.shape[i + 1] === d || typeof found.shape[i + 1] === 'string');
  if (!matches) {
    throw new ModelError(
      `The model's '${found.name}' is ${actual}; its card says ${expected} with an open batch.`,
    );
  }
}

const list = (names: readonly string[]) => names.join(', ') || 'none';
