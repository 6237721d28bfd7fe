/**
 * What a training step costs: the compiled step against tfjs eager on its cpu backend (at a batch that eager survives)
 * and against ONNX Runtime's forward pass alone, with the share of the matrix-product peak measured in the same run.
 * `npm run bench:train [-- rounds]`.
 */
import { compile, exportFunction, trace, type InputSpec } from '@scorebridge/export';
import { cosineBetas, createSession } from '@scorebridge/runtime';
import { initialise, initialState, stepScalars, trainingStep, unet, unpack, v } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { flops } from './flops.js';
import { median, seconds, spread } from './statistics.js';

const BATCH = 128;
const EAGER_BATCH = 2;
const PEAK_SIZE = 2048;
const SEED = 1;
const rounds = Number(process.argv[2] ?? 9);

await tf.setBackend('cpu');
// The quickstart's network and objective.
const network = unet({
  shape: [28, 28, 1],
  spaceToDepth: 2,
  base: 32,
  multipliers: [1, 2],
  attention: [7],
  classes: 10,
});
const objective = v({ betas: cosineBetas({ T: 1000 }), classes: 10 });
const step = trainingStep(network, objective);

const feedsOf = (batch: number) => {
  const x = new Tensor('float32', new Float32Array(batch * 784).fill(0.5), [batch, 28, 28, 1]);
  const label = new Tensor('int32', new Int32Array(batch).fill(3), [batch]);
  return { ...objective.draw({ x, label }, { seed: SEED, step: 1 }), ...stepScalars(1, 1e-3) };
};
const specsOf = (feeds: Record<string, Tensor>): Record<string, InputSpec> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims }]) => [name, { dtype: type as 'float32', shape: dims }]),
  );
const freshState = (name: string) =>
  Object.fromEntries(
    Object.entries(initialState(initialise(network.specs, SEED))).map(([key, values]) => [
      key,
      tf.variable(tf.tensor1d(values), true, `${name}/${key}`),
    ]),
  );

const compiledState = freshState('compiled');
const traced = (inputs: Record<string, tf.Tensor>) => step(compiledState, inputs);
const compiled = compile(traced, { provider: 'cpu' });
const feeds = feedsOf(BATCH);
const smallFeeds = feedsOf(EAGER_BATCH);
const stepFlops = flops(trace(traced, specsOf(feeds), { variables: 'state' }));

const weights = unpack(compiledState['parameters'] as unknown as tf.Tensor1D, network.specs);
const forwardInputs = { x: feeds['x']!, level: feeds['level']!, label: feeds['label']! };
const forwardFn = ({ x, level, label }: Record<string, tf.Tensor>) => ({
  y: network.apply(weights, x!, level as tf.Tensor1D, label as tf.Tensor1D),
});
const { session: forward } = await createSession(exportFunction(forwardFn, specsOf(forwardInputs)).model, {
  provider: 'cpu',
});

const square = new Tensor('float32', new Float32Array(PEAK_SIZE ** 2).fill(0.5), [PEAK_SIZE, PEAK_SIZE]);
const product = compile(({ a, b }) => ({ c: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) }), {
  provider: 'cpu',
});

const eagerState = freshState('eager');
const eager = () =>
  Promise.resolve(
    tf.tidy(() => {
      const inputs = Object.fromEntries(
        Object.entries(smallFeeds).map(([name, t]) => [
          name,
          tf.tensor(t.data as Float32Array, [...t.dims], t.type as 'float32'),
        ]),
      );
      step(eagerState, inputs)['loss']!.dataSync();
    }),
  );

const runs = {
  step: () => compiled.run(feeds),
  forward: () => forward.run(forwardInputs),
  peak: () => product.run({ a: square, b: square }),
  small: () => compiled.run(smallFeeds),
  eager,
};
const times = { step: [], forward: [], peak: [], small: [], eager: [] } as Record<
  keyof typeof runs,
  number[]
>;
for (const run of Object.values(runs)) {
  await run();
  await run();
}
for (let i = 0; i < rounds; i++) {
  for (const name of Object.keys(runs) as (keyof typeof runs)[]) times[name].push(await seconds(runs[name]));
}

const ratio = (a: keyof typeof runs, b: keyof typeof runs) =>
  median(times[a].map((t, i) => t / times[b][i]!));
const gflops = (operations: number, name: keyof typeof runs) => operations / median(times[name]) / 1e9;
const peak = gflops(2 * PEAK_SIZE ** 3, 'peak');
const rate = gflops(stepFlops, 'step');
console.log(
  `U-Net of ${compiledState['parameters']!.size} parameters, 28 x 28, ${rounds} rounds in turns, cpu`,
);
console.log(`compiled step, batch ${BATCH}        ${spread(times.step)}`);
console.log(
  `  ${(stepFlops / 1e9).toFixed(1)} GFLOP, ${rate.toFixed(0)} GFLOP/s, ${((100 * rate) / peak).toFixed(0)} % of the peak`,
);
console.log(`matrix product peak ${PEAK_SIZE}       ${spread(times.peak)}, ${peak.toFixed(0)} GFLOP/s`);
console.log(`forward pass alone, batch ${BATCH}   ${spread(times.forward)}`);
console.log(`  step / forward              ${ratio('step', 'forward').toFixed(2)}`);
console.log(`tfjs eager on cpu, batch ${EAGER_BATCH}      ${spread(times.eager)}`);
console.log(`compiled step, batch ${EAGER_BATCH}          ${spread(times.small)}`);
console.log(`  eager / compiled            ${ratio('eager', 'small').toFixed(1)}`);
await forward.release();
await Promise.all([compiled.dispose(), product.dispose()]);
