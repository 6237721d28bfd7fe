import { adaptiveRungeKutta } from '../ode/adaptive-runge-kutta.js';
import { type SolverOptions, solverOf } from '../ode/solver-options.js';
import { angleOf, lengthOf } from '../process/angle.js';
import { continuousLevels } from '../process/level-at.js';
import { checkSteps } from '../schedules/check.js';
import { alongSigma } from '../spacing/sigma-range.js';
import { gaussianStart } from './gaussian-start.js';
import type { LevelOptions } from './level-options.js';
import { sampleSize } from './sample-size.js';
import type { Sampler } from './sampler.js';

export interface ProbabilityFlowOptions extends SolverOptions, Pick<LevelOptions, 'final'> {}

/**
 * The probability-flow ODE by an adaptive Runge-Kutta method (Song et al., "Score-based generative modeling through
 * stochastic differential equations", 2021, section 4.3 and appendix D.4; score_sde: get_ode_sampler), from the noisiest
 * level to the cleanest and, unless `final` is 'min', by one step more to clean data.
 *
 * With the angle phi = atan(sigma / scale) in place of time and y = cos(phi) x_0 + sin(phi) eps the ODE is dy/dphi = v-hat,
 * of which neither side grows without bounds for any process. At a tolerance of 1e-5 a sample of a mixture takes 50 calls,
 * where the same ODE takes 90 to 210 in log(sigma / scale) and 120 to 390 in sigma / scale, for a like error.
 *
 * Each sample has its own step size, so it does not depend on those beside it. The network is asked for all that are not
 * done yet, each at its own level; calls are as many as the slowest sample of a batch needs: 2, then 6 for each of its
 * steps, taken or not (12 with `dormandPrince8`), and 1 for the last. How many steps there will be is not known before, so
 * `steps`, 10 by default, only says into how many even parts of the way the run is divided for those who watch it: after
 * part k every sample is at the k-th level or beyond.
 *
 * @throws RangeError on options out of range
 */
export function probabilityFlow(options: ProbabilityFlowOptions = {}): Sampler {
  const { final = 'zero' } = options;
  const { method, ...solver } = solverOf(options);
  return {
    name: 'probability-flow',
    plan(process, steps = 10) {
      checkSteps('steps', steps);
      const evenly = alongSigma({}, (u, { min, max }) =>
        Math.tan((1 - u) * Math.atan(max) + u * Math.atan(min)),
      );
      return { levels: evenly(process, steps + 1), steps };
    },
    initialise: gaussianStart,
    async *run(chain, { levels }) {
      const { card, x } = chain;
      if (card.parametrisation === 'mu')
        throw new RangeError('The probability-flow ODE needs levels between those that a model of mu has.');
      const { at } = continuousLevels(card.process);
      const size = sampleSize(card);
      const [noisiest, cleanest] = [levels[0]!, levels.at(-1)!];
      const [from, to] = [angleOf(noisiest), angleOf(cleanest)];
      const flows = Array.from({ length: x.length / size }, (_, row) => {
        const own = x.subarray(row * size, (row + 1) * size);
        const y = Float64Array.from(own, (value) => value / lengthOf(noisiest));
        const integration = adaptiveRungeKutta(method, { from, to, y, ...solver });
        const { value, done } = integration.next();
        return {
          row,
          own,
          integration,
          state: done ? value : value.state,
          question: done ? undefined : value,
        };
      });
      const points = x.slice();
      const advance = async () => {
        const open = flows.filter(({ question }) => question);
        const told = open.map(({ question }) => at(Math.tan(question!.t)));
        open.forEach(({ question }, j) =>
          question!.y.forEach((value, k) => (points[j * size + k] = lengthOf(told[j]!) * value)),
        );
        const asked = points.subarray(0, open.length * size);
        const v = await chain.estimateAt(
          'v',
          asked,
          told,
          open.map(({ row }) => row),
        );
        open.forEach((flow, j) => {
          const own = v.subarray(j * size, (j + 1) * size).map((value) => value / lengthOf(told[j]!));
          const { value, done } = flow.integration.next(own);
          flow.question = done ? undefined : value;
        });
      };
      for (const level of levels.slice(1)) {
        while (flows.some(({ state }) => state.t > angleOf(level))) await advance();
        for (const { own, state } of flows) {
          const length = lengthOf(at(Math.tan(state.t)));
          state.y.forEach((value, k) => (own[k] = length * value));
        }
        if (level === cleanest && final === 'zero') x.set(await chain.estimate('x0', cleanest));
        yield { level: level.level };
      }
    },
  };
}
