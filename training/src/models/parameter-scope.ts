import { inLayer } from '@scorebridge/export';
import type * as tf from '@tensorflow/tfjs';
import type { Initialiser } from './initialisers.js';
import type { DropoutSite } from './network.js';
import type { Parameters, ParameterSpec } from './parameters.js';

/**
 * A place in the tree of a network that is being described. A layer declares its parameters here and gets back the
 * functions that read them, so that names and shapes stand in one place only.
 */
export class ParameterScope {
  constructor(
    readonly specs: ParameterSpec[] = [],
    readonly dropoutSites: DropoutSite[] = [],
    private readonly path = '',
  ) {}

  /** The scope of a part: `scope.at('down.0').at('conv1')` declares names such as `down.0.conv1/kernel`. */
  at(name: string): ParameterScope {
    return new ParameterScope(
      this.specs,
      this.dropoutSites,
      this.path === '' ? name : `${this.path}.${name}`,
    );
  }

  /** Declares a parameter and returns the function that reads it. Throws on a name that is taken. */
  declare<T extends tf.Tensor>(
    name: string,
    shape: readonly number[],
    init: Initialiser,
  ): (p: Parameters) => T {
    const full = `${this.path}/${name}`;
    if (this.specs.some((spec) => spec.name === full))
      throw new Error(`The parameter ${full} is declared twice.`);
    this.specs.push({ name: full, shape, init });
    return (p) => p[full] as T;
  }

  /**
   * Lets what the layer of this place does be known by the name of the place where the network is exported.
   *
   * @param type what kind of a layer it is
   */
  layer<A extends unknown[], R>(type: string, apply: (...args: A) => R): (...args: A) => R {
    return this.path === '' ? apply : (...args) => inLayer(this.path, () => apply(...args), type);
  }

  /** Declares that this place needs uniform numbers of `shape` (without the batch) when dropout is on. */
  declareDropout(shape: readonly number[]): string {
    this.dropoutSites.push({ name: this.path, shape });
    return this.path;
  }
}
