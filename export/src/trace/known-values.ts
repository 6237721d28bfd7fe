import {
  engine,
  getKernel,
  type DataType as TfDataType,
  type KernelBackend,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { Value, type Data } from '../graph/graph.js';
import type { Recorded } from './kernels/rule.js';

/** A kernel that was recorded, and what it was called with. */
export interface KernelCall {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly attrs: NamedAttrMap;
  /** Whether tfjs passes the inputs as a list, as to Concat. */
  readonly listed: boolean;
}

/**
 * What recorded values are, where they follow from constants alone. tfjs reads them in the middle of a function: a
 * graph model works out the shape that it reshapes to from the shape of an input, element by element. Asked for such a
 * value, tfjs's own cpu kernels compute it; nothing is computed that nobody reads.
 */
export class KnownValues {
  private readonly calls = new WeakMap<Value, { call: KernelCall; output: number }>();
  private readonly computed = new WeakMap<Value, Data>();

  /** Keeps how values were made, if from what is known and always the same. */
  remember(call: KernelCall, made: Recorded | Recorded[]): void {
    if (call.kernelName === 'Multinomial') return;
    const isKnown = (value: Recorded) => value instanceof Value && (value.data || this.calls.has(value));
    if (!Object.values(call.inputs).every(isKnown)) return;
    (Array.isArray(made) ? made : [made]).forEach((value, output) => {
      if (value instanceof Value && !value.data && !this.calls.has(value))
        this.calls.set(value, { call, output });
    });
  }

  /** The values of a recorded value in tfjs's own types; undefined if they depend on an input of the function. */
  read(value: Value): Data | undefined {
    if (value.data) return value.dtype === 'int64' ? undefined : value.data;
    const known = this.computed.get(value);
    if (known) return known;
    const made = this.calls.get(value);
    if (!made) return undefined;
    const data = this.compute(made.call, made.output);
    if (data) this.computed.set(value, data);
    return data;
  }

  private compute({ kernelName, inputs, attrs, listed }: KernelCall, output: number): Data | undefined {
    const cpu = engine().findBackend('cpu') as KernelBackend | null;
    const kernel = cpu && getKernel(kernelName, 'cpu');
    if (!kernel) return undefined;
    const tensors: Record<string, TensorInfo> = {};
    for (const [name, value] of Object.entries(inputs)) {
      const data = value instanceof Value ? this.read(value) : undefined;
      if (!data) return undefined;
      const [shape, dtype] = [[...value.shape], value.dtype as TfDataType];
      tensors[name] = { dataId: cpu.write(data as never, shape, dtype) as never, shape, dtype };
    }
    const made = kernel.kernelFunc({
      inputs: (listed ? Object.values(tensors) : tensors) as never,
      attrs,
      backend: cpu,
    });
    const infos = Array.isArray(made) ? made : [made];
    const data = cpu.readSync(infos[output]!.dataId).slice() as Data;
    for (const { dataId } of [...infos, ...Object.values(tensors)]) cpu.disposeData(dataId, true);
    return data;
  }
}
