import { expect, test } from '@jest/globals';
import { lineageProblem } from './lineage.ts';

const lineage = (parents: Record<string, string | undefined>) =>
  new Map(Object.entries(parents).map(([version, parent]) => [version, { version, parent }]));

test.each<{ name: string; parents: Record<string, string | undefined>; circle: boolean }>([
  { name: 'no parent', parents: { v4: undefined }, circle: false },
  { name: 'a line', parents: { v4: 'v3', v3: 'v2' }, circle: false },
  { name: 'a parent that is not known here', parents: { v4: 'somewhere/else' }, circle: false },
  { name: 'its own parent', parents: { v4: 'v4' }, circle: true },
  { name: 'a circle of three', parents: { v4: 'v3', v3: 'v2', v2: 'v4' }, circle: true },
  { name: 'an ancestor in a circle', parents: { v4: 'v3', v3: 'v2', v2: 'v3' }, circle: false },
])('$name is a circle: $circle', ({ parents, circle }) => {
  expect(lineageProblem('v4', lineage(parents)) !== undefined).toBe(circle);
});
