import * as tf from '@tensorflow/tfjs';

/** An operand to differentiate by: its shape, and the open interval over which its values are spread. */
export interface Operand {
  readonly shape: readonly number[];
  readonly low: number;
  readonly high: number;
}

/**
 * What the second derivative of an op is: `right`, `wrong` without an error, or an error that names the kernel
 * (`throws`).
 */
export type Verdict = 'right' | 'wrong' | 'throws';

export interface SecondDerivativeCase {
  readonly operands: readonly Operand[];
  readonly f: (...operands: tf.Tensor4D[]) => tf.Tensor;
  /** With the gradients that TensorFlow.js 4.22 registers. */
  readonly stock: Verdict;
  /** With the corrected ones; `right` where nothing is said. */
  readonly corrected?: Verdict;
}

const on = (shape: readonly number[], low = -2, high = 2): Operand => ({ shape, low, high });
const one = (f: (x: tf.Tensor4D) => tf.Tensor, stock: Verdict = 'right', operand = on([2, 3, 4])) => ({
  operands: [operand],
  f: f as SecondDerivativeCase['f'],
  stock,
});
const two = (
  f: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor,
  stock: Verdict = 'right',
  a = on([2, 3, 4]),
  b = on([3, 1]),
) => ({ operands: [a, b], f: f as SecondDerivativeCase['f'], stock });

const image = on([2, 4, 4, 2], -3.3, 3.1);
const volume = on([1, 4, 4, 4, 1], -3.3, 3.1);
const positive = on([2, 3, 4], 0.3, 2);
const inside = on([2, 3, 4], -0.8, 0.8);
/** Between two whole numbers, where rounding has a derivative: 0. */
const rounded = on([2, 3], 0.1, 0.4);
const run = (name: string, inputs: object, attrs: object) =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;
const indices = () => tf.tensor1d([2, 0, 2, 1], 'int32');
const condition = () => tf.tensor([1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0], [3, 4], 'bool');
const float = (x: tf.Tensor) => tf.cast(x, 'float32');
const constant = (f: (x: tf.Tensor4D) => tf.Tensor, stock: Verdict = 'right') =>
  one((x) => float(f(x)), stock);

