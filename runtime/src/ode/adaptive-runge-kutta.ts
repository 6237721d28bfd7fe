import { rmsNorm } from './rms-norm.js';
import type { RungeKuttaMethod } from './runge-kutta-method.js';

export interface OdeProblem {
  /** Where t begins and ends; either may be the larger. */
  readonly from: number;
  readonly to: number;
  /** y at the beginning. Not changed. */
  readonly y: ArrayLike<number>;
  /** What each number of y may be off by in a step: atol + rtol |y|. */
  readonly rtol: number;
  readonly atol: number;
  /** The most steps, taken or rejected. */
  readonly maxSteps: number;
}

/** How far an integration has come. Its numbers and its y change as it goes on. */
export interface OdeState {
  t: number;
  readonly y: Float64Array;
  /** Steps taken. */
  steps: number;
  /** Steps that were too long, and taken again shorter. */
  rejected: number;
  evaluations: number;
}

/** Where the derivative is wanted. The array holds until the answer. */
export interface OdeQuestion {
  readonly t: number;
  readonly y: Float64Array;
  readonly state: OdeState;
}

const SAFETY = 0.9;
const [SMALLEST_FACTOR, LARGEST_FACTOR] = [0.2, 10];

/**
 * Integrates dy/dt = f(t, y) by steps of an embedded Runge-Kutta method, each as long as its error allows (Hairer, Norsett
 * and Wanner, "Solving ordinary differential equations I", 1993, section II.4; the rules and constants are those of
 * scipy's solve_ivp, and so are the steps). It yields where f is wanted and is sent f there, so that whoever drives several
 * of these evaluates them together, though the steps of each are its own.
 *
 * @throws Error if the steps are more than `maxSteps`, or become too short for t to change
 */
export function* adaptiveRungeKutta(
  method: RungeKuttaMethod,
  problem: OdeProblem,
): Generator<OdeQuestion, OdeState, ArrayLike<number>> {
  const { nodes, matrix, weights, errorOrder } = method;
  const { from, to, rtol, atol, maxSteps } = problem;
  const state: OdeState = { t: from, y: Float64Array.from(problem.y), steps: 0, rejected: 0, evaluations: 0 };
  if (from === to) return state;
  const { y } = state;
  const direction = Math.sign(to - from);
  const exponent = -1 / (errorOrder + 1);
  const scale = new Float64Array(y.length);
  const point = new Float64Array(y.length);
  // The last is the derivative at the end of the step, which is the first of the next.
  const stages = Array.from({ length: nodes.length + 1 }, () => new Float64Array(y.length));
  const [first, last] = [stages[0]!, stages[nodes.length]!];
  function* ask(t: number, stage: Float64Array): Generator<OdeQuestion, void, ArrayLike<number>> {
    state.evaluations++;
    stage.set(yield { t, y: point, state });
  }

  point.set(y);
  yield* ask(from, first);
  // A first step of which an explicit Euler step says that it is short enough (section II.4, "starting step size").
  const [one, difference] = [[1], [-1, 1]];
  for (let i = 0; i < y.length; i++) scale[i] = atol + rtol * Math.abs(y[i]!);
  const length = Math.abs(to - from);
  const [d0, d1] = [rmsNorm(one, [y], scale), rmsNorm(one, [first], scale)];
  const h0 = Math.min(d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1, length);
  advance(point, y, direction * h0, one, stages);
  yield* ask(from + direction * h0, last);
  const d2 = rmsNorm(difference, [first, last], scale) / h0;
  const h1 = Math.max(d1, d2) <= 1e-15 ? Math.max(1e-6, h0 * 1e-3) : (0.01 / Math.max(d1, d2)) ** -exponent;
  let h = Math.min(100 * h0, h1, length);

  let rejected = false;
  while (state.t !== to) {
    const shortest = 10 * Number.EPSILON * Math.abs(state.t);
    if (!rejected) h = Math.max(h, shortest);
    if (!(h >= shortest)) throw new Error(`The integration needs steps too short to change t at ${state.t}.`);
    if (state.steps + state.rejected >= maxSteps) {
      throw new Error(
        `The integration from ${from} to ${to} is at ${state.t} after ${maxSteps} steps, the most allowed: raise maxSteps, or rtol and atol.`,
      );
    }
    const end = direction * (state.t + direction * h - to) > 0 ? to : state.t + direction * h;
    h = Math.abs(end - state.t);
    for (let i = 1; i < nodes.length; i++) {
      advance(point, y, direction * h, matrix[i]!, stages);
      yield* ask(state.t + direction * h * nodes[i]!, stages[i]!);
    }
    advance(point, y, direction * h, weights, stages);
    yield* ask(end, last);
    for (let i = 0; i < y.length; i++) {
      scale[i] = atol + rtol * Math.max(Math.abs(y[i]!), Math.abs(point[i]!));
    }
    const error = method.errorNorm(h, stages, scale);
    const factor = SAFETY * error ** exponent;
    if (error < 1) {
      state.t = end;
      state.steps++;
      y.set(point);
      first.set(last);
      h *= Math.min(rejected ? 1 : LARGEST_FACTOR, factor);
      rejected = false;
    } else {
      state.rejected++;
      h *= Math.max(SMALLEST_FACTOR, factor);
      rejected = true;
    }
  }
  return state;
}

/** out = y + h sum_j c_j k_j. */
function advance(
  out: Float64Array,
  y: Float64Array,
  h: number,
  coefficients: readonly number[],
  stages: readonly Float64Array[],
): void {
  for (let i = 0; i < y.length; i++) {
    let sum = 0;
    for (let j = 0; j < coefficients.length; j++) sum += coefficients[j]! * stages[j]![i]!;
    out[i] = y[i]! + h * sum;
  }
}
