import { integers, normalBatch, STREAM, uniforms } from '@scorebridge/runtime';
import type * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import type { HostTensor, StepRandom } from './objective.js';

/** What every objective that adds noise feeds its tensor half. */
export interface NoisyInputs {
  x: tf.Tensor;
  noise: tf.Tensor;
  level: tf.Tensor1D;
  label?: tf.Tensor1D;
}

/** Standard normals of the shape of `x`; row i depends on the seed, the step and i alone. */
export function drawNoise(x: HostTensor, random: StepRandom): HostTensor {
  const noise = normalBatch(new Float32Array(x.size), x.dims[0]!, { ...random, stream: STREAM.noise });
  return new Tensor('float32', noise, x.dims);
}

/**
 * One index in 0 .. bound - 1 for each sample of a batch. 'uniform' draws them independently; 'stratified' spreads them
 * evenly from one random offset (Kingma et al., Variational Diffusion Models, 2021, appendix I.1), which leaves each
 * index uniform and takes variance from the mean over the batch.
 */
export type IndexDraw = 'uniform' | 'stratified';

export function drawIndices(batch: number, bound: number, draw: IndexDraw, random: StepRandom): Int32Array {
  const key = { ...random, stream: STREAM.time };
  if (draw === 'uniform') return integers(new Int32Array(batch), bound, key);
  const offset = uniforms(new Float32Array(1), key)[0]!;
  return Int32Array.from({ length: batch }, (_, i) => Math.floor(((offset + i / batch) % 1) * bound));
}

export interface LabelOptions {
  /** Number of classes of a conditional network; 0, the default, leaves labels out. */
  classes?: number;
  /** Probability with which a label is replaced by `classes`, which stands for "no label"; 0.1 by default. */
  labelDrop?: number;
}

/**
 * The labels of a batch with some of them dropped, for classifier-free guidance (Ho and Salimans, 2022, algorithm 1);
 * nothing for an unconditional network. Throws if the labels are missing or one is out of range.
 */
export function drawLabels(
  label: HostTensor | undefined,
  { classes = 0, labelDrop = 0.1 }: LabelOptions,
  random: StepRandom,
): { label?: HostTensor } {
  if (classes === 0) return {};
  if (label === undefined)
    throw new Error(
      `A network with ${classes} classes needs labels, and the data has none: set classes to 0.`,
    );
  const labels = label.data as Int32Array;
  const wrong = labels.find((l) => !(l >= 0 && l < classes));
  if (wrong !== undefined)
    throw new Error(`The data has label ${wrong}; the network has the classes 0 to ${classes - 1}.`);
  const u = uniforms(new Float32Array(labels.length), { ...random, stream: STREAM.labelDrop });
  return {
    label: new Tensor(
      'int32',
      labels.map((l, i) => (u[i]! < labelDrop ? classes : l)),
      label.dims,
    ),
  };
}

/** f of each index, computed in float64 and rounded once: float32 [B]. */
export const perSample = (indices: Int32Array, f: (index: number) => number): HostTensor =>
  new Tensor(
    'float32',
    Float32Array.from(indices, (index) => f(index)),
    [indices.length],
  );
