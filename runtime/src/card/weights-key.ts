/**
 * The key of `metadata_props` that tells a model's weights from others: a hash that the files of one model share, by which a
 * model and its vector-Jacobian product are known to be a pair.
 */
export const WEIGHTS_KEY = 'scorebridge.weights';
