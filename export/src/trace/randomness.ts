import * as tf from '@tensorflow/tfjs-core';
import { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { runningOps } from './refusals.js';

/**
 * What becomes of the random numbers that a function draws by `tf.randomNormal`, `tf.randomUniform`,
 * `tf.truncatedNormal` and what calls these, such as `tf.dropout`: they are refused; they are inputs of the graph, of
 * the standard distribution, named after the op (`randomNormal_0`); or the graph draws them anew in every run.
 */
export type Randomness = 'refuse' | 'inputs' | 'generate';

/** The ops that draw, and what draws the same from the standard distribution in a graph. */
const DRAWS = {
  randomNormal: { standard: 'RandomNormalLike', attrs: { mean: 0, scale: 1 }, range: [0, 1] },
  randomUniform: { standard: 'RandomUniformLike', attrs: { low: 0, high: 1 }, range: [0, 1] },
  truncatedNormal: { standard: undefined, attrs: {}, range: [0, 1] },
} as const;

type Op = keyof typeof DRAWS;

/**
 * Recognises random numbers in a trace. tfjs draws them in JavaScript, without a kernel, from a seed that Math.random
 * makes up: for as long as the function runs that seed is known here, so that the standard numbers behind those that
 * were drawn are, and with them their mean and deviation or their range.
 */
export class RandomDraws {
  readonly inputs: Value[] = [];
  private probing = false;

  /** @param trace which trace this is: each has a seed of its own, or a number of Math.random itself would go unnoticed */
  constructor(
    private readonly randomness: Randomness,
    private readonly trace: number,
  ) {}

  private get seed(): number {
    return 0.1234567 + 0.0731 * this.trace;
  }

  /** Runs the function with the known seed. */
  during<T>(run: () => T): T {
    if (this.randomness === 'refuse') return run();
    const { random } = Math;
    Math.random = () => this.seed;
    try {
      return run();
    } finally {
      Math.random = random;
    }
  }

  /** The graph's own form of an array that a drawing op has filled; undefined if it is of no such op, or has a fixed seed. */
  replace(numbers: Float32Array, shape: readonly number[]): Value | undefined {
    const op = runningOps().at(-1) as Op | undefined;
    if (this.randomness === 'refuse' || this.probing || !op || !(op in DRAWS) || numbers.length === 0)
      return undefined;
    const found = affine(this.standard(op, shape), numbers);
    if (!found) return undefined;
    const value = this.randomness === 'inputs' ? this.input(op, shape) : generate(op, shape);
    const scaled = found.scale === 1 ? value : g.mul(value, g.scalar(found.scale, value));
    return found.shift === 0 ? scaled : g.add(scaled, g.scalar(found.shift, scaled));
  }

  private standard(op: Op, shape: readonly number[]): Float32Array {
    this.probing = true;
    try {
      const [low, high] = DRAWS[op].range;
      return tf.tidy(() => tf[op]([...shape], low, high, 'float32', this.seed).dataSync() as Float32Array);
    } finally {
      this.probing = false;
    }
  }

  private input(op: Op, shape: readonly number[]): Value {
    const value = new Value('float32', [shape]);
    value.name = `${op}_${this.inputs.length}`;
    this.inputs.push(value);
    return value;
  }
}

function generate(op: Op, shape: readonly number[]): Value {
  const { standard, attrs } = DRAWS[op];
  if (!standard)
    throw new Error(`ONNX cannot draw what tf.${op} does: make its numbers inputs of the graph.`);
  const like = g.expand(g.constant('float32', [], [0]), [shape]);
  return g.emit(standard, [like], like, { ...attrs });
}

/** scale and shift with numbers = scale * standard + shift, where there are such. */
function affine(standard: Float32Array, numbers: Float32Array): { scale: number; shift: number } | undefined {
  if (numbers.every((n, i) => n === standard[i])) return { scale: 1, shift: 0 };
  // Through two numbers there is always a line: only others show whether it is the one.
  if (numbers.length < 4) return undefined;
  const low = standard.indexOf(Math.min(...standard.slice(0, 1000)));
  const high = standard.indexOf(Math.max(...standard.slice(0, 1000)));
  const scale = rounded((numbers[high]! - numbers[low]!) / (standard[high]! - standard[low]!));
  const shift = rounded(numbers[low]! - scale * standard[low]!);
  const near = 1e-5 * (Math.abs(scale) + Math.abs(shift));
  return numbers.every((n, i) => Math.abs(n - scale * standard[i]! - shift) <= near)
    ? { scale, shift }
    : undefined;
}

/** Six digits: what the float32 numbers tell. */
const rounded = (n: number): number => (Math.abs(n) < 1e-6 ? 0 : Number(n.toPrecision(6)));
