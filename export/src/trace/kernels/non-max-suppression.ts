import type { NonMaxSuppressionV4Attrs, NonMaxSuppressionV5Attrs } from '@tensorflow/tfjs-core';
import { dataDependentSize } from '../../graph/data-dependent-size.js';
import type { Value } from '../../graph/graph.js';
import { chooseBoxes } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { input, type Inputs, type Rules } from './rule.js';

type Attrs = Omit<NonMaxSuppressionV5Attrs, 'softNmsSigma'> & Partial<NonMaxSuppressionV5Attrs>;

/** Indices and scores, as many as there are. */
function chosen(inputs: Inputs, attrs: Attrs): [Value, Value] {
  const { maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma = 0 } = attrs;
  const how = { iouThreshold, scoreThreshold, softNmsSigma };
  const [boxes, scores] = [input(inputs, 'boxes'), input(inputs, 'scores')];
  return chooseBoxes(boxes, scores, maxOutputSize, [[dataDependentSize()]], how) as [Value, Value];
}

export const nonMaxSuppressions: Rules = {
  NonMaxSuppressionV3: (inputs, attrs: Attrs) => chosen(inputs, attrs)[0],
  NonMaxSuppressionV4: (inputs, attrs: NonMaxSuppressionV4Attrs) => {
    const [indices] = chosen(inputs, attrs);
    const { maxOutputSize, padToMaxOutputSize } = attrs;
    const count = g.emit('Size', [], { dtype: 'int32', shapes: [[]] }, {}, { value: [indices.shape] });
    if (!padToMaxOutputSize) return [indices, count];
    const zeros = g.expand(g.constant('int32', [], [0]), [[maxOutputSize]]);
    return [g.slice(g.concat([indices, zeros], 0), [[0]], [[maxOutputSize]]), count];
  },
  NonMaxSuppressionV5: (inputs, attrs: NonMaxSuppressionV5Attrs) => chosen(inputs, attrs),
};
