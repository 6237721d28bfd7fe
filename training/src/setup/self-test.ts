import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { runTool, ToolFailed, type ToolOutput } from '../tools/run-tool.js';

const Report = v.object({ usesGpu: v.boolean(), device: v.string(), tensorflow: v.string() });

/** What TensorFlow was seen to do in a process of its own. */
export interface TensorFlowReport extends v.InferOutput<typeof Report> {
  /** Why it does not compute on a GPU, in its own words, where it says so. */
  readonly whyNoGpu?: string | undefined;
}

export type TensorFlowName = 'tfjs-node' | 'tfjs-node-gpu';

/**
 * Loads an engine on libtensorflow in a process of its own, which it may take down, and has it compute: a product of
 * matrices, and the gradient of a convolution, against known numbers.
 *
 * @param folder what `setup` built; undefined: the package of `node_modules`
 * @throws Error that says what failed
 */
export async function testTensorFlow(
  name: TensorFlowName,
  folder: string | undefined,
  signal?: AbortSignal,
): Promise<TensorFlowReport> {
  const { stdout, stderr } = await runProgram([name, ...(folder === undefined ? [] : [folder])], signal);
  const report = v.parse(Report, JSON.parse(stdout.trim().split('\n').at(-1)!));
  return { ...report, ...(!report.usesGpu && { whyNoGpu: whyNoGpu(stderr) }) };
}

/**
 * Has ONNX Runtime compute on CUDA in a process of its own.
 *
 * @throws Error that says what failed
 */
export async function testCuda(signal?: AbortSignal): Promise<void> {
  await runProgram(['cuda'], signal);
}

async function runProgram(args: readonly string[], signal: AbortSignal | undefined): Promise<ToolOutput> {
  const program = fileURLToPath(new URL('./self-test-program.js', import.meta.url));
  try {
    return await runTool(process.execPath, [program, ...args], { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ToolFailed)) throw error;
    const said = /^self test: (.+)$/m.exec(error.output)?.[1];
    throw new Error(said ?? `the process ended with ${error.code ?? 'a signal'}: ${error.message}`, {
      cause: error,
    });
  }
}

/** The last line of TensorFlow's log that speaks of CUDA or the GPU, without its time and place. */
function whyNoGpu(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => /^(?:W|E|\d{4}-\d\d-\d\d).*(?:CUDA|cuda|GPU)/.test(line));
  return lines.at(-1)?.replace(/^.*?\.cc:\d+\]\s*/, '');
}
