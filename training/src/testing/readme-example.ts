import { exportScoreModel, saveOnnx } from '@scorebridge/export';
import { annealedLangevin, geometricSigmas, loadModel, normals, sample } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import * as training from '../index.js';

// Points on the unit circle, and the score of a network of points at ten noise levels.
const schedule = { name: 'geometric', sigmaMax: 1, sigmaMin: 0.05, L: 10 } as const;
const network = training.mlp({ dimensions: 2, levelScale: 'log', outputScale: 'sigma' });
const batch = (step: number) => {
  const points = normals(new Float32Array(2 * 128), { seed: 1, step });
  for (let i = 0; i < points.length; i += 2) {
    const radius = Math.hypot(points[i]!, points[i + 1]!);
    points[i]! /= radius;
    points[i + 1]! /= radius;
  }
  return { x: new Tensor('float32', points, [128, 2]) };
};

const plan: training.TrainingPlan = {
  config: { name: 'circle' },
  seed: 1,
  steps: 2000,
  network,
  objective: training.denoising({ sigmas: geometricSigmas(schedule) }),
  optimiser: { emaDecay: 0.99 },
  learningRate: (step) => 3e-3 * (1 - step / 2001),
  batch,
};
const engine = await training.compiledEngine();
const { checkpoint } = await training.train(plan, { runDir: 'runs/circle', engine });

// From the checkpoint to one file, and from the file to samples.
const { ema } = training.stateOf(await training.readCheckpoint(checkpoint!), network.specs);
const { fn, names } = training.scoreFunction(network, ema);
const written = exportScoreModel(
  fn,
  {
    format: '1.0',
    name: 'circle',
    shape: [2],
    layout: 'flat',
    valueRange: [-1, 1],
    process: { kind: 've', schedule },
    parametrisation: 'score',
    classes: null,
    ema: 0.99,
    dataset: { name: 'points on a circle', licence: 'CC0-1.0' },
    seed: plan.seed,
    step: plan.steps,
    engine: engine.name,
    scorebridge: '0.1.0',
    command: 'readme',
    figures: {},
  },
  { names },
);
await saveOnnx('circle.onnx', written);
const model = await loadModel('circle.onnx');
const sampler = annealedLangevin({ T: 20, eps: 2e-3, denoise: true });
const { samples } = await sample(model, { sampler, count: 256, seed: 7 }).result;
await model.release();
console.log(samples);
