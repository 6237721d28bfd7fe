export { convertModel, type ConvertedModel, type ConvertOptions } from './convert.js';
export type { AskedShape, DimensionName } from './input-specs.js';
export type { ModelInput, TfjsModel } from './tfjs-model.js';
export { verifyModel, type Deviation, type VerifyOptions } from './verify.js';
