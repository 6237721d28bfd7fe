import { expect, test } from 'vitest';
import { HALF_ONE, halfModel } from '../testing/half-model.js';
import { tinyModel } from '../testing/tiny-model.js';
import { usesHalf } from './uses-half.js';

test.each<[what: string, bytes: Uint8Array, found: boolean]>([
  ['one weight of float16', halfModel(HALF_ONE), true],
  ['weights of float32 and int64', tinyModel({ labelled: true }), false],
  ['a file that is cut off', halfModel(HALF_ONE).slice(0, 100), false],
  ['no ONNX file', new TextEncoder().encode('half'), false],
  ['nothing', new Uint8Array(), false],
])('%s', (_, bytes, found) => {
  expect(usesHalf(bytes)).toBe(found);
});
