import * as tf from '@tensorflow/tfjs-core';
import type { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { inLayer } from '../graph/source.js';
import { callOf } from './calls.js';
import { outputIndex, parseInput, type FunctionDef, type GraphDef, type NodeDef } from './graph-def.js';
import { HOST_OPS } from './host-ops.js';
import { GraphRun, scope } from './graph-run.js';
import { openSwitch } from './merge-choice.js';
import { OneNode } from './one-node.js';
import { makePlan, type Plan } from './plan.js';
import { refuseOp } from './refused-ops.js';
import type { Item } from './tensor-list.js';

/** More nodes than any loop that is worth laying out round by round runs. */
const MOST_RUNS = 200_000;

/**
 * Runs a graph model node by node, under whatever backend is in use. Where the condition of a branch or a loop is known
 * while it runs, which in a trace are those that follow from constants and sizes, a loop is laid out round by round, and
 * of a branch only the side taken is there.
 */
export class GraphWalk {
  private readonly singles = new Map<NodeDef, OneNode>();
  private readonly plans = new Map<string, Plan>();
  private runs = 0;
  /** The nodes whose functions are being run, the outermost first. */
  private readonly callers: string[] = [];

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
    const run = new GraphRun(plan, root, (node, items) =>
      inLayer([...this.callers, node.name].join('/'), () => this.runNode(node, items, plan), node.op),
    );
    run.run();
    return outputs.map(({ node, index }) => {
      const item = root.values.get(node)?.[index];
      if (!item)
        throw new Error(
          `The output ${node} is never made: it lies in a branch that is not taken, or misses an input.`,
        );
      const open = run.undecided.size > 0 ? openSwitch(node, plan.nodes, run.undecided) : undefined;
      if (open)
        throw new Error(
          `The output ${node} lies on one side of a branch that only the data decide (the node ${open.name}, ${open.op}), so that it is not always there.`,
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
    const plan = this.plan(
      outputs.map(({ node }) => node),
      definition,
    );
    this.callers.push(by.name);
    try {
      return this.runPlan(plan, inputs, outputs);
    } finally {
      this.callers.pop();
    }
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
