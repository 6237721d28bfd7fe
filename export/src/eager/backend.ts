import {
  backend_util,
  engine,
  util,
  type BackendTimingInfo,
  type BackendValues,
  type DataType as TfDataType,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { DataDependentSizeError } from '../graph/data-dependent-size.js';
import type { Data, Value } from '../graph/graph.js';
import { constant, reshape } from '../graph/ops.js';
import { product, sameInts } from '../graph/sizes.js';
import { dataTypeOf } from '../trace/data-type.js';
import { Complex, type Recorded } from '../trace/kernels/rule.js';
import { RecordingBackend, type DataId, type Tensors } from '../trace/recording-backend.js';
import { onHost } from './on-host.js';
import type { Programs } from './programs.js';
import { cut, segment } from './segment.js';
import { STRING_KERNELS, StringTable } from './string-table.js';

/** The most nodes that one session computes: more are computed in several, one after the other. */
const SEGMENT_LENGTH = 2000;
/** After so many tensors that nobody has read, they are computed unasked, as soon as the program awaits anything. */
const FLUSH_AFTER = 2000;

/**
 * A tfjs backend that computes on ONNX Runtime, lazily: ops record, and reading one tensor computes all tensors that are
 * there, which then are constants. So a tensor costs what the graph behind it costs, once.
 */
export class OnnxRuntimeBackend extends RecordingBackend {
  /** Tensors that have not been computed. */
  private readonly pending = new Map<DataId, Value>();
  /** Constants that are a tensor's data; others are part of what an op does. */
  private readonly fed = new WeakSet<Value>();
  /** Tensors of strings, whose values are the numbers of `table`. */
  private readonly strings = new WeakSet<DataId>();
  private readonly table = new StringTable();
  /** The real and the imaginary part of each complex tensor. */
  private readonly parts = new WeakMap<DataId, readonly DataId[]>();
  private readonly failures = new WeakMap<Value, Error>();
  private dataIds = 0;
  /** Tensors made since all were last computed. */
  private sinceFlush = 0;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly programs: Programs) {
    super();
  }

  override record(kernelName: string, inputs: Tensors, attrs: NamedAttrMap): TensorInfo | TensorInfo[] {
    if (kernelName === 'Identity') return this.share(inputs['x']!);
    if (kernelName === 'Reshape') return this.share(inputs['x']!, attrs['shape'] as number[]);
    if (kernelName === 'Fill' && typeof attrs['value'] === 'string') return this.fill(attrs);
    const isOfStrings = Object.values(inputs).some((tensor) => tensor?.dtype === 'string');
    if (!isOfStrings) return this.recordNumbers(kernelName, inputs, attrs);
    if (!STRING_KERNELS.has(kernelName)) {
      const found = onHost(kernelName, inputs, attrs, this);
      if (!found) throw new Error(`The kernel ${kernelName} has no form for strings.`);
      return found;
    }
    const made = super.record(kernelName, inputs, attrs);
    // The numbers of strings, unless it is a comparison.
    const named = (info: TensorInfo) => (info.dtype === 'int32' ? this.asStrings(info) : info);
    return Array.isArray(made) ? made.map(named) : named(made);
  }

  private recordNumbers(kernelName: string, inputs: Tensors, attrs: NamedAttrMap): TensorInfo | TensorInfo[] {
    try {
      return super.record(kernelName, inputs, attrs);
    } catch (error) {
      const found = error instanceof DataDependentSizeError && onHost(kernelName, inputs, attrs, this);
      if (!found) throw error;
      return found;
    }
  }

  /** The same data, one more time; as the tape and `tf.memory()` expect of ops that only look at it in another way. */
  private share({ dataId, dtype, shape }: TensorInfo, newShape: readonly number[] = shape): TensorInfo {
    const as = util.inferFromImplicitShape([...newShape], product(shape));
    this.incRef(dataId);
    return { dataId, dtype, shape: as };
  }

  private fill(attrs: NamedAttrMap): TensorInfo {
    const [value] = this.table.encode([util.encodeString(attrs['value'] as string)]);
    return this.asStrings(
      super.record('Fill', {}, { ...attrs, value: value!, dtype: 'int32' }) as TensorInfo,
    );
  }

  private asStrings(info: TensorInfo): TensorInfo {
    this.strings.add(info.dataId);
    return { ...info, dtype: 'string' };
  }

  override kernelValue({ dataId, shape }: TensorInfo): Recorded {
    this.own(dataId);
    const as = (value: Value) => (sameInts(value.shape, shape) ? value : reshape(value, [shape]));
    const complex = this.complexes.get(dataId);
    return complex ? new Complex(as(complex.real), as(complex.imag)) : as(this.values.get(dataId)!);
  }

  override graphValue(tensor: TensorInfo): Value {
    return this.kernelValue(tensor) as Value;
  }

  /** Takes the data of a tensor over from the backend that has it. */
  private own(dataId: DataId): void {
    if (!this.has(dataId)) engine().moveData(this, dataId as never);
  }

  override tensorInfo(made: Value): TensorInfo {
    // Without elements there is nothing to compute.
    const isEmpty = !made.data && product(made.shape) === 0;
    const value = isEmpty ? constant(made.dtype, made.shape, []) : made;
    const info = super.tensorInfo(value);
    this.dataIds++;
    if (value.data) {
      this.fed.add(value);
      return info;
    }
    this.pending.set(info.dataId, value);
    this.sinceFlush++;
    if (this.sinceFlush === FLUSH_AFTER) void this.flush();
    return info;
  }

  /** A complex tensor holds two others, its parts. */
  protected override complexInfo(value: Complex): TensorInfo {
    const parts = [this.tensorInfo(value.real), this.tensorInfo(value.imag)];
    const [real, imag] = parts.map(({ dataId }) => this.values.get(dataId)!) as [Value, Value];
    const info = super.complexInfo(new Complex(real, imag));
    this.parts.set(
      info.dataId,
      parts.map(({ dataId }) => dataId),
    );
    this.dataIds++;
    return info;
  }

  override write(values: BackendValues, shape: number[], dtype: TfDataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: TfDataType,
    refCount: number,
  ): void {
    this.references.set(dataId, refCount);
    this.dataIds++;
    if (dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
      const parts = [real, imag].map((part) => this.write(part, shape, 'float32'));
      const [x, y] = parts.map((part) => this.values.get(part)!) as [Value, Value];
      this.complexes.set(dataId, new Complex(x, y));
      this.parts.set(dataId, parts);
      return;
    }
    const isOfStrings = dtype === 'string';
    const value = isOfStrings
      ? constant('int32', shape, this.table.encode(values as Uint8Array[]))
      : constant(dataTypeOf(dtype), shape, this.copyOf(values, dtype));
    this.values.set(dataId, value);
    if (isOfStrings) this.strings.add(dataId);
    this.fed.add(value);
  }

  override incRef(dataId: DataId): void {
    this.own(dataId);
    super.incRef(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.has(dataId)) return true;
    if (!super.disposeData(dataId) && !force) return false;
    for (const part of this.parts.get(dataId) ?? []) this.disposeData(part);
    this.parts.delete(dataId);
    this.complexes.delete(dataId);
    this.values.delete(dataId);
    this.pending.delete(dataId);
    this.dataIds--;
    return true;
  }

  override numDataIds(): number {
    return this.dataIds;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return {
      unreliable: true,
      reasons: ['ONNX Runtime holds intermediate values and sessions as well, which are not counted.'],
    };
  }

  /** Whether the value of a tensor is there, of whatever backend. */
  isComputed(tensor: TensorInfo): boolean {
    const value = this.kernelValue(tensor);
    return value instanceof Complex || value.data !== undefined;
  }

  override readSync(dataId: DataId): BackendValues {
    const parts = this.parts.get(dataId);
    if (parts) return merged(parts.map((part) => this.readSync(part)));
    const { data } = this.values.get(dataId) ?? {};
    if (data) return this.valuesOf(dataId, data);
    throw new Error(
      "A tensor's value is not there yet: the backend onnxruntime computes when its value is awaited. Use await data() " +
        'or array() in place of dataSync(), arraySync() and print().',
    );
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const parts = this.parts.get(dataId);
    if (parts) return merged(await Promise.all(parts.map((part) => this.read(part))));
    const value = this.values.get(dataId);
    if (!value) throw new Error('A tensor was read that has been disposed of.');
    if (!value.data) await this.flush(value);
    const failure = this.failures.get(value);
    if (failure) throw failure;
    return this.valuesOf(dataId, value.data!);
  }

  /** A copy, since what the caller does to it must not reach the tensor. */
  private valuesOf(dataId: DataId, data: Data): BackendValues {
    return this.strings.has(dataId) ? this.table.decode(data as Int32Array) : (data.slice() as BackendValues);
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(f: () => void): Promise<BackendTimingInfo> {
    const start = performance.now();
    f();
    await this.flush();
    return { kernelMs: performance.now() - start };
  }

  /** Computes every tensor that there is, and `asked` even if it has been disposed of since. Never throws. */
  private flush(asked?: Value): Promise<void> {
    const done = this.queue.then(() => this.compute(asked));
    this.queue = done;
    return done;
  }

  private async compute(asked?: Value): Promise<void> {
    const wanted = new Set([...this.pending.values(), ...(asked ? [asked] : [])].filter(({ data }) => !data));
    this.pending.clear();
    this.sinceFlush = 0;
    try {
      await this.run(wanted);
    } catch {
      // One at a time, so that what cannot be computed keeps nothing else from being computed.
      for (const value of wanted) {
        if (value.data) continue;
        await this.run(new Set([value])).catch((error: unknown) =>
          this.failures.set(value, failed(value, error)),
        );
      }
    }
  }

  private async run(wanted: ReadonlySet<Value>): Promise<void> {
    for (const { nodes, outputs } of cut(wanted, SEGMENT_LENGTH)) {
      await this.programs.run(segment(nodes, outputs, (value) => this.isFed(value)));
      for (const value of outputs) this.fed.add(value);
    }
  }

  /** Numbers that ops bring along are theirs; larger constants too are fed, or each would have its own session. */
  private isFed(value: Value): boolean {
    return this.fed.has(value) || (value.dtype !== 'int64' && product(value.shape) > 1);
  }

  override dispose(): void {
    super.dispose();
    this.pending.clear();
    this.dataIds = 0;
    this.queue = this.queue.then(() => this.programs.dispose());
  }
}

/** Real and imaginary parts in turn, as tfjs has them. */
const merged = ([real, imag]: readonly BackendValues[]): BackendValues =>
  backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);

function failed(value: Value, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(
    `ONNX Runtime cannot compute this tensor, made by ${value.producer?.source?.kernel}: ${message}`,
    {
      cause: error,
    },
  );
}
