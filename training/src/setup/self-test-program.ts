// The program that `self-test.ts` runs in a process of its own: arguments are an engine's name and its folder, or `cuda`.
import * as tf from '@tensorflow/tfjs';
import { checkProvider } from '../engines/check-provider.js';
import { tensorFlowEngine } from '../engines/tfjs.js';
import type { TensorFlowName } from './self-test.js';

tf.enableProdMode();
const [name, folder] = process.argv.slice(2) as [TensorFlowName | 'cuda', string | undefined];
try {
  if (name === 'cuda') {
    await tf.ready();
    await checkProvider('cuda');
  } else {
    const { usesGpu, device, tensorflow } = await tensorFlowEngine(name, {
      folder: folder ?? 'node_modules',
    });
    check('a product of matrices', product());
    check('the gradient of a convolution', gradient());
    process.stdout.write(`${JSON.stringify({ usesGpu, device, tensorflow })}\n`);
  }
} catch (error) {
  process.stderr.write(`\nself test: ${(error as Error).message.replace(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = 1;
}

function check(what: string, [found, expected]: [tf.Tensor, readonly number[]]): void {
  const values = [...found.dataSync()];
  if (values.length !== expected.length || values.some((value, i) => Math.abs(value - expected[i]!) > 1e-4))
    throw new Error(`${what} comes out as ${values.join(', ')}, where ${expected.join(', ')} is right.`);
}

function product(): [tf.Tensor, number[]] {
  return [
    tf.matMul(
      tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      tf.tensor2d([
        [1, 0],
        [0, -1],
        [2, 1],
      ]),
    ),
    [7, 1, 16, 1],
  ];
}

/** Of sum(w * x) for x = 1..9 on 3 x 3 and a 2 x 2 kernel: for each weight the sum of the pixels that it meets. */
function gradient(): [tf.Tensor, number[]] {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const loss = (w: tf.Tensor) => tf.sum(tf.conv2d(x, w as tf.Tensor4D, 1, 'valid'));
  return [tf.grad(loss)(tf.ones([2, 2, 1, 1])), [12, 16, 24, 28]];
}
