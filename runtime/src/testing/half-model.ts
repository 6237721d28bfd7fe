import { FLOAT, floats, halves, intAttribute, ints, node } from './onnx-file.js';
import { tinyModel } from './tiny-model.js';

/** `tinyModel` times a weight of float16, given by its bits, of which the graph makes float32. */
export const halfModel = (bits: number): Uint8Array =>
  tinyModel({
    graph: {
      nodes: [
        node('Mul', ['level', 'level'], ['squared']),
        node('Add', ['squared', 'one'], ['variance']),
        node('Unsqueeze', ['variance', 'axes'], ['divisor']),
        node('Cast', ['half'], ['weight'], [intAttribute('to', FLOAT)]),
        node('Neg', ['x'], ['difference']),
        node('Mul', ['difference', 'weight'], ['weighted']),
        node('Div', ['weighted', 'divisor'], ['prediction']),
      ],
      initializers: [floats('one', [], [1]), ints('axes', [1, 2]), halves('half', [], [bits])],
    },
  });

/** 1, and what is no number, in float16. */
export const [HALF_ONE, HALF_NAN] = [0x3c00, 0x7e00];
