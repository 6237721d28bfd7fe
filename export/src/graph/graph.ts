import type { Sizes } from './sizes.js';
import type { Source } from './source.js';

/**
 * float64 is for what has to be rounded as JavaScript does it, such as where a box cuts an image; float16, whose data are
 * its bits, for graphs that are written in half precision.
 */
export type DataType = 'float16' | 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
export type Data = Uint16Array | Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor in the graph. A constant has `data`; the output of a node has a `producer`; an input has neither. */
export class Value {
  producer?: Node | undefined;
  name?: string;
  constructor(
    readonly dtype: DataType,
    /** The shape at each witness. */
    readonly shapes: Sizes,
    public data?: Data,
  ) {}

  /** Makes a constant of the output of a node that has been run, and lets go of what it was made from. */
  settle(data: Data): void {
    this.data = data;
    this.producer = undefined;
  }

  get rank(): number {
    return this.shapes[0]!.length;
  }

  /** The shape, with NaN for a dimension that the witnesses disagree on: what must not depend on it then fails. */
  get shape(): readonly number[] {
    const [first, ...others] = this.shapes as [readonly number[], ...(readonly number[])[]];
    return others.length === 0 ? first : first.map((d, i) => (others.every((s) => s[i] === d) ? d : NaN));
  }
}

export type Attribute = number | string | boolean | readonly number[] | readonly string[];

/**
 * One operation. `op` is an ONNX operator with ONNX's meaning, or one of the few operators of `graph/operators.ts`
 * that a lowering rewrites. Operands that ONNX passes as integer tensors and that may depend on the batch (shapes,
 * starts, pads) are `sizes`.
 */
export class Node {
  readonly outputs: Value[];
  constructor(
    readonly op: string,
    readonly inputs: Value[],
    outputs: readonly Value[],
    readonly attrs: Readonly<Record<string, Attribute>> = {},
    readonly sizes: Readonly<Record<string, Sizes>> = {},
    /** Where in the program this came from. */
    readonly source?: Source,
    /**
     * The graphs that an If or a Loop runs, by attribute. Each is closed: what it reads from outside are its last
     * inputs, and the last of the node's, which a file then leaves out.
     */
    readonly bodies?: Readonly<Record<string, Graph>>,
  ) {
    this.outputs = [...outputs];
    for (const output of outputs) output.producer = this;
  }

  get output(): Value {
    return this.outputs[0]!;
  }

  /** The same operation on other values of the same shapes. */
  withInputs(inputs: Value[]): Node {
    const outputs = this.outputs.map(({ dtype, shapes }) => new Value(dtype, shapes));
    return new Node(this.op, inputs, outputs, this.attrs, this.sizes, this.source, this.bodies);
  }

  /** The same operation with each of its bodies as `change` makes it. */
  withBodies(change: (body: Graph) => Graph): Node {
    const bodies = Object.fromEntries(
      Object.entries(this.bodies ?? {}).map(([name, body]) => [name, change(body)]),
    );
    const outputs = this.outputs.map(({ dtype, shapes }) => new Value(dtype, shapes));
    return new Node(this.op, this.inputs, outputs, this.attrs, this.sizes, this.source, bodies);
  }
}

export interface Graph {
  /** Named inputs, in order. */
  readonly inputs: readonly Value[];
  /** Named outputs, in order. */
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** In an order in which every value is made before it is used. */
  readonly nodes: readonly Node[];
  /** The size of each symbolic dimension at each witness. */
  readonly symbols?: Readonly<Record<string, readonly number[]>>;
}

/** Nodes that the outputs need, each after what it reads; of those that `belongs` names, if it is given. */
export function topological(outputs: readonly Value[], belongs?: (node: Node) => boolean): Node[] {
  const order: Node[] = [];
  const done = new Set<Node>();
  // An explicit stack: a training step is thousands of nodes deep.
  const stack: { node: Node; next: number }[] = [];
  const push = (value: Value) => {
    const node = value.producer;
    if (node && !done.has(node) && belongs?.(node) !== false) {
      done.add(node);
      stack.push({ node, next: 0 });
    }
  };
  for (const output of outputs) {
    push(output);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.node.inputs.length) push(top.node.inputs[top.next++]!);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/** How often each value is read, graph outputs included. */
export function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(use);
  for (const { value } of graph.outputs) use(value);
  return uses;
}
