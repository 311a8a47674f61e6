import { expect, test } from '@jest/globals';
import { labelSelector } from './label-selector.ts';

const labels = { team: 'support', 'example.com/tier': 'free' };

test.each([
  ['', true],
  ['team=support', true],
  ['team==support', true],
  ['team=search', false],
  ['team!=search', true],
  ['example.com/tier', true],
  ['!team', false],
  ['!owner', true],
  ['team=support,example.com/tier!=free', false],
])('the selector “%s” matches: %s', (text, matches) => {
  expect(labelSelector(text)(labels)).toBe(matches);
});

test.each(['=', 'a b', 'team~x', '!team=support', 'a=b,'])('the selector “%s” is refused', (text) => {
  expect(() => labelSelector(text)).toThrow('labelSelector');
});
