import { expect, test } from '@jest/globals';
import { mayCall } from './caller.ts';

test.each([
  { role: 'viewer', needed: 'viewer', may: true },
  { role: 'viewer', needed: 'operator', may: false },
  { role: 'operator', needed: 'viewer', may: true },
  { role: 'operator', needed: 'admin', may: false },
  { role: 'admin', needed: 'operator', may: true },
  { role: 'admin', needed: 'gateway', may: false },
  { role: 'gateway', needed: 'gateway', may: true },
  { role: 'gateway', needed: 'viewer', may: false },
  { role: 'gateway', needed: 'any', may: true },
] as const)('a $role calling what needs $needed: $may', ({ role, needed, may }) => {
  expect(mayCall(role, needed)).toBe(may);
});
