import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, createClient } from '@signalbox/client';
import { attachToTestCluster, until } from '@signalbox/testkit/kubernetes';
import { emptyDatabase, type TestDatabase } from '@signalbox/testkit/postgres';
import { importImages } from './built-images.ts';
import { chartFolder, helm, setValues, type Values } from './chart.ts';
import { type ForwardedPort, forwardPort } from './forwarded-port.ts';
import { connect, createNamespace, type Kubernetes, secretValue } from './kubernetes.ts';
import { mayI } from './permissions.ts';

/** The test cluster's address for what runs beside it. */
const machine = '198.18.0.1';
const namespace = 'signalbox';
// A name of its own: other files make theirs while this one's pods still drain.
const engines = 'installed-engines';
const release = 'signalbox';
const gatewayUrl = `http://${release}-gateway.${namespace}.svc.cluster.local`;

let kubernetes: Kubernetes;
let database: TestDatabase;
let forwarded: ForwardedPort;
let folder: string;
let client: Client;
let consumerKey: string;

const values: Values = {
  image: { pullPolicy: 'Never' },
  database: { existingSecret: { name: 'postgres' } },
  engines: { namespaces: [engines] },
  controlPlane: { replicas: 2, resources: { requests: { cpu: '50m', memory: '64Mi' } } },
  gateway: {
    replicas: 2,
    lingerSeconds: 4,
    drainSeconds: 10,
    resources: { requests: { cpu: '50m', memory: '64Mi' } },
  },
};

const manifests = `
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: here }
spec: { kubernetes: { namespace: ${engines} } }
---
apiVersion: signalbox.dev/v1
kind: Pool
metadata: { name: gpus }
spec: { cluster: here }
---
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: greeter }
spec: { description: A simulated chat model }
---
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: greeter-v1 }
spec:
  model: greeter
  version: v1
  source: { huggingFace: { repo: example/greeter, revision: 0e9e39f249a16976918f6564b8830bc894c89659 } }
  format: simulated
---
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: chat }
spec:
  model: greeter
  version: v1
  engine: { name: simulated, args: { sim-gpus: 1, sim-decode-ms-per-token: 2 } }
  placement: { cluster: here, pools: [gpus] }
  scaling: { min: 2, max: 2 }
---
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: chat }
spec: { deployment: chat }
`;

beforeAll(async () => {
  kubernetes = connect();
  folder = await mkdtemp(path.join(tmpdir(), 'install-'));
  const cluster = await attachToTestCluster();
  await importImages(cluster, folder, 'control-plane', 'gateway', 'simulated-engine');
  database = await emptyDatabase();
  const url = new URL(database.url);
  forwarded = await forwardPort(machine, { host: url.hostname, port: Number(url.port) });
  url.host = `${machine}:${forwarded.port}`;
  await createNamespace(kubernetes, namespace, 'restricted');
  await createNamespace(kubernetes, engines, 'baseline');
  await kubernetes.core.createNamespacedSecret({
    namespace,
    body: { metadata: { name: 'postgres' }, stringData: { url: url.href } },
  });
}, 180_000);

