/** The graph of a TensorFlow.js graph model, checked before anything is made of it. */

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** What it reads: `node`, `node:output`. */
  readonly inputs: readonly string[];
  /** Nodes that have to run before it, and without which it does not: in a branch that is not taken nothing runs. */
  readonly controls: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

/** An attribute as the file has it; strings are in base64 or lists of codes, integers may be strings. */
export interface AttrValue {
  readonly type?: string | number;
  readonly shape?: {
    readonly dim?: readonly { readonly size?: number | string }[];
    readonly unknownRank?: boolean;
  };
  readonly func?: { readonly name: string };
  readonly s?: unknown;
  readonly i?: number | string;
  readonly b?: boolean;
  readonly list?: unknown;
}

export interface FunctionDef {
  readonly name: string;
  readonly inputs: readonly string[];
  /** Its outputs in order, and what each reads. */
  readonly outputs: readonly { readonly name: string; readonly from: string }[];
  readonly nodes: ReadonlyMap<string, NodeDef>;
}

export interface GraphDef {
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly functions: ReadonlyMap<string, FunctionDef>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/**
 * Reads modelTopology.
 *
 * @throws Error where a node has no name or op, two have one name, one reads what is not there, or they go in a circle
 */
export function parseGraphDef(topology: Json): GraphDef {
  const library = isObject(topology['library']) ? list(topology['library']['function']) : [];
  const functions = new Map<string, FunctionDef>();
  for (const value of library) {
    const definition = parseFunction(value);
    if (definition) functions.set(definition.name, definition);
  }
  const nodes = readNodes(list(topology['node']), 'The graph');
  if (nodes.size === 0) throw new Error('The graph of the model has no nodes.');
  checkEdges(nodes, new Set(), 'The graph');
  return { nodes, functions };
}

function readNodes(values: readonly unknown[], where: string): Map<string, NodeDef> {
  const nodes = new Map<string, NodeDef>();
  for (const value of values) {
    const { name, op, input, attr } = (isObject(value) ? value : {}) as Json;
    if (typeof name !== 'string' || typeof op !== 'string' || !name || !op)
      throw new Error(
        `${where} has a node without a name or an op: ${JSON.stringify(value)?.slice(0, 100)}.`,
      );
    if (nodes.has(name)) throw new Error(`${where} has two nodes named ${name}.`);
    const inputs = list(input);
    if (!inputs.every((i) => typeof i === 'string'))
      throw new Error(`The node ${name} (${op}) has inputs that are no names.`);
    checkShape(attr, name, op);
    nodes.set(name, {
      name,
      op,
      inputs: (inputs as string[]).filter((i) => !i.startsWith('^')),
      controls: (inputs as string[]).filter((i) => i.startsWith('^')).map((i) => i.slice(1)),
      attr: isObject(attr) ? (attr as NodeDef['attr']) : {},
    });
  }
  return nodes;
}

/** A shape is whole numbers, and -1 where any size may stand. */
function checkShape(attr: unknown, name: string, op: string): void {
  if (!isObject(attr) || !isObject(attr['shape']) || !isObject(attr['shape']['shape'])) return;
  const sizes = list(attr['shape']['shape']['dim']).map((dim) => (isObject(dim) ? (dim['size'] ?? 0) : dim));
  const wrong = sizes.find((size) => !Number.isSafeInteger(Number(size)) || Number(size) < -1 || size === '');
  if (wrong !== undefined)
    throw new Error(
      `The node ${name} (${op}) has the size ${JSON.stringify(wrong)} in its shape; expected whole numbers, or -1 for any.`,
    );
}

function parseFunction(value: unknown): FunctionDef | undefined {
  if (!isObject(value) || !isObject(value['signature'])) return undefined;
  const { name, inputArg, outputArg } = value['signature'];
  if (typeof name !== 'string') return undefined;
  const names = (args: unknown) =>
    list(args).map((arg) => String((isObject(arg) ? arg['name'] : undefined) ?? ''));
  const ret = isObject(value['ret']) ? value['ret'] : {};
  const inputs = names(inputArg);
  const nodes = readNodes(list(value['nodeDef']), `The function ${name}`);
  checkEdges(nodes, new Set(inputs), `The function ${name}`);
  return {
    name,
    inputs,
    outputs: names(outputArg).map((output) => ({ name: output, from: String(ret[output] ?? output) })),
    nodes,
  };
}

/** The node that an input names, and which of its outputs: a number, or a name and a number within it. */
export function parseInput(input: string): { node: string; output: string; index: number } {
  const [node, ...rest] = input.split(':') as [string, ...string[]];
  const index = Number(rest.at(-1) ?? 0);
  return { node, output: rest.length > 1 ? rest[0]! : '', index: Number.isInteger(index) ? index : 0 };
}

/** Outputs of ops that have several, in order: a function's nodes name them. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  Switch: ['output_false', 'output_true'],
  Merge: ['output', 'value_index'],
  TopKV2: ['values', 'indices'],
  Unique: ['y', 'idx'],
  UniqueV2: ['y', 'idx'],
  ListDiff: ['out', 'idx'],
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: [
    'y',
    'batch_mean',
    'batch_variance',
    'reserve_space_1',
    'reserve_space_2',
    'reserve_space_3',
  ],
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
  NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
  TensorArrayV3: ['handle', 'flow'],
  TensorListPopBack: ['output_handle', 'tensor'],
  MaxPoolWithArgmax: ['output', 'argmax'],
  Qr: ['q', 'r'],
};

/** Which output of its node an input reads, by number. */
export function outputIndex(input: string, op: string): number {
  const { output, index } = parseInput(input);
  const at = output === '' ? -1 : (OUTPUTS[op]?.indexOf(output) ?? -1);
  return at > 0 ? at + index : index;
}

/** Which outputs of a function are the inputs in the same places: what a loop leaves as it is. */
export function unchanged({ inputs, outputs, nodes }: FunctionDef): boolean[] {
  return outputs.map(({ from }, i) => sourceOf(from, nodes) === inputs[i]);
}

/** What an input reads, past nodes that hand on what they read. */
export function sourceOf(input: string, nodes: ReadonlyMap<string, NodeDef>): string {
  const node = nodes.get(parseInput(input).node);
  return node?.op === 'Identity' ? sourceOf(node.inputs[0]!, nodes) : input.replace(/:(output:)?0$/, '');
}

function checkEdges(nodes: ReadonlyMap<string, NodeDef>, given: ReadonlySet<string>, where: string): void {
  for (const { name, op, inputs, controls } of nodes.values()) {
    const missing = [...inputs, ...controls]
      .map((input) => parseInput(input).node)
      .find((node) => !nodes.has(node) && !given.has(node));
    if (missing !== undefined)
      throw new Error(`The node ${name} (${op}) reads ${missing}, which is not in the graph.`);
  }
  // A loop of the first version of TensorFlow is a circle by way of NextIteration, and no other circle may be.
  const state = new Map<string, 'open' | 'done'>();
  for (const start of nodes.keys()) {
    const stack: { node: NodeDef; next: number }[] = [];
    const push = (name: string) => {
      const node = nodes.get(name);
      if (!node || state.get(name) === 'done') return;
      if (state.get(name) === 'open')
        throw new Error(`${where} goes in a circle through the node ${name} (${node.op}): it is damaged.`);
      state.set(name, 'open');
      stack.push({ node, next: 0 });
    };
    push(start);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const inputs = top.node.op === 'NextIteration' ? [] : top.node.inputs;
      if (top.next < inputs.length) push(parseInput(inputs[top.next++]!).node);
      else {
        state.set(top.node.name, 'done');
        stack.pop();
      }
    }
  }
}
