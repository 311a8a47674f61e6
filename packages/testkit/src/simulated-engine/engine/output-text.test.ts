import { expect, test } from '@jest/globals';
import type { OutputWish } from './output-text.ts';
import { pieceAt, planOutput } from './output-text.ts';

const wish: OutputWish = {
  seed: 7,
  maxTokens: 1000,
  minTokens: 0,
  usualTokens: 40,
  ignoreEos: false,
  stop: [],
  fixedText: null,
  kind: 'words',
};

test('the same seed gives the same text, another seed another', () => {
  expect(planOutput(wish)).toEqual(planOutput(wish));
  expect(planOutput({ ...wish, seed: 8 }).text).not.toBe(planOutput(wish).text);
});

test('a shorter limit gives the beginning of the longer text', () => {
  const short = planOutput({ ...wish, maxTokens: 5 });
  expect(short).toMatchObject({ tokens: 5, finishReason: 'length' });
  expect(planOutput(wish).text.startsWith(short.text)).toBe(true);
});

test('it ends by itself with a token that has no text', () => {
  const output = planOutput(wish);
  expect(output.finishReason).toBe('stop');
  expect(output.tokens).toBeGreaterThan(20);
  expect(output.tokens).toBeLessThan(62);
  expect(pieceAt(output, output.tokens - 1)).toBe('');
  const pieces = Array.from({ length: output.tokens }, (_, i) => pieceAt(output, i));
  expect(pieces.join('')).toBe(output.text);
});

test('ignore_eos goes on to the limit', () => {
  const output = planOutput({ ...wish, maxTokens: 300, ignoreEos: true });
  expect(output).toMatchObject({ tokens: 300, finishReason: 'length' });
  expect(output.text).toHaveLength(1200);
});

test('a stop string ends the text before it', () => {
  const full = planOutput(wish).text;
  const stop = full.slice(30, 36);
  const output = planOutput({ ...wish, stop: ['never there', stop] });
  expect(output).toMatchObject({ text: full.slice(0, full.indexOf(stop)), finishReason: 'stop', stopReason: stop });
});

test('empty output is one end-of-text token', () => {
  expect(planOutput({ ...wish, kind: 'empty' })).toEqual({
    text: '',
    tokens: 1,
    finishReason: 'stop',
    stopReason: null,
  });
});

test('a fixed text is given whole', () => {
  expect(planOutput({ ...wish, fixedText: '{"a":1}' })).toMatchObject({ text: '{"a":1}', finishReason: 'stop' });
});
