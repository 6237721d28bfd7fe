import { expect, test } from 'vitest';
import { tinyCard, tinyModel } from '../testing/tiny-model.js';
import { message } from '../testing/onnx-file.js';
import { NotOnnxError, readMetadata } from './onnx-metadata.js';
import { outputNames } from './output-names.js';
import { CardError, parseCard } from './parse-card.js';
import { readCard } from './read-card.js';

test('a card comes back from the metadata of a file as it went in', () => {
  expect(readCard(tinyModel())).toEqual(tinyCard);
  expect(Object.keys(readMetadata(tinyModel()))).toEqual(['producer', 'scorebridge.card']);
  expect(readMetadata(tinyModel({ card: 'Küste' }))['scorebridge.card']).toBe('Küste');
});

test('the names of the outputs', () => {
  expect(outputNames(tinyModel())).toEqual(['prediction']);
  expect(outputNames(tinyModel({ energy: true }))).toEqual(['prediction', 'energy']);
});

test('every cut of a file is refused with one sentence', () => {
  const bytes = tinyModel();
  for (let length = 0; length < bytes.length; length++) {
    // A cut between two fields leaves a whole message: it is then the card that is missing, or the graph.
    expect(() => readCard(bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toThrow(
      /^The (file is not an ONNX model( or is cut off(: a field ends at byte \d+ of \d+)?)?|ONNX model has no card \('scorebridge.card' in its metadata\): export it with Scorebridge, give loadModel a card, or write one with scorebridge card)\.$/,
    );
  }
});

test.each([
  ['nothing', new Uint8Array()],
  ['text', new TextEncoder().encode('<!doctype html><html>Not found</html>')],
  ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)],
  ['zeros', new Uint8Array(64)],
  ['ones', new Uint8Array(64).fill(255)],
  ['another protobuf', message([1, 'x'], [2, 3])],
])('%s is not an ONNX model', (_, bytes) => {
  expect(() => readCard(bytes)).toThrow(NotOnnxError);
  expect(() => readCard(bytes)).toThrow(/^The file is not an ONNX model/);
});

test('a newer minor version is read, with what it adds left out; a newer major one is refused', () => {
  expect(parseCard({ ...tinyCard, format: '1.7', more: 1 })).toEqual({ ...tinyCard, format: '1.7' });
  expect(() => parseCard({ format: '2.0' })).toThrow(
    new CardError(
      'The model card has format 2.0; this version of Scorebridge reads 1.x, so update @scorebridge/runtime.',
    ),
  );
});

const linear = { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 };

test.each<[string, unknown]>([
  ['linear', { ...tinyCard, process: { kind: 'vp', schedule: linear } }],
  ['cosine', { ...tinyCard, process: { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 100 } } }],
  ['classes', { ...tinyCard, classes: { count: 2, names: ['a', 'b'], unconditional: null } }],
  ['no average', { ...tinyCard, ema: null, figures: { fid: 12.5, judge: 'none' } }],
])('takes %s', (_, card) => expect(parseCard(JSON.stringify(card))).toEqual(card));

const wrong = (change: object) => ({ ...tinyCard, ...change });

test.each<[string, unknown, RegExp]>([
  ['not JSON', '{', /^The model card under 'scorebridge.card' is not JSON\.$/],
  ['null', null, /^The model card is not valid: /],
  ['an array', [], /^The model card is not valid/],
  ['no format', wrong({ format: undefined }), /at 'format': /],
  ['format', wrong({ format: 'one' }), /at 'format': /],
  ['no shape', wrong({ shape: [] }), /at 'shape': /],
  ['shape', wrong({ shape: [28, 0] }), /at 'shape.1': /],
  ['layout', wrong({ layout: 'NHWC' }), /at 'layout': .*"channels-last".*"NHWC"/],
  ['range', wrong({ valueRange: [1, -1] }), /at 'valueRange': expected the smaller value first\.$/],
  ['kind', wrong({ process: { kind: 'edm' } }), /at 'process.kind': /],
  [
    'schedule name',
    wrong({ process: { kind: 'vp', schedule: { name: 'x' } } }),
    /at 'process.schedule.name': /,
  ],
  [
    'betas',
    wrong({ process: { kind: 'vp', schedule: { ...linear, betaEnd: 1 } } }),
    /at 'process.schedule': expected 0 < betaStart <= betaEnd < 1\.$/,
  ],
  ['T', wrong({ process: { kind: 'vp', schedule: { ...linear, T: 0.5 } } }), /at 'process.schedule.T': /],
  [
    'sigmas',
    wrong({ process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 2, L: 2 } } }),
    /at 'process.schedule': expected sigmaMin < sigmaMax\.$/,
  ],
  ['parametrisation', wrong({ parametrisation: 'noise' }), /at 'parametrisation': /],
  [
    'class names',
    wrong({ classes: { count: 3, names: ['a'], unconditional: 3 } }),
    /at 'classes': expected as many/,
  ],
  ['ema', wrong({ ema: 1 }), /at 'ema': /],
  ['licence', wrong({ dataset: { name: 'MNIST' } }), /at 'dataset.licence': /],
  ['figures', wrong({ figures: { loss: [1] } }), /at 'figures.loss': /],
])('refuses %s', (_, card, expected) => {
  expect(() => parseCard(card)).toThrow(CardError);
  expect(() => parseCard(card)).toThrow(expected);
});
