import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorConstructor } from 'onnxruntime-common';
import { typedArrayFor } from './host-tensor.js';

/** One variable's value, in two buffers: a run reads the one and writes the other, so nothing is copied. */
interface Slot {
  current: Tensor;
  spare?: Tensor | undefined;
}

/** The variables of a compiled function, kept in main memory between its calls. */
export class State {
  private readonly slots = new Map<tf.Variable, Slot>();

  constructor(private readonly Tensor: () => TensorConstructor) {}

  /** The present value; a variable that was never seen starts at its value in tfjs. */
  read(variable: tf.Variable): Tensor {
    let slot = this.slots.get(variable);
    if (!slot) {
      const data = typedArrayFor(variable.dtype).from(variable.dataSync<'float32'>());
      slot = {
        current: new (this.Tensor())(variable.dtype as 'float32', data as Float32Array, variable.shape),
      };
      this.slots.set(variable, slot);
    }
    return slot.current;
  }

  /** A buffer for the next value, of the same size as the present one and not the present one. */
  spare(variable: tf.Variable): Tensor {
    const { type, dims } = this.read(variable);
    const slot = this.slots.get(variable)!;
    slot.spare ??= new (this.Tensor())(
      type as 'float32',
      new (typedArrayFor(variable.dtype))(slot.current.size) as Float32Array,
      dims,
    );
    return slot.spare;
  }

  /** Makes `value` the present one, and what was present the spare. */
  swap(variable: tf.Variable, value: Tensor): void {
    const slot = this.slots.get(variable)!;
    slot.spare = slot.current;
    slot.current = value;
  }

  write(variable: tf.Variable, value: Tensor): void {
    const { type, dims } = this.read(variable);
    if (value.type !== type || value.dims.join() !== dims.join()) {
      throw new Error(
        `The variable ${variable.name} is ${type} [${dims.join(', ')}]; it cannot take a ${value.type} [${value.dims.join(', ')}].`,
      );
    }
    this.slots.set(variable, { current: value });
  }
}
