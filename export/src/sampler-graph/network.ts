import { type ModelCard, readCard } from '@scorebridge/runtime';
import { Names } from '../onnx/names.js';
import { type GraphMessage, type Model, ModelProto, type NodeMessage } from '../onnx/schema.js';
import type { Emitter } from './emitter.js';

/** The oldest operator set whose Clip, Slice and Loop are written as here. */
const OLDEST_OPSET = 13;

/** A score model's file, whose graph can be put into another. */
export interface Network {
  readonly card: ModelCard;
  readonly model: Model;
  /** Whether it has an output `variance_share`. */
  readonly variance: boolean;
}

/**
 * Reads a score model from the bytes of its ONNX file.
 *
 * @throws NotOnnxError, CardError; Error in one sentence if it is not a score model, or of too old an operator set
 */
export function readNetwork(bytes: Uint8Array): Network {
  const card = readCard(bytes);
  const model = ModelProto.decode(bytes) as unknown as Model;
  const { graph, opsetImport } = model;
  const opset = Number(opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 1);
  if (opset < OLDEST_OPSET)
    throw new Error(
      `The model is of ONNX operator set ${opset}; a sampler can be made of ${OLDEST_OPSET} or later, so convert it.`,
    );
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !constants.has(name)).map(({ name }) => name);
  const expected = ['x', 'level', ...(card.classes ? ['label'] : [])];
  const outputs = graph.output.map(({ name }) => name);
  if (inputs.length !== expected.length || !expected.every((name) => inputs.includes(name)))
    throw new Error(
      `Not a score model: its inputs are ${inputs.join(', ') || 'none'}; expected ${expected.join(', ')}.`,
    );
  if (!outputs.includes('prediction'))
    throw new Error(
      `Not a score model: its outputs are ${outputs.join(', ') || 'none'}; expected prediction.`,
    );
  return {
    card,
    model,
    variance: outputs.includes('variance_share'),
  };
}

/** Names that no value of the network has, nor one of `reserved`. */
export function namesBeside({ model: { graph } }: Network, reserved: readonly string[]): Names {
  const names = new Names();
  for (const name of [...allNames(graph), ...reserved]) names.reserve(name);
  return names;
}

function allNames(graph: GraphMessage): string[] {
  return [
    ...[...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name),
    ...graph.node.flatMap((node) => [
      ...[node.name, ...node.input, ...node.output],
      ...subgraphs(node).flatMap(allNames),
    ]),
  ];
}

const subgraphs = ({ attribute }: NodeMessage): GraphMessage[] =>
  attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);

/** All that a node reads, the values that its subgraphs take from around them included. */
const reads = (node: NodeMessage): string[] => [
  ...node.input,
  ...subgraphs(node).flatMap((graph) => [
    ...graph.node.flatMap(reads),
    ...graph.output.map(({ name }) => name),
  ]),
];

/** The network without what these outputs do not need. */
export function needed(network: Network, outputs: readonly string[]): Network {
  const { graph } = network.model;
  const wanted = new Set(outputs);
  const node = [...graph.node].reverse().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false;
    for (const name of reads(node)) wanted.add(name);
    return true;
  });
  const initializer = graph.initializer.filter(({ name }) => wanted.has(name));
  const { model } = network;
  return { ...network, model: { ...model, graph: { ...graph, node: node.reverse(), initializer } } };
}

/**
 * Adds a copy of the network's nodes, every value of it under a name of its own; the weights are shared.
 *
 * @param inputs the values that stand for the network's inputs, by their names
 * @returns the name that a value of the network has in the copy
 */
export function placeNetwork(
  emitter: Emitter,
  { model: { graph } }: Network,
  inputs: Readonly<Record<string, string>>,
): (name: string) => string {
  const placed = new Map(Object.entries(inputs));
  const rename = (name: string) => placed.get(name) ?? name;
  for (const node of graph.node) {
    const copy = renamed(node, rename);
    copy.output = node.output.map((name) => {
      if (name === '') return name;
      const own = emitter.names.take(name);
      placed.set(name, own);
      return own;
    });
    copy.name = emitter.names.take(node.name || node.opType);
    emitter.nodes.push(copy);
  }
  return rename;
}

/** The node, reading renamed values. A name that a subgraph makes itself is its own. */
function renamed(node: NodeMessage, rename: (name: string) => string): NodeMessage {
  const within = (graph: GraphMessage): GraphMessage => {
    const own = new Set([
      ...[...graph.input, ...graph.initializer].map(({ name }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const inside = (name: string) => (own.has(name) ? name : rename(name));
    return {
      ...graph,
      node: graph.node.map((node) => renamed(node, inside)),
      output: graph.output.map((output) => ({ ...output, name: inside(output.name) })),
    };
  };
  return {
    ...node,
    input: node.input.map(rename),
    attribute: node.attribute.map((attribute) => {
      const { g, graphs = [] } = attribute;
      if (!g && graphs.length === 0) return attribute;
      return { ...attribute, ...(g && { g: within(g) }), graphs: graphs.map(within) };
    }),
  };
}
