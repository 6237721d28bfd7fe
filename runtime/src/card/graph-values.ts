import { decode, fields } from './onnx-metadata.js';

// Field numbers of ModelProto, GraphProto, ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto, its Dimension and
// TensorProto in onnx.proto.
const GRAPH = 7;
const [INITIALIZER, INPUT, OUTPUT] = [5, 11, 12];
const [NAME, TYPE] = [1, 2];
const TENSOR_TYPE = 1;
const [ELEMENT_TYPE, SHAPE] = [1, 2];
const DIM = 1;
const [DIM_VALUE, DIM_PARAM] = [1, 2];
const TENSOR_NAME = 8;

/** The element types of TensorProto.DataType by their numbers, as ONNX Runtime calls them. */
const ELEMENT_TYPES = [
  ...[
    'undefined',
    'float32',
    'uint8',
    'int8',
    'uint16',
    'int16',
    'int32',
    'int64',
    'string',
    'bool',
    'float16',
  ],
  ...['float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16'],
];

/** An input or output of a graph. */
export interface GraphValue {
  readonly name: string;
  /** Such as 'float32'; 'no tensor' of what is none. */
  readonly type: string;
  /** A number, or the name of a dimension that the graph leaves open; undefined where the file does not say the rank. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** What a graph asks for, constants with a value of their own left out, and what it gives. */
export interface GraphValues {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

/**
 * The inputs and outputs of an ONNX file, read without decoding its nodes and weights.
 *
 * @throws NotOnnxError if the bytes are not an ONNX model or end before one of its fields does.
 */
export function graphValues(bytes: Uint8Array): GraphValues {
  const graph = within(bytes, GRAPH)[0] ?? new Uint8Array();
  const parts = fields(graph);
  const of = (wanted: number) =>
    parts.flatMap(({ number, content }) => (number === wanted && content ? [content] : []));
  const constants = new Set(of(INITIALIZER).map((tensor) => decode(within(tensor, TENSOR_NAME)[0])));
  return {
    inputs: of(INPUT)
      .map(readValue)
      .filter(({ name }) => !constants.has(name)),
    outputs: of(OUTPUT).map(readValue),
  };
}

/** Such as `float32 [batch, 3, 8, 8]`. */
export const describeValue = ({ type, shape }: GraphValue): string =>
  shape ? `${type} [${shape.map((d) => (d === '' ? '?' : d)).join(', ')}]` : `${type} of any shape`;

function readValue(value: Uint8Array): GraphValue {
  const name = decode(within(value, NAME)[0]);
  const tensor = within(within(value, TYPE)[0] ?? new Uint8Array(), TENSOR_TYPE)[0];
  if (!tensor) return { name, type: 'no tensor', shape: undefined };
  const type = numberOf(tensor, ELEMENT_TYPE) ?? 0;
  const shape = within(tensor, SHAPE)[0];
  return {
    name,
    type: ELEMENT_TYPES[type] ?? `element type ${type}`,
    shape:
      shape && within(shape, DIM).map((dim) => numberOf(dim, DIM_VALUE) ?? decode(within(dim, DIM_PARAM)[0])),
  };
}

const within = (message: Uint8Array, wanted: number): Uint8Array[] =>
  fields(message).flatMap(({ number, content }) => (number === wanted && content ? [content] : []));

const numberOf = (message: Uint8Array, wanted: number): number | undefined =>
  fields(message).find(({ number }) => number === wanted)?.value;
