import { VERSION } from '@scorebridge/runtime';
import type { Attribute as GraphAttribute, Data, DataType, Graph, Node, Value } from '../graph/graph.js';
import { constant } from '../graph/ops.js';
import { isFixed, type Sizes } from '../graph/sizes.js';
import type { Source } from '../graph/source.js';
import { inHalfPrecision } from '../passes/half-precision.js';
import { attribute } from './attribute.js';
import { encodeNode, type Operands } from './encode-node.js';
import { Names } from './names.js';
import { describeSource } from './describe-source.js';
import { packWeight, type PackedTensor, type WeightStorage } from './pack-weight.js';
import {
  DATA_TYPE,
  ATTRIBUTE_TYPE,
  ModelProto,
  type Attribute,
  type GraphMessage,
  type Dimension as DimensionMessage,
  type Model,
  type NodeMessage,
  type Tensor,
  type ValueInfo,
} from './schema.js';
import { findSizeExpression, printSizeExpression, type SizeExpression } from './size-expression.js';

/** The newest opset at which the WebGPU provider still has Sin, Cos, Elu, MaxPool and ConvTranspose. */
export const OPSET = 21;
/** The oldest opset that files are written in: the one with LayerNormalization. */
export const OLDEST_OPSET = 17;
/** The IR version that came with each opset. */
const IR_VERSIONS: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };
/** Protocol buffers end at 2 GiB; some room is left for the graph itself. */
const PROTOBUF_LIMIT = 2 ** 31 - 2 ** 24;
/** Where weights live outside the file, each starts at a multiple of this (the page size, as ONNX recommends). */
const ALIGNMENT = 4096;

export interface WriteOptions {
  readonly name?: string;
  /** The version of ONNX's operators, from 17 to 21, which is the default. */
  readonly opset?: number;
  /** How weights are kept that the graph computes with in float32. */
  readonly weights?: WeightStorage;
  /**
   * `float16` for mixed precision: convolutions and products of matrices in half precision, and what stands between them
   * where nothing more is lost by it; inputs and outputs stay float32, and so does what half precision would spoil. The
   * default is float32.
   */
  readonly arithmetic?: 'float32' | 'float16' | undefined;
  /**
   * Whether each node says which TensorFlow.js kernel and, where it is known, which layer and line of the program it
   * comes from, as metadata of the node, or below opset 21 in its description; true by default.
   */
  readonly sources?: boolean;
  /** Key and value pairs that travel in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Operator sets beyond ONNX's own that the graph uses, for sessions inside this process. */
  readonly domains?: Readonly<Record<string, number>>;
  /** The name of the file for weights beside the model, used where they exceed `externalAbove` bytes. */
  readonly externalFile?: string;
  /** Default: what a single protocol buffer can hold. */
  readonly externalAbove?: number;
}

export interface WrittenModel {
  readonly model: Uint8Array;
  /** Weights that belong into `externalFile`, in order, with the offset of each. */
  readonly external: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** The name of the file for those weights, beside the model's, where there are any. */
  readonly externalFile?: string;
}

/**
 * Writes a lowered graph as ONNX.
 *
 * @throws Error if an operator is not in the opset or the opset is none of those known, if the weights exceed 2 GB and no `externalFile` is named, or if a size has no expression in the batch
 */
export function writeOnnx(graph: Graph, options: WriteOptions = {}): WrittenModel {
  return new Writer(options.arithmetic === 'float16' ? inHalfPrecision(graph) : graph, options).write();
}

const asBytes = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const withoutDomain = (op: string): string => op.slice(op.indexOf(':') + 1);

/** The name of what an operator does for a layer. */
const nameIn = (source: Source | undefined, op: string): string | undefined =>
  source?.layer && `${source.layer.name}/${withoutDomain(op)}`;

/** One dimension of a value that is there. */
interface Dimension {
  readonly value: Value;
  readonly axis: number;
}

