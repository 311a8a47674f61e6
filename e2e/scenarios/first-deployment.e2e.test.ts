import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chat, foundation, type Installation, startInstallation, until } from '../installation/index.ts';

let signalbox: Installation;
beforeAll(async () => {
  signalbox = await startInstallation();
}, 60_000);
afterAll(() => signalbox?.stop(), 60_000);

test('a manifest becomes replicas that answer through the gateway', async () => {
  await signalbox.apply(foundation, chat());
  await signalbox.untilServing('chat', 'v1', 2);
  const key = await signalbox.createKey();
  const response = await fetch(`${signalbox.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }], max_tokens: 8 }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-signalbox-model-version')).toBe('v1');

  // Its usage record leads to the replica, and tells what that was scored beside the other one.
  const requestId = response.headers.get('x-request-id') ?? '';
  const record = await until('its usage is there', async () => {
    const { items } = await signalbox.client.getRequestUsage({ params: { requestId }, query: {} });
    return items[0];
  });
  const [decision] = record.routing ?? [];
  expect(decision).toMatchObject({ deployment: 'chat', revisionBy: 'split', tier: 0, filtered: [] });
  expect(decision?.replicaId).toBe(response.headers.get('x-signalbox-replica'));
  expect(decision?.candidates).toHaveLength(2);
}, 90_000);
