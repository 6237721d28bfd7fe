import { inLayer } from '../graph/source.js';

/** What of a layer tells it from others. */
interface NamedLayer {
  readonly name: string;
  getClassName(): string;
}

type Apply = (this: NamedLayer, ...args: never[]) => unknown;

/** TensorFlow.js's `tf.layers`. */
export interface LayersNamespace {
  // An abstract class, whose instances tfjs's types know more of than is of use here.
  readonly Layer: { readonly prototype: NamedLayer };
}

/**
 * Runs `make`, and lets the nodes that a layer of TensorFlow.js makes be called after it: `encoder/conv1` for a layer of
 * a model within a model. Whatever applies a layer does so by the one method of their common class, custom layers too.
 */
export function namingLayers<T>({ Layer }: LayersNamespace, make: () => T): T {
  const prototype = Layer.prototype as NamedLayer & { apply: Apply };
  const { apply } = prototype;
  const path: string[] = [];
  prototype.apply = function (...args) {
    path.push(this.name);
    try {
      return inLayer(path.join('/'), () => apply.apply(this, args), this.getClassName());
    } finally {
      path.pop();
    }
  };
  try {
    return make();
  } finally {
    prototype.apply = apply;
  }
}
