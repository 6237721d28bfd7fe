import type { Chain } from './sampler.js';

/** x uniform on the model's value range, as the NCSN authors start. */
export function uniformStart({ card, x, uniforms }: Chain): void {
  const [low, high] = card.valueRange;
  uniforms().forEach((u, i) => (x[i] = low + (high - low) * u));
}
