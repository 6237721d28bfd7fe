import * as tf from '@tensorflow/tfjs';
import type { HostTensor } from '../objectives/objective.js';

/** Makes `name` the backend that tfjs computes on, if it is not. */
export async function useBackend(name: string): Promise<void> {
  if (tf.getBackend() !== name) await tf.setBackend(name);
}

/** A tensor with a copy of the host's numbers on the present backend. */
export const toDevice = ({ type, data, dims }: HostTensor): tf.Tensor =>
  tf.tensor((data as Float32Array | Int32Array).slice(), [...dims], type === 'int32' ? 'int32' : 'float32');

/** A tfjs variable for each tensor of a state, on the present backend. */
export const toVariables = (state: Readonly<Record<string, HostTensor>>): Record<string, tf.Variable> =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => {
      const initial = toDevice(value);
      const variable = tf.variable(initial);
      initial.dispose();
      return [name, variable];
    }),
  );
