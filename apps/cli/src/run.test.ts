import { describe, expect, test } from '@jest/globals';
import { ApiProblem, UnexpectedAnswer, Unreachable } from '@signalbox/client';
import { EXIT, exitCodeOf, Interrupted, Refusal, UsageError } from './exit-code.ts';
import { errorLines, run, tokenHints } from './run.ts';
import { chooseSettings } from './settings/choose-settings.ts';
import { Secret } from './settings/secret.ts';
import { aWorld } from './testing/a-world.ts';
import * as answers from './testing/answers.ts';

describe('the command line', () => {
  test.each<{ args: string[]; code: number; says: string }>([
    { args: [], code: 64, says: 'Usage: signalbox' },
    { args: ['aply'], code: 64, says: 'Did you mean apply?' },
    { args: ['get'], code: 64, says: "missing required argument 'kind'" },
    { args: ['rollout'], code: 64, says: 'Usage: signalbox rollout' },
    { args: ['scale', 'chat'], code: 64, says: '--replicas N, or --auto' },
    { args: ['scale', 'chat', '--replicas', 'many'], code: 64, says: 'write a whole number' },
    { args: ['promote', 'chat', '--version', 'v2', '--timeout', 'soon'], code: 64, says: 'write a duration' },
    { args: ['get', 'deployments', '-o', 'xml'], code: 64, says: 'Allowed choices are table, wide, json, yaml, name' },
    { args: ['whoami', '--url', 'localhost'], code: 64, says: 'is not' },
    { args: ['help', 'apply'], code: 0, says: 'Examples:' },
  ])('$args ends $code', async ({ args, code, says }) => {
    const { world, out, error } = aWorld({});

    expect(await run(args, world)).toBe(code);
    expect(out() + error()).toContain(says);
  });
});

const refused = (code: string): ApiProblem =>
  new ApiProblem({ code, title: 'T', detail: 'D', status: 401, problems: [], requestId: 'r' });

describe('the exit code', () => {
  test.each<{ name: string; error: unknown; code: number }>([
    { name: 'bad usage is 64', error: new UsageError('x'), code: 64 },
    { name: 'a refusal of the API is 1', error: refused('resource.in_use'), code: 1 },
    { name: 'a refusal of the program is 1', error: new Refusal('x'), code: 1 },
    { name: 'no answer is 1', error: new Unreachable('http://host', 'x'), code: 1 },
    { name: 'a strange answer is 1', error: new UnexpectedAnswer('http://host', 200, 'x'), code: 1 },
    { name: 'a defect is 1', error: new Error('x'), code: 1 },
    { name: 'Ctrl-C is 130', error: new Interrupted('x'), code: 130 },
    { name: 'Ctrl-C during a request is 130', error: new DOMException('x', 'AbortError'), code: 130 },
  ])('$name', ({ error, code }) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  test('of a defect comes with its stack, for the report', () => {
    expect(errorLines(new Error('oops')).join('\n')).toContain('Error: oops\n    at ');
    expect(errorLines(new Refusal('no'))).toEqual(['error: no']);
  });
});

describe('a refused token', () => {
  test('that was withheld from another server says so', () => {
    const context = { origin: 'context a', url: 'http://a', token: new Secret('s') };
    const settings = chooseSettings([{ origin: 'flags', url: 'http://b' }, context]);
    expect(tokenHints(refused('auth.missing'), settings)[0]).toBe(
      'the token from context a belongs to http://a and was not sent to http://b',
    );
    expect(tokenHints(refused('resource.in_use'), settings)).toEqual([]);
  });
});

describe('what is sent', () => {
  test('a rollback says why and to where', async () => {
    const { world, changes } = aWorld({ 'POST /v1/deployments/chat/rollback': answers.moved });
    expect(await run(['rollback', 'chat', '--to-revision', '1', '--reason', 'bad answers'], world)).toBe(EXIT.done);
    expect(changes).toEqual([
      { path: 'POST /v1/deployments/chat/rollback', body: { toRevision: 1, reason: 'bad answers' } },
    ]);
  });

  test('a key expires when it was said to', async () => {
    const { world, changes } = aWorld({ 'POST /v1/keys': { ...answers.key, key: 'sbk_1' } });
    await run(['keys', 'create', 'bot', '--routes', 'chat,search', '--expires', '90d', '-p', 'team'], world);
    expect(changes[0]?.body).toEqual({
      name: 'bot',
      project: 'team',
      routes: ['chat', 'search'],
      expiresAt: '2026-05-30T12:00:00.000Z',
    });
  });

  test('a key has the limits, the priority and the weight that were given', async () => {
    const { world, changes } = aWorld({ 'POST /v1/keys': { ...answers.key, key: 'sbk_1' } });
    const flags = '--limit tokens/minute=100000 --limit concurrency=8 --priority batch --weight 0.5 --may-pin';
    expect(await run(['keys', 'create', 'bot', ...flags.split(' ')], world)).toBe(EXIT.done);
    expect(changes[0]?.body).toEqual({
      name: 'bot',
      project: 'default',
      limits: [
        { of: 'tokens', per: 'minute', amount: 100_000 },
        { of: 'concurrency', per: null, amount: 8 },
      ],
      priority: 'batch',
      weight: 0.5,
      mayPin: true,
    });
  });

  test.each([
    ['--limit', 'tokens=5'],
    ['--priority', 'urgent'],
    ['--weight', '-1'],
  ])('nothing is sent with %s %s', async (flag, value) => {
    const { world, changes } = aWorld({ 'POST /v1/keys': { ...answers.key, key: 'sbk_1' } });
    expect(await run(['keys', 'create', 'bot', flag, value], world)).toBe(EXIT.badUsage);
    expect(changes).toEqual([]);
  });

  test('scale --auto gives the number back', async () => {
    const answer = { override: null, bounds: { min: 1, max: 4 }, message: 'the autoscaler decides' };
    const { world, changes } = aWorld({ 'POST /v1/deployments/chat/scale': answer });
    await run(['scale', 'chat', '--auto'], world);
    expect(changes[0]?.body).toEqual({ replicas: null });
  });

  test('-o json is the answer as it came, with what this program does not know', async () => {
    const answer = { id: 'i', name: 'ci', role: 'viewer', later: { more: true } };
    const { world, out } = aWorld({ 'GET /v1/whoami': answer });
    await run(['whoami', '-o', 'json'], world);
    expect(JSON.parse(out())).toEqual(answer);
  });
});
