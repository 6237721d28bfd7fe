export {
  type CreateSession,
  type CreateSessionOptions,
  type Provider,
  type ProviderName,
  ProviderUnavailableError,
  type Session,
} from './providers/provider.js';
export * from './card/model-card.js';
export { CARD_FORMAT, CARD_KEY, CardError, parseCard } from './card/parse-card.js';
export { NotOnnxError, readMetadata } from './card/onnx-metadata.js';
export { readCard } from './card/read-card.js';
export { checkSeed, type NoiseKey, STREAM } from './noise/key.js';
export { normalBatch, normals } from './noise/normal.js';
export { philox4x32 } from './noise/philox.js';
export { integers, permutation, rademachers, uniforms } from './noise/uniform.js';
export { alphaBars } from './schedules/alpha-bars.js';
export { cosineBetas, type CosineBetasOptions } from './schedules/cosine-betas.js';
export { geometricSigmas, type GeometricSigmasOptions } from './schedules/geometric-sigmas.js';
export { linearBetas, type LinearBetasOptions } from './schedules/linear-betas.js';
export { posteriorLogVariances, posteriorVariances } from './schedules/posterior-variances.js';
export { priorKl, terminalSnr } from './schedules/terminal.js';
export { VERSION } from './version.js';