/** One entry a kernel that has a gradient; where options of a kernel have gradients of their own, more of them. */
export const kernelCases: Readonly<Record<string, SecondDerivativeCase>> = {
  Abs: one(tf.abs),
  Acos: one(tf.acos, 'right', inside),
  Acosh: one(tf.acosh, 'right', on([2, 3, 4], 1.3, 4)),
  Add: two(tf.add),
  AddN: two((a, b) => tf.addN([a, b]), 'right', on([2, 3]), on([2, 3])),
  ArgMax: constant((x) => tf.argMax(x, -1)),
  ArgMin: constant((x) => tf.argMin(x, -1)),
  Asin: one(tf.asin, 'right', inside),
  Asinh: one(tf.asinh),
  Atan: one(tf.atan),
  Atan2: two(tf.atan2, 'right', on([2, 3, 4]), on([3, 1], 0.4, 2)),
  Atanh: one(tf.atanh, 'right', inside),
  AvgPool: one((x) => tf.avgPool(x, 2, 2, 'valid'), 'throws', image),
  'AvgPool, padded': one((x) => tf.avgPool(x, 3, 2, 'same'), 'throws', image),
  'AvgPool, rounded up': one((x) => tf.avgPool(x, 3, 2, 0, 'ceil'), 'throws', image),
  AvgPool3D: { ...one((x) => tf.avgPool3d(x as never, 2, 2, 'valid'), 'throws', volume), corrected: 'throws' },
  BatchMatMul: two((a, b) => tf.matMul(a, b), 'right', on([2, 3, 4]), on([2, 4, 2])),
  'BatchMatMul, transposed': two((a, b) => tf.matMul(a, b, true, true), 'right', on([2, 3, 4]), on([2, 2, 3])),
  'BatchMatMul, broadcast': two((a, b) => tf.matMul(a, b, true), 'throws', on([2, 4, 3]), on([1, 4, 2])),
  BatchToSpaceND: one((x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 0]]), 'right', on([4, 2, 3, 2])),
  BroadcastTo: one((x) => run(tf.BroadcastTo, { x }, { shape: [2, 3, 4], inputShape: [1, 3, 4] }), 'right', on([1, 3, 4])),
  Cast: one((x) => tf.cast(x, 'float32')),
  'Cast, to int32': one((x) => float(tf.cast(x, 'int32')), 'wrong', rounded),
  'Cast, to bool': one((x) => float(tf.cast(x, 'bool')), 'wrong', rounded),
  Ceil: one(tf.ceil, 'right', rounded),
  ClipByValue: one((x) => tf.clipByValue(x, -1, 1.1), 'throws'),
  ComplexAbs: { ...one((x) => tf.abs(tf.complex(x, x) as never), 'throws'), corrected: 'throws' },
  Concat: two((a, b) => tf.concat([a, b], 1), 'right', on([2, 3]), on([2, 2])),
  Conv2D: two((x, w) => tf.conv2d(x, w, 1, 'same'), 'throws', image, on([3, 3, 2, 2])),
  'Conv2D, strided': two((x, w) => tf.conv2d(x, w, 2, 'valid'), 'throws', image, on([2, 2, 2, 2])),
  'Conv2D, rounded up': two((x, w) => tf.conv2d(x, w, 2, 0, 'NHWC', 1, 'ceil'), 'throws', image, on([3, 3, 2, 2])),
  'Conv2D, dilated': { ...two((x, w) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2), 'throws', image, on([2, 2, 2, 2])), corrected: 'throws' },
  'Conv2D, NCHW': { ...two((x, w) => tf.conv2d(x, w, 1, 'same', 'NCHW'), 'throws', on([2, 2, 4, 4], -3.3, 3.1), on([2, 2, 2, 2])), corrected: 'throws' },
  Conv2DBackpropInput: two((x, w) => tf.conv2dTranspose(x, w, [2, 8, 8, 2], 2, 'same'), 'throws', image, on([3, 3, 2, 2])),
  Conv3D: { ...two((x, w) => tf.conv3d(x as never, w as never, 1, 'same'), 'throws', volume, on([2, 2, 2, 1, 1])), corrected: 'throws' },
  Cos: one(tf.cos),
  Cosh: one(tf.cosh),
  Cumsum: one((x) => tf.cumsum(x, 2, true)),
  'Cumsum, not of the last axis': one((x) => tf.cumsum(x, 0), 'wrong', on([3, 3])),
  DepthwiseConv2dNative: two((x, w) => tf.depthwiseConv2d(x, w, 1, 'same'), 'throws', image, on([3, 3, 2, 2])),
  'DepthwiseConv2dNative, strided': two((x, w) => tf.depthwiseConv2d(x, w, 2, 'valid'), 'throws', image, on([2, 2, 2, 1])),
  'DepthwiseConv2dNative, dilated': { ...two((x, w) => tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2), 'throws', image, on([2, 2, 2, 1])), corrected: 'throws' },
  Dilation2D: { ...two((x, w) => tf.dilation2d(x, w as never, 1, 'valid'), 'throws', image, on([2, 2, 2])), corrected: 'throws' },
  Elu: one(tf.elu, 'wrong'),
  Erf: one(tf.erf),
  Exp: one(tf.exp, 'wrong'),
  ExpandDims: one((x) => tf.expandDims(x, 1)),
  Expm1: one(tf.expm1),
  Floor: one(tf.floor, 'right', rounded),
  FloorDiv: two((a, b) => float(tf.floorDiv(a, b)), 'wrong', on([2, 3], 1.1, 1.4), on([2, 3], 0.6, 0.8)),
  FusedBatchNorm: {
    operands: [image, on([2]), on([2], 0.5, 2), on([2]), on([2])],
    f: (x, mean, variance, offset, scale) => tf.batchNorm(x, mean as never, variance as never, offset as never, scale as never, 0.01),
    stock: 'right',
  },
  GatherV2: one((x) => tf.gather(x, indices(), 1)),
  'GatherV2, by batch': one((x) => tf.gather(x, tf.tensor2d([[2, 0], [1, 1]], [2, 2], 'int32'), 1, 1), 'right', on([2, 3, 2])),
  'GatherV2, of a negative axis': one((x) => tf.gather(x, indices(), -2)),
  GreaterEqual: constant((x) => tf.greaterEqual(x, 0.1)),
  Identity: one(tf.clone),
  IsFinite: constant(tf.isFinite),
  IsInf: constant(tf.isInf),
  IsNan: constant(tf.isNaN),
  LRN: one((x) => tf.localResponseNormalization(x, 1, 1, 0.5, 0.75), 'throws', on([2, 2, 2, 5])),
  LeakyRelu: one((x) => tf.leakyRelu(x, 0.1), 'throws'),
  Log: one(tf.log, 'right', positive),
  Log1p: one(tf.log1p, 'right', positive),
  LogSoftmax: one((logits) => run(tf.LogSoftmax, { logits }, { axis: -1 }), 'wrong'),
  Max: one((x) => tf.max(x, 1), 'throws'),
  'Max, of all': one((x) => tf.max(x), 'throws'),
  MaxPool: one((x) => tf.maxPool(x, 2, 2, 'valid'), 'throws', image),
  'MaxPool, padded': one((x) => tf.maxPool(x, 3, 1, 'same'), 'throws', image),
  MaxPool3D: { ...one((x) => tf.maxPool3d(x as never, 2, 2, 'valid'), 'throws', volume), corrected: 'throws' },
  Maximum: two(tf.maximum, 'throws', on([2, 3]), on([2, 3], -1.8, 1.6)),
  'Maximum, broadcast': two(tf.maximum, 'throws', on([2, 3]), on([3], -1.8, 1.6)),
  Mean: one((x) => tf.mean(x, [0, 2])),
  Min: one((x) => tf.min(x, [0, 2], true), 'throws'),
  Minimum: two(tf.minimum, 'throws', on([2, 3]), on([2, 3], -1.8, 1.6)),
  'Minimum, broadcast': two(tf.minimum, 'throws', on([2, 3]), on([3], -1.8, 1.6)),
  MirrorPad: one((x) => tf.mirrorPad(x, [[1, 2], [0, 2]], 'reflect'), 'wrong', on([4, 3])),
  'MirrorPad, symmetric': one((x) => tf.mirrorPad(x, [[1, 2], [0, 3]], 'symmetric'), 'wrong', on([4, 3])),
  Mod: two(tf.mod, 'right', on([2, 3], 1.1, 1.4), on([2, 3], 0.6, 0.8)),
  Multiply: two(tf.mul),
  Neg: one(tf.neg),
  OneHot: constant((x) => tf.oneHot(tf.cast(x, 'int32'), 3)),
  OnesLike: one(tf.onesLike),
  Pack: two((a, b) => tf.stack([a, b], 1), 'right', on([2, 3]), on([2, 3])),
  'Pack, of one': one((x) => tf.stack([x], 1), 'throws'),
  PadV2: one((x) => tf.pad(x, [[1, 0], [0, 2], [1, 1]], 0.5)),
  Pow: two(tf.pow, 'throws', positive),
  Prelu: two(tf.prelu, 'throws', on([2, 3, 4]), on([3, 1], 0.1, 0.6)),
  Prod: one((x) => tf.prod(x, 1), 'throws'),
  'Prod, of all': one((x) => tf.prod(x), 'throws', on([2, 3])),
  RealDiv: two(tf.div, 'right', on([2, 3, 4]), on([3, 1], 0.5, 2)),
  Reciprocal: one(tf.reciprocal, 'right', positive),
  Relu: one(tf.relu),
  Relu6: one((x) => tf.relu6(tf.mul(4, x)), 'throws'),
  Reshape: one((x) => tf.reshape(x, [4, 6])),
  Equal: constant((x) => tf.equal(x, 0.1), 'throws'),
  Greater: constant((x) => tf.greater(x, 0.1), 'throws'),
  Less: constant((x) => tf.less(x, 0.1), 'throws'),
  LessEqual: constant((x) => tf.lessEqual(x, 0.1), 'throws'),
  LogicalAnd: constant((x) => tf.logicalAnd(tf.greater(x, 0.1), tf.less(x, 1)), 'throws'),
  LogicalNot: constant((x) => tf.logicalNot(tf.greater(x, 0.1)), 'throws'),
  LogicalOr: constant((x) => tf.logicalOr(tf.greater(x, 0.1), tf.less(x, -1)), 'throws'),
  NotEqual: constant((x) => tf.notEqual(x, 0.1), 'throws'),
  ResizeBilinear: one((x) => tf.image.resizeBilinear(x, [6, 7]), 'throws', image),
  'ResizeBilinear, half-pixel centres': one((x) => tf.image.resizeBilinear(x, [6, 7], false, true), 'throws', image),
  'ResizeBilinear, corners aligned': one((x) => tf.image.resizeBilinear(x, [6, 7], true), 'throws', image),
  'ResizeNearestNeighbor, half-pixel centres': one((x) => tf.image.resizeNearestNeighbor(x, [6, 7], false, true), 'throws', image),
  ResizeNearestNeighbor: one((x) => tf.image.resizeNearestNeighbor(x, [8, 8]), 'throws', image),
  Reverse: one((x) => tf.reverse(x, [0, 2])),
  Round: one(tf.round, 'right', rounded),
  Rsqrt: one(tf.rsqrt, 'right', positive),
  Select: two((a, b) => tf.where(condition(), a, b), 'right', on([3, 4]), on([3, 4])),
  Selu: one(tf.selu, 'throws'),
  Sigmoid: one(tf.sigmoid, 'wrong'),
  Sign: one(tf.sign),
  Sin: one(tf.sin),
  Sinh: one(tf.sinh),
  Slice: one((x) => tf.slice(x, [0, 1, 1], [2, 2, 2])),
  Softmax: one(tf.softmax, 'wrong'),
  Softplus: one(tf.softplus),
  SpaceToBatchND: one((x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [1, 1]]), 'right', image),
  SplitV: one((x) => { const [a, b] = tf.split(x, [1, 3], 2); return tf.mul(a!, b!); }),
  'SplitV, into one': one((x) => (run(tf.SplitV, { x }, { numOrSizeSplits: [4], axis: 2 }) as unknown as tf.Tensor[])[0]!, 'throws'),
  Sqrt: one(tf.sqrt, 'right', positive),
  Square: one(tf.square),
  SquaredDifference: two(tf.squaredDifference, 'right', on([2, 3]), on([2, 3])),
  'SquaredDifference, broadcast': two(tf.squaredDifference, 'throws'),
  Step: one((x) => tf.step(x, 0.2)),
  Sub: two(tf.sub),
  Sum: one((x) => tf.sum(x, [0, 2])),
  Tan: one(tf.tan, 'right', on([2, 3, 4], -1, 1)),
  Tanh: one(tf.tanh, 'wrong'),
  Tile: one((x) => tf.tile(x, [2, 1, 3])),
  'Tile, of five axes': one((x) => tf.tile(tf.reshape(x, [2, 1, 3, 2, 2]), [1, 3, 1, 2, 1]), 'throws', on([2, 3, 4])),
  Transpose: one((x) => tf.transpose(x, [2, 0, 1])),
  Unpack: one((x) => { const [a, b] = tf.unstack(x, 0); return tf.mul(a!, b!); }),
  'Unpack, of one': one((x) => tf.unstack(x, 0)[0]!, 'throws', on([1, 3])),
  UnsortedSegmentSum: one((x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2), 'right', on([3, 4])),
  ZerosLike: one(tf.zerosLike),
}; // prettier-ignore

