import { ifElse, whileLoop, type TracedFunction } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import type { Net } from './net.js';
import { RootMeanSquare } from './root-mean-square.js';

/** Layers are initialised from this seed, one after the other. */
let seed = 1;
const glorot = () => tf.initializers.glorotUniform({ seed: seed++ });
/** Batch norms whose statistics are not those that they begin with. */
const norm = () =>
  tf.layers.batchNormalization({
    movingMeanInitializer: tf.initializers.randomNormal({ stddev: 0.3, seed: seed++ }),
    movingVarianceInitializer: tf.initializers.randomUniform({ minval: 0.5, maxval: 2, seed: seed++ }),
    gammaInitializer: tf.initializers.randomUniform({ minval: 0.5, maxval: 2, seed: seed++ }),
    betaInitializer: tf.initializers.randomNormal({ stddev: 0.3, seed: seed++ }),
  });

type Symbolic = tf.SymbolicTensor;
const conv = (x: Symbolic, filters: number, kernelSize: number, strides = 1, useBias = false): Symbolic =>
  tf.layers
    .conv2d({ filters, kernelSize, strides, padding: 'same', useBias, kernelInitializer: glorot() })
    .apply(x) as Symbolic;
const normed = (x: Symbolic): Symbolic => norm().apply(x) as Symbolic;
const relu = (x: Symbolic, maxValue?: number): Symbolic =>
  tf.layers.reLU(maxValue === undefined ? {} : { maxValue }).apply(x) as Symbolic;
const dense = (x: Symbolic, units: number, activation?: 'relu' | 'softmax' | 'elu'): Symbolic =>
  tf.layers
    .dense({ units, kernelInitializer: glorot(), ...(activation && { activation }) })
    .apply(x) as Symbolic;
const add = (...xs: Symbolic[]): Symbolic => tf.layers.add().apply(xs) as Symbolic;

/** A layers model as a net, its outputs in order. Biases, which begin at 0, are drawn too, or none would be seen. */
function layersNet(model: tf.LayersModel, inputs: Net['inputs'], sizes: Net['sizes'], below?: number): Net {
  for (const layer of model.layers) {
    const drawn = layer
      .getWeights()
      .map((w) => (w.rank === 1 && w.dataSync().every((v) => v === 0) ? weights(w.shape) : w));
    layer.setWeights(drawn);
  }
  const fn: TracedFunction = (given) => {
    const made = model.apply(model.inputNames.map((name) => given[name]!)) as tf.Tensor | tf.Tensor[];
    return Object.fromEntries([made].flat().map((y, i) => [`y${i}`, y]));
  };
  return { fn, inputs, sizes, model, dispose: () => model.dispose(), ...(below !== undefined && { below }) };
}

const BATCHES = [{ batch: 1 }, { batch: 6 }];
const IMAGES = [
  { batch: 1, height: 32, width: 32 },
  { batch: 2, height: 47, width: 65 },
];
const image = { x: { dtype: 'float32', shape: ['batch', 'height', 'width', 3] } } as const;
const input = (shape: (number | null)[], name = 'x', dtype: 'float32' | 'int32' = 'float32') =>
  tf.input({ shape: shape as number[], name, dtype });

