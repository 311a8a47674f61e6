import { expect, test } from '@jest/globals';
import { workloadName } from './render-revision.ts';

const hash = '0123456789abcdef';

test.each([
  { project: 'default', deployment: 'chat', want: 'chat-0123456789' },
  { project: 'search', deployment: 'chat', want: 'search-chat-0123456789' },
  { project: 'default', deployment: 'a'.repeat(63), want: `${'a'.repeat(52)}-0123456789` },
  { project: 'default', deployment: `${'a'.repeat(51)}-b`, want: `${'a'.repeat(51)}-0123456789` },
])('the workload of $deployment in $project is a DNS label: $want', ({ project, deployment, want }) => {
  const name = workloadName(project, deployment, hash);
  expect(name).toBe(want);
  expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
});
