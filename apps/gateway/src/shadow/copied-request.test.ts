import { describe, expect, test } from '@jest/globals';
import { backendOf } from '../gateway.fixture.ts';
import { endpointOf } from '../proxy/endpoints.ts';
import { type AskedRequest, type EngineRequest, engineRequest } from '../proxy/engine-request.ts';
import { scanBody } from '../proxy/scan-body.ts';
import { blockSeed } from '../routing/prompt-blocks.ts';
import type { Backend } from '../routing/routing-table.ts';
import { copiedRequest } from './copied-request.ts';

const backend = (servedModelName: string): Backend => ({
  facts: backendOf({ revisionId: servedModelName, at: [], servedModelName }),
  name: 'chat/1',
  revisionId: servedModelName,
  weight: 0,
  replicas: [],
  naming: undefined,
  model: blockSeed(servedModelName),
  turns: { next: 0 },
  observer: { firstToken: () => undefined, finished: () => undefined, rescued: () => undefined },
});

function asked(path: string, body: Record<string, unknown>): AskedRequest {
  const endpoint = endpointOf('POST', path);
  if (endpoint.kind !== 'byBody' && endpoint.kind !== 'byPath') throw new Error('no such path');
  const bytes = Buffer.from(JSON.stringify(body));
  const scan = scanBody(bytes);
  const place =
    endpoint.kind === 'byPath' || scan.kind === 'refused'
      ? ({ kind: 'path' } as const)
      : ({ kind: 'body', facts: scan } as const);
  return { endpoint, method: 'POST', path, query: '', body: bytes, place };
}

function copyOf(request: AskedRequest, to = backend('tiny')): EngineRequest | undefined {
  const from = backend('tiny');
  const sent = engineRequest(request, from);
  if (sent.kind === 'refused') throw new Error('refused');
  return copiedRequest(request, { request: sent, backend: from }, to);
}
const bodyOf = (request: EngineRequest | undefined): unknown => request && JSON.parse(String(request.body));

describe('the copy of a request', () => {
  test('is the very bytes that were sent where both revisions want the same', () => {
    const request = asked('/v1/chat/completions', { model: 'chat', messages: [] });
    const from = backend('tiny');
    const sent = engineRequest(request, from) as EngineRequest;
    expect(copiedRequest(request, { request: sent, backend: from }, backend('tiny'))?.body).toBe(sent.body);
  });

  test('names the model as the other revision does', () => {
    expect(bodyOf(copyOf(asked('/v1/chat/completions', { model: 'chat' }), backend('other')))).toEqual({
      model: 'other',
    });
  });

  test.each([
    {
      name: 'a chat that is to be stored is not',
      path: '/v1/chat/completions',
      given: { store: true },
      want: { model: 'tiny', store: false },
    },
    {
      name: 'a chat that only speaks of storing stays as it is',
      path: '/v1/chat/completions',
      given: { messages: [{ role: 'user', content: '"store": true', store: true }] },
      want: { model: 'tiny', messages: [{ role: 'user', content: '"store": true', store: true }] },
    },
    {
      name: 'a response is not stored, though it would be unless told otherwise',
      path: '/v1/responses',
      given: { input: 'hi' },
      want: { store: false, model: 'tiny', input: 'hi' },
    },
    {
      name: 'nor when it is to be',
      path: '/v1/responses',
      given: { store: true, background: false },
      want: { model: 'tiny', store: false, background: false },
    },
    { name: 'background work is not copied', path: '/v1/responses', given: { background: true }, want: undefined },
    { name: 'nor a conversation', path: '/v1/responses', given: { conversation: 'conv_1' }, want: undefined },
    {
      name: 'nor what continues an answer',
      path: '/v1/responses',
      given: { previous_response_id: 'resp_1' },
      want: undefined,
    },
    { name: 'embeddings are', path: '/v1/embeddings', given: { input: 'x' }, want: { model: 'tiny', input: 'x' } },
  ])('$name', ({ path, given, want }) => {
    expect(bodyOf(copyOf(asked(path, { model: 'chat', ...given })))).toEqual(want);
  });

  test('a request without a body is not copied', () => {
    const request: AskedRequest = {
      ...asked('/v1/embeddings', { model: 'chat' }),
      method: 'GET',
      place: { kind: 'path' },
    };
    expect(copyOf(request)).toBeUndefined();
  });
});
