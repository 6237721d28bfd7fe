import type { Attribute, Data, DataType, Graph, Node, Value } from '../graph/graph.js';
import { constant } from '../graph/ops.js';
import { isFixed, type Sizes } from '../graph/sizes.js';
import type { Operands } from './encode-node.js';
import { DATA_TYPE } from './schema.js';
import { findSizeExpression, type SizeExpression } from './size-expression.js';

/** What numbers become operands in: the graph that is being written. */
export interface OperandTarget {
  /** The name of a value that is there. */
  name(value: Value): string;
  /** Adds a constant, and gives its name. */
  initializer(dtype: DataType, dims: readonly number[], data: Data, name: string): string;
  /** Adds a node, and gives the name of what it makes. */
  apply(op: string, inputs: string[], attrs: Readonly<Record<string, Attribute>>): string;
}

/** One dimension of a value that is there. */
interface Dimension {
  readonly value: Value;
  readonly axis: number;
}

/** Numbers that nodes take as operands, each written once: constants, and sizes that are worked out in the graph. */
export class SizeOperands implements Operands {
  private readonly cache = new Map<string, string>();
  private readonly measured: Map<string, Dimension & { readonly at: readonly number[] }>;
  /** Those of the outermost graph. */
  private readonly inputs: readonly Value[];
  /** The node that is being written, for what goes wrong there. */
  node?: Node;

  constructor(
    private readonly graph: Graph,
    private readonly target: OperandTarget,
    readonly opset: number,
    /** That of the graph around a body. */
    private readonly around?: SizeOperands,
  ) {
    this.measured = new Map(around?.measured);
    this.inputs = around?.inputs ?? graph.inputs;
  }

  /** How many sizes can be read off what is there. */
  get known(): number {
    return this.measured.size;
  }

  /** Keeps where each size that is not fixed can be read off from now on. */
  measure(value: Value): void {
    value.shape.forEach((d, axis) => {
      if (!Number.isNaN(d)) return;
      const at = value.shapes.map((s) => s[axis]!);
      if (!this.measured.has(at.join())) this.measured.set(at.join(), { at, value, axis });
    });
  }

  /** What was made under a key here, or outside before this body. */
  private cachedName(key: string): string | undefined {
    return this.cache.get(key) ?? this.around?.cachedName(key);
  }

  private cached(key: string, make: () => string): string {
    let name = this.cachedName(key);
    if (name === undefined) this.cache.set(key, (name = make()));
    return name;
  }

  ints(values: readonly number[]): string {
    return this.cached(`i${values.join()}`, () =>
      this.target.initializer('int64', [values.length], BigInt64Array.from(values.map(BigInt)), 'sizes'),
    );
  }

  floats(values: readonly number[]): string {
    return this.cached(`f${values.join()}`, () =>
      this.target.initializer('float32', [values.length], Float32Array.from(values), 'numbers'),
    );
  }

  scalar(value: number, dtype: DataType): string {
    return this.cached(`${dtype} ${value}`, () =>
      this.target.initializer(dtype, [], constant(dtype, [], [value]).data!, 'number'),
    );
  }

  sizes(sizes: Sizes): string {
    if (isFixed(sizes)) return this.ints(sizes[0]!);
    const parts = sizes[0]!.map((_, i) => this.dimension(sizes.map((s) => s[i]!)));
    return this.cached(`concat ${parts.join(' ')}`, () => this.target.apply('Concat', parts, { axis: 0 }));
  }

  size(node: Node): string {
    const vector = this.dimension(node.sizes['value']!.map((s) => s[0]!));
    const number = this.target.apply('Reshape', [vector, this.ints([])], {});
    return this.target.apply('Cast', [number], { to: DATA_TYPE[node.output.dtype] });
  }

  /** An int64 vector of one element. */
  private dimension(at: readonly number[]): string {
    return this.cached(`dim ${at.join()}`, () => {
      const sources = [...this.measured.values()].map(({ at, value, axis }) => ({
        expression: { source: { value, axis } },
        at,
      }));
      const expression = findSizeExpression<Dimension>(at, this.graph.symbols ?? {}, sources);
      if (expression !== undefined) return this.evaluate(expression);
      const { source, op } = this.node!;
      const sizes = Object.entries(this.graph.symbols ?? {}).map(
        ([name, seen]) => `${name} ${seen.join(', ')}`,
      );
      throw new Error(
        `A size in ${source?.kernel ?? op} came out as ${at.join(', ')} at ${sizes.join('; ')}, which follows from none of ` +
          'the sizes that are known by multiples, whole quotients and products: give that dimension as a number.',
      );
    });
  }

  private evaluate(expression: SizeExpression<Dimension>): string {
    if (typeof expression === 'number') return this.ints([expression]);
    if ('symbol' in expression) return this.symbol(expression.symbol);
    if ('source' in expression) {
      const { value, axis } = expression.source;
      const name = this.target.name(value);
      return this.cached(`shape ${name} ${axis}`, () =>
        this.target.apply('Shape', [name], { start: axis, end: axis + 1 }),
      );
    }
    const operands = [this.evaluate(expression.left), this.evaluate(expression.right)];
    return this.cached(`${expression.op} ${operands.join(' ')}`, () =>
      this.target.apply(expression.op, operands, {}),
    );
  }

  /** A symbolic dimension, read off the first input that has it. */
  private symbol(name: string): string {
    const at = this.graph.symbols![name]!;
    for (const input of this.inputs) {
      const axis = input.shape.findIndex(
        (d, i) => Number.isNaN(d) && input.shapes.every((s, w) => s[i] === at[w]),
      );
      if (axis >= 0) return this.evaluate({ source: { value: input, axis } });
    }
    throw new Error(`The graph has no input with the dimension ${name}.`);
  }
}