const oneHot = () => tf.tensor2d([[0, 1, 0], [0.2, 0.3, 0.5]]); // prettier-ignore
const pair = on([2, 3]);

/** Ops that carry a gradient of their own (`tf.customGrad`), and ops that are made of the kernels above. */
export const opCases: Readonly<Record<string, SecondDerivativeCase>> = {
  'tf.logSoftmax': one(tf.logSoftmax, 'wrong'),
  'tf.logSigmoid': one(tf.logSigmoid),
  'tf.logSigmoid, of what was computed': {
    ...one((x) => tf.logSigmoid(tf.mul(2, x)), 'throws'),
    corrected: 'throws',
  },
  'tf.losses.softmaxCrossEntropy': one(
    (x) => tf.losses.softmaxCrossEntropy(oneHot(), x as never),
    'wrong',
    pair,
  ),
  'tf.losses.softmaxCrossEntropy, by the labels': two(
    (labels, x) => tf.losses.softmaxCrossEntropy(labels as never, x as never),
    'wrong',
    on([2, 3], 0, 1),
    pair,
  ),
  'tf.losses.sigmoidCrossEntropy': one(
    (x) => tf.losses.sigmoidCrossEntropy(oneHot(), x as never),
    'wrong',
    pair,
  ),
  'tf.losses.huberLoss': one((x) => tf.losses.huberLoss(oneHot(), x as never), 'throws', on([2, 3], -2.3, 2)),
  'tf.fused.matMul': two(
    (a, b) => tf.fused.matMul({ a, b, bias: tf.tensor1d([0.3, -0.2]), activation: 'sigmoid' }),
    'wrong',
    on([2, 3]),
    on([3, 2]),
  ),
  'tf.fused.matMul, linear': two(
    (a, b) => tf.fused.matMul({ a, b, bias: tf.tensor1d([0.3, -0.2]) }),
    'right',
    on([2, 3]),
    on([3, 2]),
  ),
  'tf.fused.conv2d, linear': two(
    (x, filter) => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias: tf.tensor1d([0.3, -0.2]) }),
    'throws',
    image,
    on([3, 3, 2, 2]),
  ),
  'tf.fused.depthwiseConv2d, linear': two(
    (x, filter) =>
      tf.fused.depthwiseConv2d({ x, filter, strides: 1, pad: 'same', bias: tf.tensor1d([0.3, -0.2]) }),
    'throws',
    image,
    on([3, 3, 2, 1]),
  ),
  'tf.logSumExp': one((x) => tf.logSumExp(x, 1), 'throws'),
  'tf.moments': one((x) => tf.moments(x, [1]).variance),
  'tf.norm': one((x) => tf.norm(x, 2, 1), 'right', positive),
  'tf.separableConv2d': one(
    (x) => tf.separableConv2d(x, tf.ones([2, 2, 2, 1]), tf.ones([1, 1, 2, 3]), 1, 'same'),
    'throws',
    image,
  ),
  'tf.pool': one((x) => tf.pool(x, [2, 2], 'avg', 'valid', [2, 2]), 'throws', image),
};
