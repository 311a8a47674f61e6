import { expect, test } from '@jest/globals';
import { SnapshotsOut } from './snapshots-out.ts';

const identity = (number: number, epoch = 1) => ({ epoch, number, hash: `hash-${epoch}-${number}` });

test.each<{ name: string; applied: (number | undefined)[]; want: number | undefined }>([
  { name: 'without a worker nothing is served', applied: [], want: undefined },
  { name: 'one worker serves, the other has nothing yet', applied: [1, undefined], want: undefined },
  { name: 'both serve by the first', applied: [1, 1], want: 1 },
  { name: 'one is behind', applied: [3, 2], want: 2 },
  { name: 'all have the newest', applied: [3, 3], want: 3 },
])('$name', ({ applied, want }) => {
  const snapshots = new SnapshotsOut();
  for (const number of [1, 2, 3]) snapshots.add(identity(number), `text ${number}`);
  snapshots.update(applied);
  expect(snapshots.applied?.number).toBe(want);
});

test('with all workers gone, what they served by last still stands', () => {
  const snapshots = new SnapshotsOut();
  snapshots.add(identity(1), 'one');
  expect(snapshots.update([1, 1])).toBe('changed');
  expect(snapshots.update([])).toBe('same');
  expect(snapshots.applied).toEqual(identity(1));
});

test('a lower number of a higher epoch is the newer one', () => {
  const snapshots = new SnapshotsOut();
  snapshots.add(identity(90), 'former history');
  snapshots.update([1]);
  const { sequence } = snapshots.add(identity(3, 2), 'restored');
  expect(snapshots.update([sequence])).toBe('changed');
  expect(snapshots.applied).toEqual(identity(3, 2));
  expect(snapshots.newest?.text).toBe('restored');
});
