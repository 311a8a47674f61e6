import { describe, expect, test } from '@jest/globals';
import { operations } from '@signalbox/contracts';
import { failureReason } from './failure-reason.ts';
import { readProblem } from './read-problem.ts';
import { baseUrl, type HeaderFacts, requestHeaders, requestUrl } from './request.ts';

const facts: HeaderFacts = {
  userAgent: 'test/1',
  token: undefined,
  idempotencyKey: undefined,
  ifMatch: undefined,
  lastEventId: undefined,
};

describe('a request', () => {
  test('puts names into the path so that they stay one segment', () => {
    const url = requestUrl('http://host', operations.getDeployment, {
      params: { name: 'a/b c' },
      query: { project: 'x&y' },
    });
    expect(url).toBe('http://host/v1/deployments/a%2Fb%20c?project=x%26y');
  });

  test('leaves out what is not said', () => {
    expect(requestUrl('http://host', operations.listLedger, { query: { project: undefined, limit: 5 } })).toBe(
      'http://host/v1/ledger?limit=5',
    );
  });

  test('is not sent without the name in its path', () => {
    expect(() => requestUrl('http://host', operations.getDeployment, { params: {} })).toThrow('needs name');
  });

  test('carries its Idempotency-Key only where it changes something', () => {
    const key = { ...facts, idempotencyKey: 'k-1' };
    expect(requestHeaders(operations.promote, true, key)).toMatchObject({ 'idempotency-key': 'k-1' });
    expect(requestHeaders(operations.getDeployment, false, key)).not.toHaveProperty('idempotency-key');
  });

  test('never quotes a token that cannot be sent', () => {
    const send = (): unknown => requestHeaders(operations.whoami, false, { ...facts, token: 'sbt_se cret' });
    expect(send).toThrow('The token holds');
    expect(send).not.toThrow('cret');
  });
});

describe('the URL of the control plane', () => {
  test.each([
    ['http://127.0.0.1:4600/', 'http://127.0.0.1:4600'],
    ['https://models.example.com/signalbox/', 'https://models.example.com/signalbox'],
  ])('%s is used as %s', (given, used) => {
    expect(baseUrl(given)).toBe(used);
  });

  test.each(['', 'localhost', 'ftp://host', 'http://user:secret@host'])('%p is refused', (given) => {
    expect(() => baseUrl(given)).toThrow(TypeError);
    expect(() => baseUrl(given)).not.toThrow('secret');
  });
});

describe('a failed connection', () => {
  test('is told in words, from the cause that fetch hides', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const failed = new TypeError('fetch failed', { cause: new AggregateError([refused]) });
    expect(failureReason(failed)).toBe('connection refused');
  });
});

describe('a problem', () => {
  const document = {
    type: '/docs/errors#resource.in_use',
    title: 'The object is in use',
    status: 409,
    code: 'resource.in_use',
    detail: 'Model llama is used by chat; remove those first.',
    requestId: 'r-1',
    problems: [],
  };

  test('keeps what the control plane said', () => {
    expect(readProblem(JSON.stringify(document))).toMatchObject({ code: 'resource.in_use', requestId: 'r-1' });
  });

  test('may have a code from a newer control plane', () => {
    expect(readProblem(JSON.stringify({ ...document, code: 'later.thing' }))?.code).toBe('later.thing');
  });

  test.each(['', '<html>', '{}', 'null', '{"code":"x"}'])('is not seen in %p', (text) => {
    expect(readProblem(text)).toBeUndefined();
  });
});
