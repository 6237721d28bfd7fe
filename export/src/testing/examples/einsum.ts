import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats, ints, type Input } from '../parity.js';

const NONE = { gradient: 'tfjs has no gradient' };

const one = (equation: string, a: Input) => line({ a }, ({ a }) => tf.einsum(equation, a), NONE);
const two = (equation: string, a: Input, b: Input) =>
  line({ a, b }, ({ a, b }) => tf.einsum(equation, a, b), NONE);

export const einsums: Examples = {
  Einsum: [
    one('ij->ji', floats(['batch', 3])),
    one('ij->i', floats(['batch', 3])),
    one('ijk->ki', floats(['batch', 3, 2])),
    one('ij->', floats(['batch', 3])),
    two('ij,jk->ik', floats(['batch', 3]), floats([3, 4])),
    two('ij, jk -> ki', floats(['batch', 3]), floats([3, 4])),
    two('ji,jk->ik', floats([3, 'batch']), floats([3, 4])),
    // Attention: scores, and what they weigh.
    two('bqhd,bkhd->bhqk', floats(['batch', 3, 2, 4]), floats(['batch', 5, 2, 4])),
    two('bhqk,bkhd->bqhd', floats(['batch', 2, 3, 5]), floats(['batch', 5, 2, 4])),
    // An outer product, an inner one, a product of elements.
    two('i,j->ij', floats(['batch']), floats([3])),
    two('i,i->', floats(['batch']), floats(['batch'])),
    two('ij,ij->ij', floats(['batch', 3]), floats(['batch', 3])),
    two('abc,abd->cd', floats(['batch', 3, 2]), floats(['batch', 3, 5])),
    two('ij,jk->ik', ints(['batch', 3], 9, -9), ints([3, 4], 9, -9)),
  ],
};
