import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { compile, exportFunction, saveOnnx } from '../index.js';

const weights = tf.variable(tf.randomNormal([2, 1]), true, 'weights');
const model = (x: tf.Tensor) => tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D);

// One training step: forward, backward and the update, traced once and then run by ONNX Runtime.
const step = compile(({ x, y, rate }) => {
  const loss = () => tf.mean(tf.squaredDifference(model(x!), y!)) as tf.Scalar;
  const { value, grads } = tf.variableGrads(loss, [weights]);
  weights.assign(tf.sub(weights, tf.mul(rate!, grads['weights']!)));
  return { loss: value };
});
const inputs = {
  x: new Tensor('float32', [1, 0, 0, 1, 1, 1], [3, 2]),
  y: new Tensor('float32', [3, -1, 2], [3, 1]),
  rate: new Tensor('float32', [0.5], []),
};
for (let i = 0; i < 100; i++) await step.run(inputs);

// What was learnt goes back into the variable, and the model into a file: weights included, the batch symbolic.
weights.assign(tf.tensor((await step.readVariable(weights)).data as Float32Array, [2, 1]));
await step.dispose();
const written = exportFunction(({ x }) => ({ y: model(x!) }), {
  x: { dtype: 'float32', shape: ['batch', 2] },
});
await saveOnnx('model.onnx', written);