class Writer implements Operands {
  private readonly names: Names;
  private readonly nodeNames: Names;
  private readonly named = new Map<Value, string>();
  private readonly nodes: NodeMessage[] = [];
  private readonly initializers: Tensor[] = [];
  private readonly cache = new Map<string, string>();
  private readonly domains: Set<string>;
  private readonly measured: Map<string, Dimension & { readonly at: readonly number[] }>;
  /** The node that is being written, for what goes wrong there. */
  private encoding?: Node;

  readonly opset: number;

  constructor(
    private readonly graph: Graph,
    private readonly options: WriteOptions,
    /** That of the graph around a body. */
    private readonly around?: Writer,
  ) {
    this.names = around?.names ?? new Names();
    this.nodeNames = around?.nodeNames ?? new Names();
    this.domains = around?.domains ?? new Set();
    this.measured = new Map(around?.measured);
    this.opset = options.opset ?? OPSET;
    if (!IR_VERSIONS[this.opset])
      throw new Error(`Models are written in the opsets ${OLDEST_OPSET} to ${OPSET}, not ${this.opset}.`);
  }

  write(): WrittenModel {
    const { graph, options } = this;
    for (const input of graph.inputs) this.named.set(input, this.names.take(input.name ?? 'input'));
    for (const { name } of graph.outputs) this.names.reserve(name);
    this.encodeTo(graph.outputs);
    const external = this.moveOut();
    const model: Model = {
      irVersion: IR_VERSIONS[this.opset]!,
      producerName: 'scorebridge',
      producerVersion: VERSION,
      opsetImport: [
        { domain: '', version: this.opset },
        ...[...this.domains].map((domain) => ({ domain, version: options.domains?.[domain] ?? 1 })),
      ],
      metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
      graph: {
        name: options.name ?? 'scorebridge',
        node: this.nodes,
        initializer: this.initializers,
        input: graph.inputs.map((value) => this.valueInfo(this.name(value), value)),
        output: graph.outputs.map(({ name, value }) => this.valueInfo(name, value)),
      },
    };
    return {
      model: ModelProto.encode(ModelProto.fromObject(model)).finish(),
      external,
      ...(external.length > 0 && { externalFile: options.externalFile! }),
    };
  }

  private encodeTo(outputs: Graph['outputs']): void {
    const outputNames = new Map<Value, string>();
    for (const { name, value } of outputs) {
      if (value.producer && !outputNames.has(value)) outputNames.set(value, name);
    }
    for (const [value, name] of outputNames) this.named.set(value, name);
    this.encodeAll(this.graph.nodes);
    for (const { name, value } of outputs) {
      // An output that is an input, a constant or another output as well.
      if (this.name(value) !== name) this.push('Identity', [this.name(value)], [name], {});
    }
  }

  /** A body of a node, whose last inputs stand for the values of this graph that it reads. */
  private encodeBody(name: string, body: Graph, captured: readonly Value[]): GraphMessage {
    const inside = new Writer(body, this.options, this);
    const own = body.inputs.slice(0, body.inputs.length - captured.length);
    for (const input of own) inside.named.set(input, this.names.take(input.name ?? 'input'));
    captured.forEach((value, i) => inside.named.set(body.inputs[own.length + i]!, this.name(value)));
    const outputs = body.outputs.map(({ name, value }) => ({ name: this.names.take(name), value }));
    inside.encodeTo(outputs);
    return {
      name,
      node: inside.nodes,
      initializer: inside.initializers,
      input: own.map((value) => inside.valueInfo(inside.name(value), value)),
      output: outputs.map(({ name, value }) => inside.valueInfo(name, value)),
    };
  }

