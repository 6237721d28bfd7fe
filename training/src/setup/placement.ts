import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../data/cache.js';
import { NAPI, TENSORFLOW, TFJS_NODE } from './pins.js';

/** What TensorFlow was built for. */
export type TensorFlowKind = 'cpu' | 'gpu';

/** The folder that all of `scorebridge setup` is kept in. */
export const setupFolder = (): string => join(cacheFolder(), 'setup');

/**
 * The folder of an addon that was built here, with its TensorFlow: in the user's cache, so that projects share it and
 * none is changed by it. It is there only when it is whole and has passed its test.
 *
 * ```
 * node_modules/@tensorflow/tfjs-node-gpu, tfjs-node   the packages, with lib/napi-v8/tfjs_binding.node
 * node_modules/@tensorflow/tfjs, tfjs-core            stand-ins: see share-tfjs.ts
 * tensorflow/libtensorflow_cc.so.2, ...               found from the addon by a relative path
 * nvidia/                                             CUDA and cuDNN, of a build for GPUs
 * ```
 */
export const tensorFlowFolder = (kind: TensorFlowKind): string =>
  join(
    setupFolder(),
    `tensorflow-${TENSORFLOW}-${kind}-tfjs-node-${TFJS_NODE}-napi-v${NAPI}-${process.platform}-${process.arch}`,
  );

/** The folder of the addon that was built here, that for GPUs before the other; undefined where there is none. */
export const findTensorFlow = (): string | undefined =>
  [tensorFlowFolder('gpu'), tensorFlowFolder('cpu')].find((folder) => existsSync(folder));
