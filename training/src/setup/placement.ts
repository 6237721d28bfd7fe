import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../data/cache.js';
import { NAPI, ONNXRUNTIME, TENSORFLOW, TFJS_NODE } from './pins.js';

/** What TensorFlow was built for. */
export type TensorFlowKind = 'cpu' | 'gpu';

/** The folder that all of `scorebridge setup` is kept in, as a full path. */
export const setupFolder = (): string => resolve(cacheFolder(), 'setup');

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

/** The version of CUDA that a provider is for. */
export type CudaKind = 'cuda12' | 'cuda13';

/**
 * The folder of ONNX Runtime's CUDA provider with its CUDA, in the user's cache. ONNX Runtime looks for a provider beside
 * itself, so a project has links to two files of this.
 *
 * ```
 * onnxruntime/libonnxruntime_providers_cuda.so, ..._shared.so
 * nvidia/                                             CUDA and cuDNN, which the provider finds by their full paths
 * ```
 */
export const cudaFolder = (kind: CudaKind): string =>
  join(setupFolder(), `onnxruntime-${ONNXRUNTIME}-${kind}-${process.platform}-${process.arch}`);

/** The folder of the CUDA provider that was fetched; undefined where there is none. */
export const findCuda = (): string | undefined =>
  [cudaFolder('cuda12'), cudaFolder('cuda13')].find((folder) => existsSync(folder));