function mobileNet(): Net {
  const x = input([null, null, 3]);
  let h = relu(normed(conv(x, 8, 3, 2)), 6);
  for (const [filters, strides] of [
    [16, 1],
    [24, 2],
    [24, 1],
  ] as const) {
    // prettier-ignore
    const depthwise = tf.layers.depthwiseConv2d({
      kernelSize: 3,
      strides,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: glorot(),
    });
    h = relu(normed(depthwise.apply(h) as Symbolic), 6);
    h = relu(normed(conv(h, filters, 1)), 6);
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(h) as Symbolic;
  return layersNet(tf.model({ inputs: x, outputs: dense(pooled, 10, 'softmax') }), image, IMAGES);
}

function resNet(): Net {
  const x = input([null, null, 3]);
  const pool = tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' });
  let h = pool.apply(relu(normed(conv(x, 8, 7, 2)))) as Symbolic;
  for (const [filters, strides] of [
    [8, 1],
    [16, 2],
  ] as const) {
    // prettier-ignore
    const shortcut = strides === 1 ? h : normed(conv(h, filters, 1, strides));
    const inner = relu(normed(conv(h, filters, 3, strides)));
    h = relu(add(normed(conv(inner, filters, 3)), shortcut));
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(h) as Symbolic;
  return layersNet(tf.model({ inputs: x, outputs: dense(pooled, 10) }), image, IMAGES);
}

function uNet(): Net {
  const x = input([null, null, 3]);
  const swish = (h: Symbolic) =>
    tf.layers
      .multiply()
      .apply([h, tf.layers.activation({ activation: 'sigmoid' }).apply(h) as Symbolic]) as Symbolic;
  const down = swish(conv(x, 8, 3, 1, true));
  const small = tf.layers.averagePooling2d({ poolSize: 2 }).apply(down) as Symbolic;
  const middle = swish(conv(small, 16, 3, 1, true));
  const up = tf.layers
    .conv2dTranspose({ filters: 8, kernelSize: 4, strides: 2, padding: 'same', kernelInitializer: glorot() })
    .apply(middle) as Symbolic;
  const nearest = tf.layers.upSampling2d({ size: [2, 2] }).apply(middle) as Symbolic;
  const joined = tf.layers.concatenate().apply([down, up, nearest]) as Symbolic;
  const sizes = [
    { batch: 1, height: 8, width: 12 },
    { batch: 3, height: 30, width: 18 },
  ];
  return layersNet(tf.model({ inputs: x, outputs: conv(joined, 3, 1, 1, true) }), image, sizes);
}

const weights = (shape: number[], scale = 0.3) =>
  tf.tidy(() => tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed++), scale));

/** A transformer block of functions: layer norms, attention of two heads, gelu; tokens and their places embedded. */
function transformer(): Net {
  const [width, heads, vocabulary, longest] = [16, 2, 50, 64];
  const p = {
    tokens: weights([vocabulary, width]),
    places: weights([longest, width]),
    qkv: weights([width, 3 * width]),
    out: weights([width, width]),
    up: weights([width, 4 * width]),
    down: weights([4 * width, width]),
    gamma: tf.add(weights([width]), 1),
    beta: weights([width]),
  };
  const layerNorm = (x: tf.Tensor) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), p.gamma), p.beta);
  };
  const project = (x: tf.Tensor, w: tf.Tensor) => {
    const y = tf.matMul(tf.reshape(x, [-1, w.shape[0]!]), w as tf.Tensor2D);
    return tf.reshape(y, [...x.shape.slice(0, -1), w.shape[1]!]);
  };
  const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));
  const fn: TracedFunction = ({ ids }) => {
    const [batch, length] = ids!.shape as [number, number];
    const places = tf.slice(p.places as tf.Tensor2D, [0, 0], [length, width]);
    const x = tf.add(tf.gather(p.tokens, ids as tf.Tensor2D), places);
    const [q, k, v] = tf
      .split(project(layerNorm(x), p.qkv), 3, -1)
      .map((t) => tf.transpose(tf.reshape(t, [batch, length, heads, width / heads]), [0, 2, 1, 3]));
    const weight = tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(width / heads)));
    const attended = tf.reshape(tf.transpose(tf.matMul(weight, v!), [0, 2, 1, 3]), [batch, length, width]);
    const h = tf.add(x, project(attended, p.out));
    return { y: tf.add(h, project(gelu(project(layerNorm(h), p.up)), p.down)) };
  };
  return {
    fn,
    inputs: { ids: { dtype: 'int32', shape: ['batch', 'length'] } },
    below: vocabulary,
    sizes: [
      { batch: 1, length: 1 },
      { batch: 3, length: 37 },
    ],
    weights: p,
    dispose: () => tf.dispose(Object.values(p)),
  };
}

/** An LSTM and a GRU, one after the other: layers unroll over the steps, so their number is fixed. */
function recurrent(recurrentActivation: 'hardSigmoid' | 'sigmoid'): Net {
  const x = input([7, 5]);
  const options = { kernelInitializer: glorot(), recurrentInitializer: glorot(), recurrentActivation };
  const lstm = tf.layers.lstm({ units: 6, returnSequences: true, ...options }).apply(x) as Symbolic;
  const gru = tf.layers.gru({ units: 4, ...options }).apply(lstm) as Symbolic;
  const model = tf.model({ inputs: x, outputs: dense(gru, 2) });
  return layersNet(model, { x: { dtype: 'float32', shape: ['batch', 7, 5] } }, BATCHES);
}

