import * as tf from '@tensorflow/tfjs-core';
import { inLayer } from '../graph/source.js';
import { outputIndex, parseInput, type NodeDef } from './graph-def.js';
import { isKnown, known } from './known.js';
import { loop } from './loop.js';
import { choiceOf, choose, type Choice } from './merge-choice.js';
import type { Plan } from './plan.js';
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

export const scope = (parent?: Scope): Scope => ({
  depth: parent ? parent.depth + 1 : 0,
  ...(parent && { parent }),
  values: new Map(),
  frames: new Map(),
});

/** A round of a loop that is recorded once: what it comes to is handed on, not run. */
interface RecordedRound {
  readonly at: Scope;
  readonly loopCond: string;
  /** Whether the round goes on beyond the condition. */
  readonly whole: boolean;
  condition?: Item;
  /** What goes into the round after, by the name of its NextIteration. */
  readonly next: Map<string, Item>;
}

/** One run over a plan: nodes run as soon as what they read is there, each once in each scope. */
export class GraphRun {
  private readonly queue: NodeDef[] = [];
  private readonly waiting = new Map<NodeDef, Set<Scope>>();
  /** Conditions of branches that only the data decide: both sides run, and what joins them chooses. */
  readonly undecided = new Set<string>();
  /** Loops that only the data end, each at the round from which on they do. */
  private readonly endless: { readonly loopCond: NodeDef; readonly at: Scope }[] = [];

  constructor(
    private readonly plan: Plan,
    private readonly root: Scope,
    private readonly runNode: (node: NodeDef, items: readonly Item[]) => (Item | undefined)[],
    private readonly round?: RecordedRound,
  ) {}

  run(): void {
    for (const name of [...this.root.values.keys()]) this.arrive(name, this.root);
    for (const node of this.plan.order) {
      if (node.inputs.length + node.controls.length === 0 && !this.root.values.has(node.name))
        this.store(node, this.root, this.runNode(node, []));
    }
    this.drain();
  }

  private drain(): void {
    do {
      for (let node; (node = this.queue.pop());) this.tryNode(node);
      // All else that the round leads to is there now.
      const loop = this.endless.pop();
      if (loop) inLayer(loop.loopCond.name, () => this.recordLoop(loop.loopCond, loop.at), loop.loopCond.op);
    } while (this.queue.length + this.endless.length > 0);
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
        if (at === this.round?.at) return void this.round.next.set(node.name, items[0]!);
        return mark((at.next ??= scope(at.parent!)), [items[0]]);
      case 'LoopCond':
        if (at === this.round?.at) {
          this.round.condition = items[0]!;
          return this.round.whole ? mark(at, [items[0]]) : undefined;
        }
        if (isKnown(items[0] as tf.Tensor)) return mark(at, [items[0]]);
        at.values.set(node.name, [undefined]);
        return void this.endless.push({ loopCond: node, at });
      case 'Switch': {
        const condition = items[1] as tf.Tensor;
        const [, from] = node.inputs as [string, string];
        if (at === this.round?.at && parseInput(from).node === this.round.loopCond)
          return mark(at, [undefined, items[0]]);
        if (!isKnown(condition)) {
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
      inLayer(node.name, () => choose(node, decides, taken.item, other.item), node.op),
      inLayer(node.name, () => choose(node, decides, index(whenTrue), index(1 - whenTrue)), node.op),
    ]);
  }

  /** Records a loop from a round on, and lets its Exits have what it ends with. */
  private recordLoop(loopCond: NodeDef, at: Scope): void {
    const { order } = this.plan;
    const merges = order.filter(({ op, name }) => op === 'Merge' && at.values.has(name));
    const nexts = merges.map(({ inputs }) =>
      inputs
        .map((input) => parseInput(input).node)
        .find((name) => this.plan.nodes.get(name)?.op === 'NextIteration'),
    );
    const run = (state: readonly Item[], whole: boolean): RecordedRound => {
      const round = { at: scope(at.parent), loopCond: loopCond.name, whole, next: new Map<string, Item>() };
      const inside = new GraphRun(this.plan, this.root, this.runNode, round);
      merges.forEach(({ name }, i) => round.at.values.set(name, [state[i]]));
      for (const { name } of merges) inside.arrive(name, round.at);
      inside.drain();
      return round;
    };
    const inReach = [at, at.parent!].flatMap(({ values }) => [...values.values()].flat());
    const last = loop(
      loopCond,
      merges.map(({ name }) => at.values.get(name)![0]!),
      {
        condition: (state) => run(state, false).condition as tf.Tensor,
        body: (state) => {
          const { next } = run(state, true);
          return state.map((item, i) => next.get(nexts[i] ?? '') ?? item);
        },
        kept: merges.map(() => false),
        reached: inReach,
      },
    );
    for (const node of order) {
      const [from, condition] = node.inputs.map((input) => parseInput(input).node);
      const i = merges.findIndex(({ name }) => name === from);
      if (node.op === 'Switch' && condition === loopCond.name && i >= 0)
        this.store(node, at, [last[i], undefined]);
    }
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