afterAll(async () => {
  await helm('uninstall', release, '--namespace', namespace, '--ignore-not-found');
  for (const name of [namespace, engines]) await kubernetes.core.deleteNamespace({ name });
  await forwarded.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('helm install', () => {
  test('brings up control planes and gateways that pass the restricted standard', async () => {
    try {
      await helm('install', release, chartFolder, '-n', namespace, '--wait', '--timeout', '90s', ...setValues(values));
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${await podReport()}`);
    }
    client = createClient({
      url: `http://${release}-control-plane.${namespace}.svc.cluster.local:4600`,
      token: await adminToken(),
      userAgent: 'signalbox-e2e',
      newIdempotencyKey: () => crypto.randomUUID(),
    });
    expect(await client.whoami()).toMatchObject({ role: 'admin' });
    const names = await until({ what: 'both gateways have the snapshot', withinMs: 30_000 }, async () => {
      const { items } = await client.listGateways();
      return items.length === 2 && items.every(({ live, upToDate }) => live && upToDate) && items.map(({ id }) => id);
    });
    expect([...names].sort()).toEqual([`${release}-gateway-0`, `${release}-gateway-1`]);
  }, 150_000);

  test('lets a manifest become a chat through the gateways’ service', async () => {
    const applied = await client.apply({ body: { source: 'e2e', sources: [{ file: 'chat.yaml', text: manifests }] } });
    expect(applied.changes.map(({ change }) => change)).toEqual(Array(6).fill('created'));
    const { key } = await client.createKey({ body: { name: 'e2e' } });
    consumerKey = key ?? '';
    try {
      await until({ what: 'the chat is answered', withinMs: 90_000, everyMs: 250 }, async () => (await chat()) === 200);
    } catch (error) {
      const why = await client.explain({ params: { name: 'chat' } }).catch(String);
      throw new Error(`${error instanceof Error ? error.message : error}\n${JSON.stringify(why, null, 2)}`);
    }
    const pods = await kubernetes.core.listNamespacedPod({ namespace: engines });
    expect(pods.items.map(({ spec }) => spec?.containers[0]?.image)).toContain('signalbox/simulated-engine:0.32.0');
  }, 120_000);

  test('grants the control plane what it needs and nothing else', async () => {
    const account = `system:serviceaccount:${namespace}:${release}-control-plane`;
    const may = (verb: string, resource: string, where?: string) => mayI(kubernetes, account, verb, resource, where);
    expect(await may('create', 'apps/deployments', engines)).toBe(true);
    expect(await may('list', 'nodes')).toBe(true);
    for (const [verb, resource, where] of [
      ['get', 'secrets', engines],
      ['get', 'secrets', namespace],
      ['create', 'pods', engines],
      ['create', 'pods/exec', engines],
      ['create', 'apps/deployments', namespace],
      ['list', 'pods', 'kube-system'],
      ['patch', 'nodes', undefined],
    ] as const) {
      expect([verb, resource, where, await may(verb, resource, where)]).toEqual([verb, resource, where, false]);
    }
    expect(
      await mayI(kubernetes, `system:serviceaccount:${namespace}:${release}-gateway`, 'list', 'pods', engines),
    ).toBe(false);
  });

  test('keeps its tokens over an upgrade that replaces all gateways, and no request fails meanwhile', async () => {
    const before = (await adminToken()).reveal();
    const replaced = {
      ...values,
      gateway: { ...(values.gateway as Values), podAnnotations: { 'example.com/turn': '2' } },
    };
    const upgrading = helm(
      'upgrade',
      release,
      chartFolder,
      '-n',
      namespace,
      '--wait',
      '--timeout',
      '120s',
      ...setValues(replaced),
    );
    const answers = await askUntil(upgrading);
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    expect((await adminToken()).reveal()).toBe(before);
    const gateways = await kubernetes.core.listNamespacedPod({
      namespace,
      labelSelector: 'app.kubernetes.io/component=gateway',
    });
    for (const { metadata } of gateways.items) expect(metadata?.annotations).toMatchObject({ 'example.com/turn': '2' });
  }, 180_000);
});

async function adminToken() {
  const token = await secretValue(kubernetes, namespace, `${release}-bootstrap`, 'admin-token');
  return { reveal: () => token };
}

async function chat(): Promise<number | string> {
  try {
    const response = await fetch(`${gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${consumerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }], max_tokens: 4 }),
      signal: AbortSignal.timeout(10_000),
    });
    await response.text();
    return response.status;
  } catch (error) {
    return error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error);
  }
}

/** One request after the other until the work is done. */
async function askUntil(work: Promise<unknown>): Promise<(number | string)[]> {
  const answers: (number | string)[] = [];
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  finished.catch(() => {});
  while (!done) answers.push(await chat());
  await finished;
  return answers;
}

/** What a person would look at when pods don't come up. */
async function podReport(): Promise<string> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace });
  const parts = items.map(async ({ metadata, status }) => {
    const name = metadata?.name ?? '';
    const log = await kubernetes.core.readNamespacedPodLog({ namespace, name, tailLines: 20 }).catch(String);
    return `== ${name}: ${JSON.stringify(status?.containerStatuses?.map(({ state, lastState }) => ({ state, lastState })))}\n${log}`;
  });
  const { items: events } = await kubernetes.core.listNamespacedEvent({ namespace });
  const warnings = events
    .filter(({ type }) => type === 'Warning')
    .map(({ reason, message }) => `${reason}: ${message}`);
  return [...(await Promise.all(parts)), ...warnings].join('\n');
}