function separable(): Net {
  const x = input([null, null, 3]);
  const layer = (filters: number, strides: number) =>
    tf.layers.separableConv2d({
      filters,
      strides,
      kernelSize: 3,
      depthMultiplier: 2,
      padding: 'same',
      depthwiseInitializer: glorot(),
      pointwiseInitializer: glorot(),
    });
  const h = normed(layer(12, 2).apply(x) as Symbolic);
  const y = layer(6, 1).apply(tf.layers.leakyReLU({ alpha: 0.1 }).apply(h)) as Symbolic;
  return layersNet(tf.model({ inputs: x, outputs: y }), image, IMAGES);
}

function conv1dNet(): Net {
  const x = input([null, 4]);
  const layer = (filters: number, dilationRate: number) =>
    tf.layers.conv1d({
      filters,
      kernelSize: 3,
      padding: 'same',
      dilationRate,
      kernelInitializer: glorot(),
      activation: 'tanh',
    });
  const h = layer(8, 2).apply(layer(8, 1).apply(x)) as Symbolic;
  const y = tf.layers.globalMaxPooling1d({}).apply(h) as Symbolic;
  const sizes = [
    { batch: 1, length: 10 },
    { batch: 4, length: 33 },
  ];
  const model = tf.model({ inputs: x, outputs: [h, dense(y, 3)] });
  return layersNet(model, { x: { dtype: 'float32', shape: ['batch', 'length', 4] } }, sizes);
}

function conv3dNet(): Net {
  const x = input([6, 8, 8, 2]);
  const layer = (filters: number, strides: number) =>
    tf.layers.conv3d({
      filters,
      kernelSize: 3,
      strides,
      padding: 'same',
      kernelInitializer: glorot(),
      activation: 'relu',
    });
  const h = tf.layers.maxPooling3d({ poolSize: 2, strides: 2 }).apply(layer(4, 1).apply(x)) as Symbolic;
  const y = tf.layers.flatten().apply(layer(6, 2).apply(h)) as Symbolic;
  const model = tf.model({ inputs: x, outputs: dense(y, 3) });
  return layersNet(model, { x: { dtype: 'float32', shape: ['batch', 6, 8, 8, 2] } }, BATCHES);
}

/** Words embedded, each attending to all, with a mask of those that stand for nothing. */
function attention(): Net {
  const ids = input([null], 'ids', 'int32');
  const embedded = tf.layers
    .embedding({ inputDim: 30, outputDim: 8, embeddingsInitializer: glorot() })
    .apply(ids) as Symbolic;
  const [q, k, v] = [0, 1, 2].map(() => dense(embedded, 8)) as [Symbolic, Symbolic, Symbolic];
  const scores = tf.layers.dot({ axes: 2 }).apply([q, k]) as Symbolic;
  const weight = tf.layers.activation({ activation: 'softmax' }).apply(scores) as Symbolic;
  const y = tf.layers.dot({ axes: [2, 1] }).apply([weight, v]) as Symbolic;
  const pooled = tf.layers
    .globalAveragePooling1d({})
    .apply(tf.layers.layerNormalization().apply(y)) as Symbolic;
  const sizes = [
    { batch: 2, length: 3 },
    { batch: 5, length: 21 },
  ];
  const model = tf.model({ inputs: ids, outputs: dense(pooled, 2) });
  return layersNet(model, { ids: { dtype: 'int32', shape: ['batch', 'length'] } }, sizes, 30);
}

function twoInputs(): Net {
  const [a, b] = [input([8, 8, 3], 'a'), input([5], 'b')];
  const flat = tf.layers.flatten().apply(relu(conv(a, 4, 3, 2, true))) as Symbolic;
  const joined = tf.layers.concatenate().apply([dense(flat, 6, 'elu'), dense(b, 6, 'elu')]) as Symbolic;
  const model = tf.model({ inputs: [a, b], outputs: [dense(joined, 4, 'softmax'), dense(joined, 1)] });
  const inputs = {
    a: { dtype: 'float32', shape: ['batch', 8, 8, 3] },
    b: { dtype: 'float32', shape: ['batch', 5] },
  } as const;
  return layersNet(model, inputs, BATCHES);
}

