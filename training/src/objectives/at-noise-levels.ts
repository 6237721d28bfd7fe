import { Tensor } from 'onnxruntime-common';
import { drawIndices, drawNoise, perSample, type IndexDraw } from './draws.js';
import { sigmaPowerWeight, type SigmaWeight } from './loss-weights.js';
import type { Objective } from './objective.js';

export interface NoiseLevelsOptions {
  /** The noise levels sigma_1 > ... > sigma_L > 0. */
  sigmas: Float64Array;
  /** How the levels of a batch are drawn; 'stratified' by default. */
  levels?: IndexDraw;
  /** lambda(sigma), by which a level's losses are multiplied; sigma^2 by default. */
  weight?: SigmaWeight | undefined;
}

/**
 * An objective at several noise levels: (1/L) sum_i lambda(sigma_i) J(xt, sigma_i) with xt = x + sigma_i z (Song and
 * Ermon, NCSN, 2019, section 4.2 and appendix). It is for the objectives that look at data as they are, `explicit`,
 * `sliced` and `finiteDifferenceSliced`; `denoising` has its levels built in.
 */
export function atNoiseLevels(
  objective: Objective,
  { sigmas, levels = 'stratified', weight = sigmaPowerWeight(2) }: NoiseLevelsOptions,
): Objective {
  return {
    ...objective,
    draw({ x, label }, random) {
      const i = drawIndices(x.dims[0]!, sigmas.length, levels, random);
      const D = x.size / x.dims[0]!;
      const noise = drawNoise(x, random).data as Float32Array;
      const noised = (x.data as Float32Array).map(
        (value, e) => value + sigmas[i[Math.floor(e / D)]!]! * noise[e]!,
      );
      return {
        ...objective.draw({ x: new Tensor('float32', noised, x.dims), ...(label && { label }) }, random),
        level: perSample(i, (i) => sigmas[i]!),
        weight: perSample(i, (i) => weight(sigmas[i]!)),
      };
    },
  };
}
