import * as tf from '@tensorflow/tfjs-core';
import type { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { callOf } from './calls.js';
import { outputIndex, parseInput, type FunctionDef, type GraphDef, type NodeDef } from './graph-def.js';
import { HOST_OPS } from './host-ops.js';
import { isKnown, known } from './known.js';
import { choiceOf, choose, type Choice } from './merge-choice.js';
import { OneNode } from './one-node.js';
import { refuseOp } from './refused-ops.js';
import type { Item } from './tensor-list.js';

/** One place where nodes run: the graph itself, a loop's frame, or a round of it. */
interface Scope {
  readonly depth: number;
  readonly parent?: Scope;
  readonly values: Map<string, (Item | undefined)[]>;
  /** Frames that are entered from here, by name. */
  readonly frames: Map<string, Scope>;
  /** The round that comes after this one. */
  next?: Scope;
}

const scope = (parent?: Scope): Scope => ({
  depth: parent ? parent.depth + 1 : 0,
  ...(parent && { parent }),
  values: new Map(),
  frames: new Map(),
});

/** More nodes than any loop that is worth laying out round by round runs. */
const MOST_RUNS = 200_000;

/** A graph with what is looked up in it again and again. */
interface Plan {
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly order: readonly NodeDef[];
  readonly readers: ReadonlyMap<string, readonly NodeDef[]>;
  /** How many of a node's outputs are read. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Runs a graph model node by node, under whatever backend is in use. Conditions of branches and loops have to be known
 * while it runs, which in a trace are those that follow from constants and sizes: a loop is then laid out round by
 * round, and of a branch only the side taken is there.
 */
export class GraphWalk {
  private readonly singles = new Map<NodeDef, OneNode>();
  private readonly plans = new Map<string, Plan>();
  private runs = 0;

  /** @param constants the weights, by the name of their node */
  constructor(
    private readonly graph: GraphDef,
    private readonly constants: ReadonlyMap<string, tf.Tensor>,
    private readonly load: typeof loadGraphModelSync,
  ) {}

  /** The nodes that outputs depend on. */
  needed(outputs: readonly { readonly node: string }[]): ReadonlySet<string> {
    return new Set(this.plan(outputs.map(({ node }) => node)).order.map(({ name }) => name));
  }

  /**
   * @param inputs by the name of their node
   * @throws Error that names the node which cannot run
   */
  run(
    inputs: ReadonlyMap<string, tf.Tensor>,
    outputs: readonly { readonly node: string; readonly index: number }[],
  ): tf.Tensor[] {
    this.runs = 0;
    const results = this.runPlan(this.plan(outputs.map(({ node }) => node)), inputs, outputs);
    return results.map((item, i) => {
      if (!(item instanceof tf.Tensor))
        throw new Error(`The output ${outputs[i]!.node} is a list of tensors, not a tensor.`);
      return item;
    });
  }

  dispose(): void {
    for (const single of this.singles.values()) single.dispose();
    this.singles.clear();
  }

  private plan(outputs: readonly string[], of: FunctionDef | GraphDef = this.graph): Plan {
    const key = `${'name' in of ? of.name : ''}>${outputs.join()}`;
    let plan = this.plans.get(key);
    if (!plan) this.plans.set(key, (plan = makePlan(of.nodes, outputs)));
    return plan;
  }

  private runPlan(
    plan: Plan,
    inputs: ReadonlyMap<string, Item>,
    outputs: readonly { readonly node: string; readonly index: number }[],
  ): Item[] {
    const root = scope();
    for (const [node, item] of inputs) root.values.set(node, [item]);
    new Run(plan, root, (node, items) => this.runNode(node, items, plan)).run();
    return outputs.map(({ node, index }) => {
      const item = root.values.get(node)?.[index];
      if (!item)
        throw new Error(
          `The output ${node} is never made: it lies in a branch that is not taken, or misses an input.`,
        );
      return item;
    });
  }

  private runNode(node: NodeDef, items: readonly Item[], plan: Plan): (Item | undefined)[] {
    if (++this.runs > MOST_RUNS)
      throw new Error(
        `A loop takes too many rounds to be laid out one by one (at the node ${node.name}, ${node.op}).`,
      );
    if (node.op === 'Const' || node.op === 'Placeholder') return [this.given(node)];
    refuseOp(node);
    const call = callOf(node, items, this.graph.functions, (name, args) =>
      this.callFunction(name, args, node),
    );
    if (call) return call;
    const host = HOST_OPS[node.op];
    if (host) return explained(node, () => host(node, items));
    const tensors = items.map((item) => {
      if (!(item instanceof tf.Tensor))
        throw new Error(`The node ${node.name} (${node.op}) reads a list of tensors, which it cannot.`);
      return item;
    });
    let single = this.singles.get(node);
    if (!single) {
      single = explained(node, () => new OneNode(this.load, node, plan.counts.get(node.name) ?? 1));
      this.singles.set(node, single);
    }
    return explained(node, () => single.run(tensors));
  }

  private given({ name, op }: NodeDef): tf.Tensor {
    const weight = op === 'Const' ? this.constants.get(name) : undefined;
    if (weight) return weight;
    throw new Error(
      op === 'Const'
        ? `The weight ${name} is in the graph, but not in the weights manifest.`
        : `The placeholder ${name} is given no value.`,
    );
  }

  private callFunction(name: string, args: readonly Item[], by: NodeDef): Item[] {
    const definition = this.graph.functions.get(name);
    if (!definition)
      throw new Error(
        `The node ${by.name} (${by.op}) calls the function ${name}, which is not in the graph.`,
      );
    const outputs = definition.outputs.map(({ from }) => ({
      node: parseInput(from).node,
      index: outputIndex(from, definition.nodes.get(parseInput(from).node)?.op ?? ''),
    }));
    const inputs = new Map(definition.inputs.map((input, i) => [input, args[i]!]));
    return this.runPlan(
      this.plan(
        outputs.map(({ node }) => node),
        definition,
      ),
      inputs,
      outputs,
    );
  }
}

/** Adds to an error which node it came from. */
function explained<T>(node: NodeDef, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { message } = error as Error;
    if (message.includes(node.name)) throw error;
    throw new Error(`The node ${node.name} (${node.op}): ${message}`, { cause: error });
  }
}

function makePlan(nodes: ReadonlyMap<string, NodeDef>, outputs: readonly string[]): Plan {
  const needed = new Set<string>();
  const stack = [...outputs];
  const counts = new Map<string, number>();
  const readers = new Map<string, NodeDef[]>();
  while (stack.length > 0) {
    const name = stack.pop()!;
    const node = nodes.get(name);
    if (needed.has(name)) continue;
    needed.add(name);
    if (!node) continue;
    for (const input of node.inputs) {
      const from = parseInput(input).node;
      counts.set(from, Math.max(counts.get(from) ?? 1, outputIndex(input, nodes.get(from)?.op ?? '') + 1));
    }
    for (const from of new Set([...node.inputs.map((input) => parseInput(input).node), ...node.controls])) {
      const list = readers.get(from);
      if (list) list.push(node);
      else readers.set(from, [node]);
      stack.push(from);
    }
  }
  return { nodes, order: [...nodes.values()].filter(({ name }) => needed.has(name)), readers, counts };
}

/** One run over a plan: nodes run as soon as what they read is there, each once in each scope. */
class Run {
  private readonly queue: NodeDef[] = [];
  private readonly waiting = new Map<NodeDef, Set<Scope>>();
  /** Conditions of branches that only the data decide: both sides run, and what joins them chooses. */
  private readonly undecided = new Set<string>();

  constructor(
    private readonly plan: Plan,
    private readonly root: Scope,
    private readonly runNode: (node: NodeDef, items: readonly Item[]) => (Item | undefined)[],
  ) {}

  run(): void {
    for (const name of [...this.root.values.keys()]) this.arrive(name, this.root);
    for (const node of this.plan.order) {
      if (node.inputs.length + node.controls.length === 0 && !this.root.values.has(node.name))
        this.store(node, this.root, this.runNode(node, []));
    }
    for (let node; (node = this.queue.pop());) this.tryNode(node);
  }

  private arrive(name: string, at: Scope): void {
    for (const reader of this.plan.readers.get(name) ?? []) {
      const scopes = this.waiting.get(reader);
      if (scopes) scopes.add(at);
      else this.waiting.set(reader, new Set([at]));
      this.queue.push(reader);
    }
  }

  private store(node: NodeDef, at: Scope, items: (Item | undefined)[]): void {
    at.values.set(node.name, items);
    this.arrive(node.name, at);
  }

  private tryNode(node: NodeDef): void {
    for (const at of [...(this.waiting.get(node) ?? [])]) {
      if (node.op === 'Merge') this.merge(node, at);
      else this.tryIn(node, at);
    }
  }

  private tryIn(node: NodeDef, at: Scope): void {
    if (done(node, at)) return;
    const items: Item[] = [];
    let deepest = this.root;
    for (const input of node.inputs) {
      const found = this.find(input, at);
      if (!found) return;
      items.push(found.item);
      if (found.at.depth > deepest.depth) deepest = found.at;
    }
    for (const control of node.controls) {
      const found = lookup(control, at);
      if (!found) return;
      if (found.depth > deepest.depth) deepest = found;
    }
    if (deepest !== at || done(node, at)) return;
    const mark = (to: Scope, made: (Item | undefined)[]) => {
      if (MOVES.has(node.op)) at.values.set(ran(node), []);
      this.store(node, to, made);
    };
    switch (node.op) {
      case 'Enter':
        return mark(enter(node, at), [items[0]]);
      case 'Exit':
        return mark(at.parent!.parent!, [items[0]]);
      case 'NextIteration':
        return mark((at.next ??= scope(at.parent!)), [items[0]]);
      case 'LoopCond':
        return mark(at, [items[0]]);
      case 'Switch': {
        const condition = items[1] as tf.Tensor;
        const [, from] = node.inputs as [string, string];
        if (this.plan.nodes.get(parseInput(from).node)?.op !== 'LoopCond' && !isKnown(condition)) {
          this.undecided.add(from);
          return mark(at, [items[0], items[0]]);
        }
        const taken = known(condition, node)[0];
        return mark(at, taken ? [undefined, items[0]] : [items[0], undefined]);
      }
      default:
        return mark(at, this.runNode(node, items));
    }
  }

  /** A merge hands on whatever comes first in its scope, or chooses where only the data decide. */
  private merge(node: NodeDef, at: Scope): void {
    if (done(node, at)) return;
    const choice = this.undecided.size > 0 ? choiceOf(node, this.plan.nodes) : undefined;
    if (choice && this.undecided.has(choice.condition)) return this.chooseSide(node, at, choice);
    const arrived = node.inputs.map((input) => this.find(input, at));
    const index = arrived.findIndex((found) => found?.at === at);
    const which = index >= 0 ? index : arrived.findIndex((found) => found !== undefined);
    if (which < 0) return;
    this.store(node, at, [arrived[which]!.item, tf.scalar(which, 'int32')]);
  }

  private chooseSide(node: NodeDef, at: Scope, { condition, whenTrue }: Choice): void {
    const [taken, other] = [whenTrue, 1 - whenTrue].map((i) => this.find(node.inputs[i]!, at));
    const decides = this.find(condition, at)?.item;
    if (!taken || !other || !(decides instanceof tf.Tensor)) return;
    const index = (i: number) => tf.scalar(i, 'int32');
    this.store(node, at, [
      choose(node, decides, taken.item, other.item),
      choose(node, decides, index(whenTrue), index(1 - whenTrue)),
    ]);
  }

  private find(input: string, from: Scope): { item: Item; at: Scope } | undefined {
    const { node } = parseInput(input);
    const at = lookup(node, from);
    const item = at?.values.get(node)![outputIndex(input, this.plan.nodes.get(node)?.op ?? '')];
    return item && { item, at: at! };
  }
}

const ran = ({ name }: NodeDef) => `${name} has run`;
/** What these make stands in another scope, and what stands in theirs another round may have made. */
const MOVES = new Set(['Enter', 'Exit', 'NextIteration']);
const done = (node: NodeDef, at: Scope) => at.values.has(MOVES.has(node.op) ? ran(node) : node.name);

/** Where a node's values are, seen from a scope: there or further out. */
function lookup(name: string, from: Scope): Scope | undefined {
  for (let at: Scope | undefined = from; at; at = at.parent) if (at.values.has(name)) return at;
  return undefined;
}

/** The first round of the loop that a node enters; what stays the same in all rounds belongs to the frame around them. */
function enter({ attr, name }: NodeDef, from: Scope): Scope {
  const frameName = JSON.stringify(attr['frame_name']?.s ?? name);
  let first = from.frames.get(frameName);
  if (!first) from.frames.set(frameName, (first = scope(scope(from))));
  return attr['is_constant']?.b === true ? first.parent! : first;
}
