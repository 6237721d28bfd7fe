import type { Attribute } from '../graph/graph.js';
import { attribute } from '../onnx/attribute.js';
import type { Names } from '../onnx/names.js';
import { DATA_TYPE, type NodeMessage, type Tensor } from '../onnx/schema.js';

/** A number that is known, or the name of a value [] that holds it. */
export type Scalar = number | string;

/**
 * Adds nodes to a graph, and constants to the file. The values of a file have names of their own, whichever graph they are in;
 * an inner graph's nodes may read those of the outer one.
 */
export class Emitter {
  readonly nodes: NodeMessage[] = [];
  private readonly cache: Map<string, string>;

  constructor(
    readonly names: Names,
    private readonly initializers: Tensor[],
    outer?: Emitter,
  ) {
    this.cache = outer?.cache ?? new Map();
  }

  /** For a graph inside this one. */
  inner(): Emitter {
    return new Emitter(this.names, this.initializers, this);
  }

  /** Adds a node with one output, of this name if one is given. */
  apply(
    opType: string,
    input: string[],
    attrs: Readonly<Record<string, Attribute>> = {},
    output = this.names.take(opType.toLowerCase()),
  ): string {
    this.nodes.push({
      ...{ opType, input, output: [output], name: this.names.take(`${opType}:${output}`) },
      attribute: Object.entries(attrs).map(([name, value]) => attribute(name, value)),
    });
    return output;
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant('float32', Float32Array.from(values), dims);
  }

  int64(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant('int64', BigInt64Array.from(values, BigInt), dims);
  }

  int32(value: number): string {
    return this.constant('int32', Int32Array.of(value), []);
  }

  scalar(value: Scalar): string {
    return typeof value === 'string' ? value : this.floats([value], []);
  }

  /** value * x, or nothing where that is 0. */
  times(value: Scalar, x: string): string | undefined {
    if (value === 0) return undefined;
    return value === 1 ? x : this.apply('Mul', [x, this.scalar(value)]);
  }

  /** The sum of what there is. */
  sum(terms: readonly (string | undefined)[]): string | undefined {
    const there = terms.filter((term) => term !== undefined);
    return there.length < 2 ? there[0] : this.apply('Sum', there);
  }

  private constant(
    dtype: 'float32' | 'int32' | 'int64',
    data: Float32Array | Int32Array | BigInt64Array,
    dims: readonly number[],
  ): string {
    const key = `${dtype} [${dims.join()}] ${data.join()}`;
    let name = this.cache.get(key);
    if (name === undefined) {
      name = this.names.take('sampler_constant');
      this.cache.set(key, name);
      const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      this.initializers.push({ name, dims: [...dims], dataType: DATA_TYPE[dtype], rawData });
    }
    return name;
  }
}
