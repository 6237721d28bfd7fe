import { readMetadata } from '../card/onnx-metadata.js';
import { readCard } from '../card/read-card.js';
import { WEIGHTS_KEY } from '../card/weights-key.js';
import { ModelError } from './model-error.js';

/**
 * Holds a model against what is said to be its vector-Jacobian product: the weights that both files name are to be the same.
 *
 * @throws ModelError that names both, or the file that names no weights; NotOnnxError and CardError
 */
export function checkPair(model: Uint8Array, product: Uint8Array): void {
  const [own, theirs] = [model, product].map((bytes) => {
    const { name, step } = readCard(bytes);
    return { weights: readMetadata(bytes)[WEIGHTS_KEY], words: `${name} after ${step} steps` };
  }) as [Named, Named];
  const again = 'export both with `scorebridge export --likelihood`';
  if (!own.weights || !theirs.weights)
    throw new ModelError(
      `The ${own.weights ? 'vector-Jacobian product' : 'model'} does not say what weights it has, so the two may be no pair: ${again}.`,
    );
  if (own.weights !== theirs.weights)
    throw new ModelError(
      `The vector-Jacobian product is of another model: it is of ${theirs.words} (weights ${theirs.weights}), the model is ${own.words} (weights ${own.weights}); ${again}.`,
    );
}

interface Named {
  readonly weights: string | undefined;
  readonly words: string;
}
