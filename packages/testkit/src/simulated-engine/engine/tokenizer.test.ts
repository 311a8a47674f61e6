import { expect, test } from '@jest/globals';
import { promptTokens, textOf, tokenIds } from './tokenizer.ts';

test.each(['', 'a', 'four', 'five!', 'Grüße aus dem Stellwerk', '信号 🚦 ok', '\u0000\u0000nul'])(
  'ids of %j give the text back',
  (text) => {
    expect(textOf(tokenIds(text))).toBe(text);
    expect(promptTokens(Buffer.byteLength(text))).toBe(1 + tokenIds(text).length);
  },
);
