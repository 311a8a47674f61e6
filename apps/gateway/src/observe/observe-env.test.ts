import { expect, test } from '@jest/globals';
import { defineEnv } from '@signalbox/runtime';
import { observeEnv } from './observe-env.ts';

const read = defineEnv(observeEnv);

test('every request has its line unless one says otherwise', () => {
  expect(read({}).SIGNALBOX_GATEWAY_REQUEST_LOG).toBe('all');
  expect(read({ SIGNALBOX_GATEWAY_REQUEST_LOG: 'errors' }).SIGNALBOX_GATEWAY_REQUEST_LOG).toBe('errors');
  expect(() => read({ SIGNALBOX_GATEWAY_REQUEST_LOG: 'some' })).toThrow('SIGNALBOX_GATEWAY_REQUEST_LOG');
});
