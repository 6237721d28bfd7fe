import {
  engine,
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { kernelsWithRule } from '../trace/kernels/index.js';
import type { DataId, Tensors } from '../trace/recording-backend.js';
import { kernelNames } from '../trace/refusals.js';

interface CpuBackend extends KernelBackend {
  disposeData(dataId: DataId, force?: boolean): boolean;
}

/** What a backend lets a kernel on the host read and write. */
interface HostAccess extends Pick<KernelBackend, 'readSync' | 'write'> {
  isComputed(tensor: TensorInfo): boolean;
}

type Input = TensorInfo | readonly TensorInfo[] | null | undefined;

/**
 * Runs a kernel that ONNX has no form for on tfjs's own cpu backend, on copies: strings, and outputs whose size only the
 * values of the inputs tell. Undefined where that backend is not loaded or does not have the kernel either.
 *
 * @throws Error if an input has not been computed
 */
export function onHost(
  kernelName: string,
  inputs: Tensors,
  attrs: NamedAttrMap,
  backend: HostAccess,
): TensorInfo | TensorInfo[] | undefined {
  const kernel = getKernel(kernelName, 'cpu');
  const cpu = engine().findBackend('cpu') as CpuBackend | null;
  if (!kernel || !cpu) return undefined;
  const made: TensorInfo[] = [];
  const copy = (tensor: TensorInfo): TensorInfo => {
    if (!backend.isComputed(tensor)) {
      throw new Error(
        `The kernel ${kernelName} runs on tfjs's cpu backend, since ONNX has no form for it, and needs the values of its ` +
          'inputs: await their data() first.',
      );
    }
    const dataId = cpu.write(backend.readSync(tensor.dataId), tensor.shape, tensor.dtype);
    const { shape, dtype } = tensor;
    // Some kernels ask for the rank, as if it were a tensor.
    const copied = { dataId, shape, dtype, rank: shape.length };
    made.push(copied);
    return copied;
  };
  const copyAny = (input: Input) =>
    Array.isArray(input) ? input.map(copy) : input && copy(input as TensorInfo);
  const takeOver = (info: TensorInfo): TensorInfo => {
    made.push(info);
    const dataId = backend.write(cpu.readSync(info.dataId), info.shape, info.dtype);
    return { dataId, shape: info.shape, dtype: info.dtype };
  };
  try {
    const copies = Array.isArray(inputs)
      ? inputs.map(copyAny)
      : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, copyAny(input)]));
    const results = kernel.kernelFunc({ inputs: copies as NamedTensorInfoMap, attrs, backend: cpu });
    return Array.isArray(results) ? results.map(takeOver) : takeOver(results);
  } finally {
    for (const { dataId } of made) cpu.disposeData(dataId, true);
  }
}

/** Lets kernels that have no rule run on the cpu backend, where it has them, before they are refused. */
export function registerHostKernels(backendName: string): void {
  for (const kernelName of kernelNames()) {
    if (kernelsWithRule.has(kernelName)) continue;
    const { kernelFunc: refuse } = getKernel(kernelName, backendName)!;
    unregisterKernel(kernelName, backendName);
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: (call) => {
        const { inputs, attrs = {}, backend } = call;
        return (
          onHost(kernelName, inputs as Tensors, attrs as NamedAttrMap, backend as HostAccess) ?? refuse(call)
        );
      },
    });
  }
}