  /** Moves weights out of the model where one protocol buffer could not hold them. */
  private moveOut(): WrittenModel['external'] {
    const { externalFile, externalAbove = PROTOBUF_LIMIT } = this.options;
    const total = this.initializers.reduce((sum, t) => sum + t.rawData!.length, 0);
    if (total <= externalAbove) return [];
    if (externalFile === undefined) {
      throw new Error(
        `The weights are ${(total / 2 ** 30).toFixed(1)} GB, more than one ONNX file may hold: name a file for them (externalFile).`,
      );
    }
    const moved: { offset: number; bytes: Uint8Array }[] = [];
    let end = 0;
    for (const tensor of this.initializers) {
      const bytes = tensor.rawData!;
      if (bytes.length < 1024) continue;
      const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      end = offset + bytes.length;
      moved.push({ offset, bytes });
      delete tensor.rawData;
      tensor.dataLocation = 1;
      tensor.externalData = [
        { key: 'location', value: externalFile },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(bytes.length) },
      ];
    }
    return moved;
  }

  /**
   * Writes the nodes in their order, but one that waits for a size that only the data tell after the node that makes
   * it: a number has no inputs that would say so.
   */
  private encodeAll(nodes: readonly Node[]): void {
    let waiting: { readonly node: Node; readonly error: unknown }[] = [];
    const attempt = (node: Node): boolean => {
      try {
        this.encode(node);
        return true;
      } catch (error) {
        waiting.push({ node, error });
        return false;
      }
    };
    for (const node of nodes) {
      let known = this.measured.size;
      if (!attempt(node)) continue;
      while (waiting.length > 0 && this.measured.size > known) {
        known = this.measured.size;
        const again = waiting;
        waiting = [];
        for (const { node } of again) attempt(node);
      }
    }
    if (waiting.length > 0) throw waiting[0]!.error;
  }

  private encode(node: Node): void {
    this.encoding = node;
    const { op, operands, attrs } = encodeNode(node, this);
    const captures = (attrs['captures'] as number | undefined) ?? 0;
    const own = node.inputs.slice(0, node.inputs.length - captures);
    const captured = node.inputs.slice(own.length);
    const inputs = [...own.map((value) => this.name(value)), ...operands];
    const bodies = Object.entries(node.bodies ?? {}).map(([name, body]) => ({
      name,
      type: ATTRIBUTE_TYPE.graph,
      g: this.encodeBody(name, body, captured),
    }));
    this.encoding = node;
    const outputs = node.outputs.map((value) => this.named.get(value) ?? this.nameOutput(node, value));
    this.push(op, inputs, outputs, attrs, node.source, bodies);
    for (const output of node.outputs) this.measure(output);
  }

  /** Keeps where each size that is not fixed can be read off from now on. */
  private measure(value: Value): void {
    value.shape.forEach((d, axis) => {
      if (!Number.isNaN(d)) return;
      const at = value.shapes.map((s) => s[axis]!);
      if (!this.measured.has(at.join())) this.measured.set(at.join(), { at, value, axis });
    });
  }

  private nameOutput(node: Node, value: Value): string {
    const { source, op } = node;
    const name = this.names.take(value.name ?? nameIn(source, op) ?? source?.kernel ?? withoutDomain(op));
    this.named.set(value, name);
    return name;
  }

  /** The name of a value; a constant becomes an initializer the first time that it is asked for. */
  private name(value: Value): string {
    const known = this.known(value);
    if (known !== undefined) return known;
    if (!value.data) throw new Error('A node reads a value that no node before it makes.');
    const name =
      this.weight(value) ?? this.initializer(value.dtype, value.shape, value.data, value.name ?? 'constant');
    this.named.set(value, name);
    return name;
  }

  private known(value: Value): string | undefined {
    return this.named.get(value) ?? this.around?.known(value);
  }

  /** A weight that is kept in fewer bits, and the node that makes float32 of it. */
  private weight({ dtype, shape, data, name = 'constant' }: Value): string | undefined {
    const packed =
      dtype === 'float32' && packWeight(data as Float32Array, shape, this.options.weights ?? 'float32');
    if (!packed) return undefined;
    const output = this.names.take(name);
    const add = (part: PackedTensor, suffix: string) => {
      const taken = this.names.take(`${name}:${suffix}`);
      this.initializers.push({
        name: taken,
        dims: [...part.dims],
        dataType: part.dataType,
        rawData: asBytes(part.data),
      });
      return taken;
    };
    this.push(
      packed.op,
      packed.parts.map(({ suffix, ...part }) => add(part, suffix)),
      [output],
      packed.attrs,
    );
    return output;
  }

  private initializer(dtype: DataType, dims: readonly number[], data: Data, name: string): string {
    const taken = this.names.take(name);
    this.initializers.push({
      name: taken,
      dims: [...dims],
      dataType: DATA_TYPE[dtype],
      rawData: asBytes(data),
    });
    return taken;
  }

  private push(
    op: string,
    input: string[],
    output: string[],
    attrs: Readonly<Record<string, GraphAttribute>>,
    source?: Source,
    bodies: readonly Attribute[] = [],
  ): void {
    const opType = withoutDomain(op);
    const domain = op.slice(0, -opType.length - 1);
    if (domain) this.domains.add(domain);
    while (input.at(-1) === '') input.pop();
    this.nodes.push({
      input,
      output,
      opType,
      domain,
      name: this.nodeNames.take(nameIn(source, op) ?? output[0]!),
      attribute: [
        ...Object.entries(attrs)
          .filter(([name]) => name !== 'captures')
          .map(([name, value]) => attribute(name, value)),
        ...bodies,
      ],
      ...(source && this.options.sources !== false && describeSource(source, this.opset)),
    });
  }

  private valueInfo(name: string, value: Value): ValueInfo {
    const dim = value.shape.map((_, i): DimensionMessage => {
      const measured = value.shapes.map((s) => s[i]!);
      const expression = findSizeExpression(measured, this.graph.symbols ?? {});
      if (typeof expression === 'number') return { dimValue: expression };
      // A size that only the data tell has a name of its own.
      return { dimParam: (expression && printSizeExpression(expression)) ?? `${name}_${i}` };
    });
    return { name, type: { tensorType: { elemType: DATA_TYPE[value.dtype], shape: { dim } } } };
  }

  private outermost(): Writer {
    return this.around?.outermost() ?? this;
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
      this.initializer('int64', [values.length], BigInt64Array.from(values.map(BigInt)), 'sizes'),
    );
  }

  floats(values: readonly number[]): string {
    return this.cached(`f${values.join()}`, () =>
      this.initializer('float32', [values.length], Float32Array.from(values), 'numbers'),
    );
  }

  scalar(value: number, dtype: DataType): string {
    return this.cached(`${dtype} ${value}`, () =>
      this.initializer(dtype, [], constant(dtype, [], [value]).data!, 'number'),
    );
  }

  sizes(sizes: Sizes): string {
    if (isFixed(sizes)) return this.ints(sizes[0]!);
    const parts = sizes[0]!.map((_, i) => this.dimension(sizes.map((s) => s[i]!)));
    return this.cached(`concat ${parts.join(' ')}`, () => this.apply('Concat', parts, { axis: 0 }));
  }

  size(node: Node): string {
    const vector = this.dimension(node.sizes['value']!.map((s) => s[0]!));
    const number = this.apply('Reshape', [vector, this.ints([])], {});
    return this.apply('Cast', [number], { to: DATA_TYPE[node.output.dtype] });
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
      const { source, op } = this.encoding!;
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
      const name = this.name(value);
      return this.cached(`shape ${name} ${axis}`, () =>
        this.apply('Shape', [name], { start: axis, end: axis + 1 }),
      );
    }
    const operands = [this.evaluate(expression.left), this.evaluate(expression.right)];
    return this.cached(`${expression.op} ${operands.join(' ')}`, () =>
      this.apply(expression.op, operands, {}),
    );
  }

  /** A symbolic dimension, read off the first input that has it. */
  private symbol(name: string): string {
    const at = this.graph.symbols![name]!;
    for (const input of this.outermost().graph.inputs) {
      const axis = input.shape.findIndex(
        (d, i) => Number.isNaN(d) && input.shapes.every((s, w) => s[i] === at[w]),
      );
      if (axis >= 0) return this.evaluate({ source: { value: input, axis } });
    }
    throw new Error(`The graph has no input with the dimension ${name}.`);
  }

  private apply(op: string, inputs: string[], attrs: Readonly<Record<string, GraphAttribute>>): string {
    const name = this.names.take(op.toLowerCase());
    this.push(op, inputs, [name], attrs);
    return name;
  }
}
