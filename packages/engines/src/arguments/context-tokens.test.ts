import { expect, test } from '@jest/globals';
import { contextTokens } from './context-tokens.ts';

test.each<{ name: string; args: Parameters<typeof contextTokens>[0]; want: number | null }>([
  { name: 'what the deployment says', args: { 'max-model-len': 4096 }, want: 4096 },
  { name: 'what it says in thousands', args: { 'max-model-len': '16k' }, want: 16_000 },
  { name: 'what it says in kibi', args: { 'max-model-len': '1.5K' }, want: 1536 },
  { name: 'the model’s own, when nothing is said', args: {}, want: 131_072 },
  { name: 'the model’s own, when the flag is left out', args: { 'max-model-len': null }, want: 131_072 },
  { name: 'not known, when it goes by the memory', args: { 'max-model-len': 'auto' }, want: null },
  { name: 'not known, when the model is stretched', args: { 'rope-scaling': '{"factor":4}' }, want: null },
  { name: 'what is said of a stretched model', args: { 'rope-scaling': '{}', 'max-model-len': 9 }, want: 9 },
])('the context is $name', ({ args, want }) => {
  expect(contextTokens(args, 'max-model-len', 131_072)).toBe(want);
});
