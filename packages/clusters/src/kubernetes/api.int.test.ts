import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { isRefusal, KubernetesApi } from './api.ts';
import { createKubernetesCluster } from './kubernetes-cluster.ts';
import { watchHints } from './watch-hints.ts';

let server: Server;
let folder: string;
let kubeconfig: string;
let answer: (request: IncomingMessage, url: URL, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, new URL(request.url ?? '/', 'http://api'), response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  folder = await mkdtemp(join(tmpdir(), 'signalbox-api-'));
  kubeconfig = join(folder, 'kubeconfig');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/path`;
  const config = {
    clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

describe('the Kubernetes API', () => {
  test('is asked with the credentials of the kubeconfig, below the path of its server', async () => {
    answer = (request, url, response) =>
      send(response, 200, { path: url.pathname, token: request.headers.authorization });
    const api = new KubernetesApi(kubeconfig);
    const seen = await api.call({ method: 'GET', path: '/api/v1/nodes' });
    expect(seen).toEqual({ path: '/behind/a/path/api/v1/nodes', token: 'Bearer secret-token' });
    api.close();
  });

  test('gives lists page by page', async () => {
    answer = (_, url, response) => {
      const from = Number(url.searchParams.get('continue') ?? 0);
      send(response, 200, { items: [from, from + 1], metadata: from < 4 ? { continue: String(from + 2) } : {} });
    };
    const api = new KubernetesApi(kubeconfig);
    expect(await api.list('/api/v1/pods')).toEqual([0, 1, 2, 3, 4, 5]);
    api.close();
  });

  test('refuses in its own words, also when they are no JSON', async () => {
    answer = (_, url, response) => {
      if (url.pathname.endsWith('json'))
        return send(response, 403, { reason: 'Forbidden', message: 'pods is forbidden' });
      response.writeHead(502).end('<html>bad gateway</html>');
    };
    const api = new KubernetesApi(kubeconfig);
    const ask = (path: string) => api.call({ method: 'GET', path }).catch((error: unknown) => error);
    expect(await ask('/json')).toMatchObject({ status: 403, reason: 'Forbidden', message: 'pods is forbidden' });
    const other = await ask('/html');
    expect(other).toMatchObject({ status: 502, message: '<html>bad gateway</html>' });
    expect(isRefusal(other, 403)).toBe(false);
    api.close();
  });

  test('is not waited for without end, be it silent from the start or in the middle', async () => {
    answer = (_, url, response) => {
      if (url.pathname.endsWith('/half')) response.writeHead(200).write('{"items": [');
    };
    const api = new KubernetesApi(kubeconfig, 100);
    for (const path of ['/silent', '/half']) {
      await expect(api.call({ method: 'GET', path })).rejects.toThrow('no answer from the Kubernetes API within 0.1 s');
    }
    api.close();
  });

  test('makes a cluster unknown when its kubeconfig is not there, and known once it is', async () => {
    answer = (_, __, response) => send(response, 200, { items: [], metadata: {} });
    const identity = {
      namespace: 'n',
      fieldManager: 'signalbox',
      instance: 'i',
      clock: systemClock,
      log: silentLogger,
    };
    const later = join(folder, 'later');
    const cluster = createKubernetesCluster({ ...identity, kubeconfig: later });
    expect(await cluster.observe()).toMatchObject({ kind: 'unknown', because: expect.stringContaining(later) });
    await expect(cluster.logs({ name: 'x' } as never, 'y' as never, 1)).rejects.toThrow(later);
    await writeFile(later, await readFile(kubeconfig));
    expect(await cluster.observe()).toMatchObject({ kind: 'known', value: { workloads: [] } });
    await cluster.close();
  });
});

test('a watch that breaks is begun again, from the list as it is then', async () => {
  const versions: (string | null)[] = [];
  let lists = 0;
  answer = (_, url, response) => {
    if (url.searchParams.get('watch') === null) {
      lists += 1;
      return send(response, 200, { items: [], metadata: { resourceVersion: String(lists) } });
    }
    versions.push(url.searchParams.get('resourceVersion'));
    response.writeHead(200).write('{"type":"ADDED","object":{}}\n');
    if (versions.length === 1) return response.end('{"type":"ERROR","object":{"code":410}}\n');
    if (versions.length === 2) return setTimeout(() => response.destroy(), 10);
    return undefined;
  };
  const stopping = new AbortController();
  const api = new KubernetesApi(kubeconfig);
  let hints = 0;
  await new Promise<void>((resolve) => {
    const onChange = () => {
      hints += 1;
      if (versions.length === 3) resolve();
    };
    const common = { api, path: '/pods', labelSelector: 'a=b', onChange, signal: stopping.signal };
    void watchHints({ ...common, clock: systemClock, log: silentLogger });
  });
  expect(versions).toEqual(['1', '2', '3']);
  expect(hints).toBeGreaterThanOrEqual(5);
  stopping.abort();
  api.close();
});
