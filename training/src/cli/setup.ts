import type { Command } from 'commander';
import { removeCuda, setUpCuda } from '../setup/cuda.js';
import { removeTensorFlow, setUpTensorFlow } from '../setup/tensorflow.js';
import { type Context, contextOf } from './context.js';

interface Options {
  readonly offline?: string;
  readonly remove?: boolean;
}

/** Adds `scorebridge setup`: makes native libraries work that npm's install scripts would fetch, or cannot. */
export function addSetup(program: Command): void {
  const setup = program
    .command('setup')
    .description('make TensorFlow or CUDA work on this machine; undo it with --remove');

  const tensorflow = shared(setup.command('tensorflow'))
    .description(
      'the engines tfjs-node-gpu and tfjs-node: the published addon, or one built against a current TensorFlow',
    )
    .option('--gpu', 'for NVIDIA GPUs: the TensorFlow that has CUDA, and CUDA 12 and cuDNN 9 with it')
    .action(async ({ gpu = false, ...options }: Options & { gpu?: boolean }) => {
      const context = contextOf(tensorflow);
      if (options.remove) return printRemoved(context, await removeTensorFlow());
      const result = await setUpTensorFlow({ gpu, ...common(options, context) });
      const { engine, source, folder, usesGpu, whyNoGpu, tensorflow: version } = result;
      const device = usesGpu ? 'the GPU' : 'the CPU';
      const why = gpu && !usesGpu ? `; TensorFlow finds no GPU${whyNoGpu ? ` (${whyNoGpu})` : ''}` : '';
      context.print(
        result,
        `${engine} computes on ${device} with TensorFlow ${version} (${source}; in ${folder})${why}.`,
      );
    });

  const cuda = shared(setup.command('cuda'))
    .description("ONNX Runtime's CUDA provider in Node: puts two links into node_modules/onnxruntime-node")
    .action(async (options: Options) => {
      const context = contextOf(cuda);
      if (options.remove) return printRemoved(context, await removeCuda());
      const result = await setUpCuda(common(options, context));
      const { gpu, source, folder } = result;
      context.print(
        result,
        `ONNX Runtime computes on ${gpu}; the CUDA provider, ${source}, is in ${folder}.`,
      );
    });
}

const shared = (command: Command) =>
  command
    .option('--offline <folder>', 'take the wheels from this folder, and npm packages from its cache')
    .option('--remove', 'remove what this command has put in place');

const common = ({ offline }: Options, { signal, note }: Context) => ({ offline, signal, note });

function printRemoved({ print }: Context, removed: readonly string[]): void {
  print({ removed }, removed.length ? `Removed ${removed.join(' and ')}.` : 'There is nothing to remove.');
}
