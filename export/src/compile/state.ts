import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorConstructor } from 'onnxruntime-common';
import { typedArrayFor, type HostData } from './host-tensor.js';

/** One variable's value, in two buffers: a run reads the one and writes the other, so nothing is copied. */
interface Slot {
  current: HostData;
  spare?: HostData;
}

/** The variables of a compiled function, kept in main memory between its calls. */
export class State {
  private readonly slots = new Map<tf.Variable, Slot>();

  /**
   * @param Tensor the class of the ONNX Runtime in use: one that is made by another copy of it is not taken
   * @param donated whether variables start in the memory that they have in tfjs, not in a copy
   */
  constructor(
    private readonly Tensor: () => TensorConstructor,
    private readonly donated: boolean,
  ) {}

  /** The present value, not a copy; a variable that was never seen starts at its value in tfjs. */
  read(variable: tf.Variable): Tensor {
    return this.tensor(variable, this.slot(variable).current);
  }

  /** A buffer for the next value, of the same size as the present one and not the present one. */
  spare(variable: tf.Variable): Tensor {
    const slot = this.slot(variable);
    slot.spare ??= new (typedArrayFor(variable.dtype))(variable.size);
    return this.tensor(variable, slot.spare);
  }

  /** Makes `value` the present one, and what was present the spare. */
  swap(variable: tf.Variable, value: Tensor): void {
    const slot = this.slot(variable);
    slot.spare = slot.current;
    slot.current = value.data as HostData;
  }

  /** Copies `value` into the variable. */
  write(variable: tf.Variable, { type, dims, data }: Tensor): void {
    const { dtype, shape, name } = variable;
    if (type !== dtype || dims.join() !== shape.join()) {
      throw new Error(
        `The variable ${name} is ${dtype} [${shape.join(', ')}]; it cannot take a ${type} [${dims.join(', ')}].`,
      );
    }
    this.slot(variable).current.set(data as Float32Array);
  }

  private slot(variable: tf.Variable): Slot {
    let slot = this.slots.get(variable);
    if (!slot) {
      const initial = variable.dataSync<'float32'>();
      slot = { current: this.donated ? initial : typedArrayFor(variable.dtype).from(initial) };
      this.slots.set(variable, slot);
    }
    return slot;
  }

  private tensor({ dtype, shape }: tf.Variable, data: HostData): Tensor {
    return new (this.Tensor())(dtype as 'float32', data as Float32Array, shape);
  }
}
