import { describe, expect, test } from '@jest/globals';
import { type FenceVerdict, fence, type SnapshotIdentity } from './fence.ts';

const id = (epoch: number, number: number, hash = 'a'): SnapshotIdentity => ({ epoch, number, hash });

describe('the fence against old snapshots', () => {
  test.each<{ name: string; current: SnapshotIdentity | undefined; offered: SnapshotIdentity; want: FenceVerdict }>([
    { name: 'the first snapshot is applied', current: undefined, offered: id(1, 1), want: 'apply' },
    { name: 'a higher number is applied', current: id(1, 4), offered: id(1, 9), want: 'apply' },
    { name: 'a lower number is refused', current: id(1, 4), offered: id(1, 3), want: 'older' },
    {
      name: 'a lower epoch is refused even with a higher number',
      current: id(2, 4),
      offered: id(1, 90),
      want: 'older',
    },
    {
      name: 'a restored database has a higher epoch and a lower number',
      current: id(1, 90),
      offered: id(2, 3),
      want: 'apply',
    },
    { name: 'the same one is only acknowledged again', current: id(1, 4), offered: id(1, 4), want: 'same' },
    {
      name: 'the same number with other content is an alarm',
      current: id(1, 4),
      offered: id(1, 4, 'b'),
      want: 'conflict',
    },
  ])('$name', ({ current, offered, want }) => {
    expect(fence(current, offered)).toBe(want);
  });
});
