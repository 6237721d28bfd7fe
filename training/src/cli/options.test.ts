import { expect, test } from 'vitest';
import { fileName, finiteNumber, labelChoice, stepSize, wholeNumber } from './options.js';

test('whole numbers within their bounds', () => {
  expect(wholeNumber(1)('50')).toBe(50);
  for (const bad of ['0', '-1', '1.5', '1e3', '', 'ten', '99999999999999999999'])
    expect(() => wholeNumber(1)(bad), bad).toThrow('whole number of at least 1');
  expect(() => wholeNumber(0, 9)('10')).toThrow('from 0 to 9');
});

test('finite numbers', () => {
  expect(finiteNumber('-0.5')).toBe(-0.5);
  for (const bad of ['', ' ', 'NaN', 'Infinity', '1x'])
    expect(() => finiteNumber(bad), bad).toThrow('number');
});

test('step sizes', () => {
  expect([stepSize('2e-5'), stepSize('auto')]).toEqual([2e-5, 'auto']);
  expect(() => stepSize('automatic')).toThrow('number');
});

test('labels: one, a list, all, none', () => {
  expect(labelChoice('7')).toEqual([7]);
  expect(labelChoice('0,1,2')).toEqual([0, 1, 2]);
  expect(labelChoice('all')).toBe('all');
  expect(labelChoice('none')).toBe('none');
  for (const bad of ['', '1,', '-1', 'three', '1 2'])
    expect(() => labelChoice(bad), bad).toThrow('Expected a class');
});

test('file names by their extension', () => {
  expect(fileName('.gif')('a/B.GIF')).toBe('a/B.GIF');
  expect(() => fileName('.png', '.webp')('a.jpg')).toThrow('.png or .webp');
});
