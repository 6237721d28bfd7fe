// Takes three compiled training steps of a small U-Net and prints losses and parameters as JSON: a process of its own,
// since the Vulkan loader reads its environment once.
import { compile } from '@scorebridge/export';
import { cosineBetas } from '@scorebridge/runtime';
import { eps, initialise, initialState, stepScalars, trainingStep, unet } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';

const provider = process.argv[2];
const seed = 11;
const batch = 2;
const network = unet({
  shape: [4, 4, 1],
  base: 4,
  groups: 2,
  multipliers: [1, 2],
  attention: [2],
  classes: 3,
});
const objective = eps({ betas: cosineBetas({ T: 100 }), classes: 3 });
const state = {};
for (const [name, values] of Object.entries(initialState(initialise(network.specs, seed)))) {
  state[name] = tf.variable(tf.tensor1d(values), true, name);
}
const step = trainingStep(network, objective);
const compiled = compile((inputs) => step(state, inputs), { provider });
const x = new Tensor(
  'float32',
  Float32Array.from({ length: 16 * batch }, (_, i) => Math.sin(i)),
  [batch, 4, 4, 1],
);
const label = new Tensor('int32', Int32Array.of(0, 2), [batch]);
const losses = [];
for (let k = 1; k <= 3; k++) {
  const feeds = { ...objective.draw({ x, label }, { seed, step: k }), ...stepScalars(k, 1e-3) };
  losses.push((await compiled.run(feeds)).loss.data[0]);
}
const parameters = [...(await compiled.readVariable(state.parameters)).data];
await compiled.dispose();
process.stdout.write(JSON.stringify({ losses, parameters }));
