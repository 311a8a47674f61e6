import { expect, test } from '@jest/globals';
import { AppError } from './errors.ts';

test('an error fills its message from its facts', () => {
  const error = new AppError('deployment.revision_not_found', { name: 'chat', revision: 7 });
  expect(error.message).toBe('chat has no revision 7.');
});
