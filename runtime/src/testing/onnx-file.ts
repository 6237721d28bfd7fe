/** The little of the ONNX protobuf schema that a handful of nodes needs, written by hand so that tests have a file to load. */

type Field = readonly [number: number, value: number | string | Uint8Array];

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** A protobuf message: numbers as varints, strings and nested messages as length-delimited fields. */
export function message(...fields: Field[]): Uint8Array {
  const bytes: number[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      bytes.push(...varint(number << 3), ...varint(value));
    } else {
      const content = typeof value === 'string' ? utf8.encode(value) : value;
      bytes.push(...varint((number << 3) | 2), ...varint(content.length), ...content);
    }
  }
  return Uint8Array.from(bytes);
}

export const FLOAT = 1;
export const INT32 = 6;
const INT64 = 7;
export const FLOAT16 = 10;

/** ValueInfoProto of a tensor; a string in `dims` is a symbolic dimension. */
export function value(name: string, type: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = message(...dims.map((d): Field => [1, message(typeof d === 'number' ? [1, d] : [2, d])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

export function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  attributes: Uint8Array[] = [],
): Uint8Array {
  return message(
    ...inputs.map((i): Field => [1, i]),
    ...outputs.map((o): Field => [2, o]),
    [4, opType],
    ...attributes.map((a): Field => [5, a]),
  );
}

/** AttributeProto of type INT. */
export const intAttribute = (name: string, i: number): Uint8Array => message([1, name], [3, i], [20, 2]);

export const floats = (name: string, dims: readonly number[], data: readonly number[]): Uint8Array =>
  message(
    ...dims.map((d): Field => [1, d]),
    [2, FLOAT],
    [8, name],
    [9, new Uint8Array(Float32Array.from(data).buffer)],
  );

/** A tensor of float16, by their bits. */
export const halves = (name: string, dims: readonly number[], bits: readonly number[]): Uint8Array =>
  message(
    ...dims.map((d): Field => [1, d]),
    [2, FLOAT16],
    [8, name],
    [9, new Uint8Array(Uint16Array.from(bits).buffer)],
  );

export const ints = (name: string, data: readonly number[]): Uint8Array =>
  message(
    [1, data.length],
    [2, INT64],
    [8, name],
    [9, new Uint8Array(BigInt64Array.from(data, BigInt).buffer)],
  );

export interface OnnxFile {
  inputs: Uint8Array[];
  outputs: Uint8Array[];
  nodes: Uint8Array[];
  initializers?: Uint8Array[];
  metadata?: Readonly<Record<string, string>>;
}

/** ModelProto, IR version 8, opset 17. */
export function onnxFile({ inputs, outputs, nodes, initializers = [], metadata = {} }: OnnxFile): Uint8Array {
  const graph = message(
    ...nodes.map((n): Field => [1, n]),
    [2, 'test'],
    ...initializers.map((t): Field => [5, t]),
    ...inputs.map((i): Field => [11, i]),
    ...outputs.map((o): Field => [12, o]),
  );
  return message(
    [1, 8],
    [7, graph],
    [8, message([1, ''], [2, 17])],
    ...Object.entries(metadata).map(([key, text]): Field => [14, message([1, key], [2, text])]),
  );
}
