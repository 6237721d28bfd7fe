import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from '../tools/run-tool.js';
import { NAPI, TENSORFLOW_CUDA_LIBRARIES } from './pins.js';
import type { TensorFlowKind } from './placement.js';

export interface BuildAddonOptions {
  /** A folder laid out as `tensorFlowFolder` says, with TensorFlow's headers in `tensorflow/include`. */
  readonly root: string;
  readonly kind: TensorFlowKind;
  readonly compiler: string;
  /** The folder that holds `node_api.h`. */
  readonly headers: string;
  /** For the compiler's own files. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds the addon of tfjs-node from its own source against the C interface of a TensorFlow wheel, and puts it where
 * both packages look for it.
 *
 * @throws Error with the compiler's first error
 */
export async function buildAddon(options: BuildAddonOptions): Promise<void> {
  const { root, kind, compiler, headers, scratch, signal } = options;
  const packages = join(root, 'node_modules', '@tensorflow');
  const source = join(packages, 'tfjs-node-gpu', 'binding');
  const [first, second] = ['tfjs-node-gpu', 'tfjs-node'].map((name) =>
    join(packages, name, 'lib', `napi-v${NAPI}`, 'tfjs_binding.node'),
  ) as [string, string];
  await mkdir(dirname(first), { recursive: true });
  await mkdir(dirname(second), { recursive: true });
  // The addon names the CUDA libraries itself, so that the loader has them by name when TensorFlow asks for them: the
  // TensorFlow in the wheel looks beside Python's libraries, of which there are none here. cuDNN loads its own parts.
  const cuda = kind === 'gpu' ? TENSORFLOW_CUDA_LIBRARIES.map((library) => join(root, library)) : [];
  const up = '$ORIGIN/../../../../..';
  const folders = ['tensorflow', ...new Set(TENSORFLOW_CUDA_LIBRARIES.map((library) => dirname(library)))];
  const found = kind === 'gpu' ? folders : ['tensorflow'];
  try {
    await runTool(
      compiler,
      [
        ...['-std=c++17', '-O2', '-shared', '-fPIC', `-DNAPI_VERSION=${NAPI}`, '-DBUILDING_NODE_EXTENSION'],
        ...[headers, join(root, 'tensorflow', 'include')].map((folder) => `-I${folder}`),
        ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(source, file)),
        ...['-o', first, `-L${join(root, 'tensorflow')}`],
        ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,--no-as-needed', ...cuda],
        ...found.map((folder) => `-Wl,-rpath,${up}/${folder}`),
      ],
      { signal, env: { TMPDIR: scratch } },
    );
  } catch (error) {
    signal?.throwIfAborted();
    const output = (error as { output?: string }).output ?? '';
    const reason = /^.*(?:error|undefined reference).*$/m.exec(output)?.[0] ?? (error as Error).message;
    throw new Error(
      `${compiler} cannot build the addon of tfjs-node (${reason.trim()}): a compiler with C++17 is needed, such as g++ 9 or newer.`,
      { cause: error },
    );
  }
  await cp(first, second);
}
