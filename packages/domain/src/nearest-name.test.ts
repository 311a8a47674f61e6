import { expect, test } from '@jest/globals';
import { nearestName } from './nearest-name.ts';

test.each([
  { slip: 'a letter too few', name: 'scling', near: 'scaling' },
  { slip: 'a letter too many', name: 'scalling', near: 'scaling' },
  { slip: 'another letter', name: 'scoling', near: 'scaling' },
  { slip: 'two neighbours swapped in a short word', name: 'darin', near: 'drain' },
  { slip: 'two slips in a long word', name: 'Depolymnt', near: 'Deployment' },
  { slip: 'another word', name: 'replicas', near: undefined },
  { slip: 'two slips in a short word', name: 'dran2', near: undefined },
])('$slip: $name was meant to be $near', ({ name, near }) => {
  expect(nearestName(name, ['scaling', 'drain', 'Deployment'])).toBe(near);
});
