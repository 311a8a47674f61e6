import { describe, expect, test } from '@jest/globals';
import { type Endpoint, endpointOf } from './endpoints.ts';

describe('what a request is for', () => {
  test.each<[method: string, path: string, want: Partial<Endpoint>]>([
    ['POST', '/v1/chat/completions', { kind: 'byBody', dialect: 'openai', api: 'chat' }],
    ['POST', '/v1/messages', { kind: 'byBody', dialect: 'anthropic' }],
    ['POST', '/tokenize', { kind: 'byBody' }],
    ['POST', '/v1/audio/transcriptions', { kind: 'byForm' }],
    ['GET', '/v1/chat/completions', { kind: 'methodNotAllowed', allowed: 'POST' }],
    ['DELETE', '/v1/models', { kind: 'methodNotAllowed', allowed: 'GET' }],
    ['GET', '/v1/models', { kind: 'listModels' }],
    ['GET', '/v1/models/meta%2Fllama', { kind: 'showModel', name: 'meta/llama' }],
    ['GET', '/v1/models/meta/llama', { kind: 'showModel', name: 'meta/llama' }],
    ['GET', '/v1/models/%zz', { kind: 'unknown' }],
    ['POST', '/v2/models/chat/infer', { kind: 'byPath', name: 'chat', before: '/v2/models/', after: '/infer' }],
    ['POST', '/v2/models/chat/versions/1/generate_stream', { kind: 'byPath', after: '/versions/1/generate_stream' }],
    ['GET', '/v2/models/chat', { kind: 'byPath', after: '' }],
    ['GET', '/v2/models/chat/ready', { kind: 'byPath', after: '/ready' }],
    ['POST', '/v2/models/chat/ready', { kind: 'methodNotAllowed', dialect: 'kserve', allowed: 'GET' }],
    ['GET', '/v2/models/chat/config', { kind: 'unknown', dialect: 'kserve' }],
    ['POST', '/v2/repository/models/chat/load', { kind: 'unknown' }],
    ['POST', '/v1/load_lora_adapter', { kind: 'unknown' }],
    ['POST', '/sleep', { kind: 'unknown' }],
    ['GET', '/metrics', { kind: 'unknown' }],
    ['POST', '/v1/chat/completions/', { kind: 'unknown' }],
    ['POST', '/v1/../sleep', { kind: 'unknown' }],
    ['POST', '//v1/chat/completions', { kind: 'unknown' }],
  ])('%s %s', (method, path, want) => {
    expect(endpointOf(method, path)).toMatchObject(want);
  });
});
