import type { ModelCard } from './model-card.js';

/** What a sampler has to know of a model. */
export type SourceCard = Pick<ModelCard, 'shape' | 'process' | 'parametrisation' | 'classes' | 'valueRange'>;
