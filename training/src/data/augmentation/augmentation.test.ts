import { uniforms } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { augmentation } from './augmentation.js';
import { flipImages } from './flip.js';
import { shiftImages } from './shift.js';

const dims = [8, 6, 5, 3];
const x = new Tensor('float32', uniforms(new Float32Array(8 * 6 * 5 * 3), { seed: 2 }), dims);
const random = { seed: 2, step: 3 };

test('both are done where both are asked for, neither by default', () => {
  expect(augmentation({})(x, random)).toBe(x);
  expect(augmentation({ flip: true })(x, random)).toEqual(flipImages(x, random));
  expect(augmentation({ shift: 2 })(x, random)).toEqual(shiftImages(x, 2, random));
  const both = augmentation({ flip: true, shift: 2 })(x, random);
  expect(both).toEqual(shiftImages(flipImages(x, random), 2, random));
  expect(both).not.toEqual(shiftImages(x, 2, random));
});
