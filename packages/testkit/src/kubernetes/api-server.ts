import { readFile } from 'node:fs/promises';
import https from 'node:https';

/** The few requests that the cluster makes of itself; tests use the Kubernetes client with the same kubeconfig. */
export type ApiServer = {
  get(path: string): Promise<ApiAnswer>;
  create(path: string, body: unknown): Promise<ApiAnswer>;
  merge(path: string, patch: unknown): Promise<ApiAnswer>;
  remove(path: string): Promise<ApiAnswer>;
};

// biome-ignore lint/suspicious/noExplicitAny: an answer of the Kubernetes API, of which each caller reads a field or two
export type ApiAnswer = { status: number; text: string; body: any };

export type ApiAccess = { url: string; token: string; ca: string };

type Kubeconfig = {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { token: string } }];
};

export async function readApiAccess(kubeconfigPath: string): Promise<ApiAccess> {
  const { clusters, users }: Kubeconfig = JSON.parse(await readFile(kubeconfigPath, 'utf8'));
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return { url: server, token: users[0].user.token, ca: Buffer.from(ca, 'base64').toString() };
}

/** A kubeconfig in JSON, which is YAML too; self-contained, so that it can be copied into a secret as it is. */
export function kubeconfig({ url, token, ca }: ApiAccess): string {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'default' } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

export function apiServer(access: ApiAccess): ApiServer {
  return {
    get: (path) => request(access, 'GET', path),
    create: (path, body) => request(access, 'POST', path, body, 'application/json'),
    merge: (path, patch) => request(access, 'PATCH', path, patch, 'application/merge-patch+json'),
    remove: (path) => request(access, 'DELETE', path),
  };
}

function request(access: ApiAccess, method: string, path: string, body?: unknown, type?: string): Promise<ApiAnswer> {
  const headers: Record<string, string> = { authorization: `Bearer ${access.token}`, accept: 'application/json' };
  if (type !== undefined) headers['content-type'] = type;
  return new Promise((resolve, reject) => {
    const options = { method, headers, ca: access.ca, timeout: 10_000, agent: false };
    const sent = https.request(new URL(path, access.url), options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answer(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in time`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function answer(status: number, text: string): ApiAnswer {
  return { status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}
