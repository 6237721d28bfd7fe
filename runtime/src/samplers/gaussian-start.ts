import type { Chain, Plan } from './sampler.js';

/** x ~ N(0, I) of a vp process, whose noisiest level is all but that; N(0, sigma^2 I) at the noisiest level of a ve process. */
export function gaussianStart({ card, x, normals }: Chain, { levels }: Plan): void {
  const std = card.process.kind === 'vp' ? 1 : levels[0]!.sigma;
  normals().forEach((z, i) => (x[i] = std * z));
}
