import type { ModelCard } from '@scorebridge/runtime';
import { CARD_FORMAT, VERSION } from '@scorebridge/runtime';

/** A valid card of a model that nobody trained, with the fields that a test cares about put in. */
export const testCard = (fields: Partial<ModelCard>): ModelCard => ({
  format: CARD_FORMAT,
  name: 'test',
  shape: [28, 28, 1],
  layout: 'channels-last',
  valueRange: [-1, 1],
  process: { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 1000 } },
  parametrisation: 'eps',
  classes: null,
  ema: null,
  dataset: { name: 'none', licence: 'none' },
  seed: 0,
  step: 0,
  engine: 'none',
  scorebridge: VERSION,
  command: 'none',
  figures: {},
  ...fields,
});
