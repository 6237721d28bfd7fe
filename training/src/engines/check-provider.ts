import { compile } from '@scorebridge/export';
import type { ProviderName } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';

/**
 * Not whether ONNX Runtime lists a provider, but whether it computes 3^2 on a function that is traced here and now.
 *
 * @throws Error that says why it does not
 */
export async function checkProvider(name: ProviderName): Promise<void> {
  const square = compile(({ x }) => ({ y: tf.square(x!) }), { provider: name });
  try {
    const { y } = await square.run({ x: new Tensor('float32', [3], [1]) });
    const value = Number(y?.data[0]);
    if (value !== 9) throw new Error(`it runs, but 3^2 comes out as ${value}`);
  } finally {
    await square.dispose();
  }
}