function customLayer(): Net {
  const x = input([null, 6]);
  const h = new RootMeanSquare({ seed: seed++ }).apply(dense(x, 12)) as Symbolic;
  const sizes = [
    { batch: 1, length: 1 },
    { batch: 3, length: 11 },
  ];
  const model = tf.model({ inputs: x, outputs: dense(h, 2) });
  return layersNet(model, { x: { dtype: 'float32', shape: ['batch', 'length', 6] } }, sizes);
}

/** The score -grad E of an energy of images. */
function energyScore(): Net {
  const p = [weights([3, 3, 1, 8]), weights([3, 3, 8, 8]), weights([8, 1])] as const;
  const energy = (x: tf.Tensor) => {
    const a = tf.softplus(tf.conv2d(x as tf.Tensor4D, p[0] as tf.Tensor4D, 2, 'same'));
    const b = tf.softplus(tf.conv2d(a as tf.Tensor4D, p[1] as tf.Tensor4D, 1, 'same'));
    return tf.sum(tf.matMul(tf.mean(b, [1, 2]) as tf.Tensor2D, p[2] as tf.Tensor2D)) as tf.Scalar;
  };
  return {
    fn: ({ x }) => ({ score: tf.neg(tf.grad(energy)(x!)) }),
    inputs: { x: { dtype: 'float32', shape: ['batch', 12, 12, 1] } },
    sizes: BATCHES,
    weights: { p0: p[0], p1: p[1], p2: p[2] },
    dispose: () => tf.dispose([...p]),
  };
}

/** Forward, backward and an update by momentum, with the state as inputs and outputs. */
function trainingStep(): Net {
  const loss = (w: tf.Tensor, v: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => {
    const h = tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'));
    const logits = tf.matMul(tf.mean(h, [1, 2]) as tf.Tensor2D, v as tf.Tensor2D);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(y as tf.Tensor1D, 4), logits) as tf.Scalar;
  };
  const fn: TracedFunction = ({ w, v, m, x, y }) => {
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor, v: tf.Tensor) => loss(w, v, x!, y!))([w!, v!]);
    const moment = tf.add(tf.mul(m!, 0.9), grads[0]!);
    return { loss: value, w_next: tf.sub(w!, tf.mul(moment, 0.1)), m_next: moment, dv: grads[1]! };
  };
  const fixed = (shape: number[]) => ({ dtype: 'float32', shape }) as const;
  return {
    fn,
    inputs: {
      w: fixed([3, 3, 2, 5]),
      v: fixed([5, 4]),
      m: fixed([3, 3, 2, 5]),
      x: { dtype: 'float32', shape: ['batch', 9, 9, 2] },
      y: { dtype: 'int32', shape: ['batch'] },
    },
    below: 4,
    sizes: BATCHES,
    weights: {},
    dispose: () => undefined,
  };
}

/** A layer that is repeated until its state is at rest, and turned round where the data say so. */
function equilibrium(): Net {
  const w = weights([4, 4], 0.2);
  type State = Readonly<Record<'z' | 'change', tf.Tensor>>;
  const fn: TracedFunction = ({ x }) => {
    const { z } = whileLoop<State>(
      ({ change }) => tf.greater(change, 1e-3),
      ({ z }) => {
        const next = tf.tanh(tf.add(tf.matMul(z as tf.Tensor2D, w as tf.Tensor2D), x!));
        return { z: next, change: tf.max(tf.abs(tf.sub(next, z))) };
      },
      { z: tf.zerosLike(x!), change: tf.scalar(1) },
    );
    return ifElse<Record<string, tf.Tensor>>(
      tf.greater(tf.mean(x!), 0),
      () => ({ z, pooled: tf.mean(z, 0) }),
      () => ({ z: tf.neg(z), pooled: tf.max(z, 0) }),
    );
  };
  return {
    fn,
    inputs: { x: { dtype: 'float32', shape: ['batch', 4] } },
    sizes: [1, 2, 3, 6].map((batch) => ({ batch })),
    weights: { w },
    dispose: () => tf.dispose(w),
  };
}

export const NETS: Readonly<Record<string, () => Net>> = {
  mobileNet,
  resNet,
  uNet,
  transformer,
  /** As Keras has them by default, and as TensorFlow.js does. */
  recurrent: () => recurrent('sigmoid'),
  hardRecurrent: () => recurrent('hardSigmoid'),
  separable,
  conv1dNet,
  conv3dNet,
  attention,
  twoInputs,
  customLayer,
  energyScore,
  trainingStep,
  equilibrium,
};
