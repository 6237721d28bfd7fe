import { CARD_KEY, readMetadata } from '@scorebridge/runtime';
import type { ByteRange, OnnxFile } from './onnx-file.js';
import { concat, delimited } from './delimited.js';

// Field numbers of ModelProto, GraphProto, TensorProto and StringStringEntryProto in onnx.proto.
const [IR_VERSION, GRAPH] = [1, 7];
export const METADATA_PROPS = 14;
const [INITIALIZER, INPUT, OUTPUT] = [5, 11, 12];
const [TENSOR_NAME, EXTERNAL_DATA] = [8, 13];
export const [KEY, VALUE] = [1, 2];

/** What is looked at of an ONNX file of any size. */
export interface Outline {
  /** The model without its nodes and weights, as an ONNX message: what `graphValues` and `readMetadata` read. */
  readonly model: Uint8Array;
  /** All of the file but its card. */
  readonly others: readonly ByteRange[];
  /** The files that weights lie in. */
  readonly external: readonly string[];
}

/**
 * Reads an ONNX file but for its nodes and weights.
 *
 * @throws NotOnnxError if it is not an ONNX model or ends before one of its fields does
 */
export async function readOutline(file: OnnxFile): Promise<Outline> {
  const parts: Uint8Array[] = [];
  const others: { from: number; to: number }[] = [];
  const external = new Set<string>();
  for await (const field of file.fields()) {
    const { number, content, from, to } = field;
    const isCard = number === METADATA_PROPS && content && (await textOf(file, content, KEY)) === CARD_KEY;
    if (!isCard) {
      const last = others.at(-1);
      if (last?.to === from) last.to = to;
      else others.push({ from, to });
    }
    if (number === IR_VERSION || number === METADATA_PROPS) parts.push((await file.read(field)).slice());
    if (number === GRAPH && content)
      parts.push(delimited(GRAPH, await graphOutline(file, content, external)));
  }
  const model = concat(parts);
  readMetadata(model);
  return { model, others, external: [...external] };
}

/** The inputs and outputs of a graph, and its initializers by name alone. */
async function graphOutline(file: OnnxFile, graph: ByteRange, external: Set<string>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const field of file.fields(graph)) {
    const { number, content } = field;
    if (number === INPUT || number === OUTPUT) parts.push((await file.read(field)).slice());
    if (number !== INITIALIZER || !content) continue;
    for await (const { number, content: inner } of file.fields(content)) {
      if (!inner) continue;
      if (number === TENSOR_NAME)
        parts.push(delimited(INITIALIZER, delimited(TENSOR_NAME, (await file.read(inner)).slice())));
      if (number === EXTERNAL_DATA && (await textOf(file, inner, KEY)) === 'location')
        external.add((await textOf(file, inner, VALUE)) ?? '');
    }
  }
  return concat(parts);
}

async function textOf(file: OnnxFile, entry: ByteRange, wanted: number): Promise<string | undefined> {
  for await (const { number, content } of file.fields(entry))
    if (number === wanted && content) return new TextDecoder().decode(await file.read(content));
  return undefined;
}
