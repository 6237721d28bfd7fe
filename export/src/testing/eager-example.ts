import * as tf from '@tensorflow/tfjs';
import { registerOnnxRuntimeBackend } from '../index.js';

const { name, reason } = await registerOnnxRuntimeBackend({ provider: 'cpu' });
console.log(`${name}: ${reason}`);
await tf.setBackend('onnxruntime');

const x = tf.linspace(-1, 1, 64);
const y = tf.square(x);
const [slope, bend] = [tf.variable(tf.scalar(0)), tf.variable(tf.scalar(0))];
const optimizer = tf.train.adam(0.1);
const loss = () => tf.mean(tf.squaredDifference(slope.mul(x).add(bend.mul(x).mul(x)), y)) as tf.Scalar;
for (let step = 0; step < 200; step++) {
  const value = optimizer.minimize(loss, true)!;
  // The first step makes a session, which the others use again: they differ in nothing but their numbers.
  if (step % 20 === 0) console.log(step, (await value.data())[0]);
  value.dispose();
}
console.log('y =', (await slope.data())[0], 'x +', (await bend.data())[0], 'x^2');
