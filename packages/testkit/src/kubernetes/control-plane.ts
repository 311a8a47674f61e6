import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { apiServerUrl, controlPlaneAddress, serviceRange } from './addresses.ts';
import { type ApiAccess, apiServer, kubeconfig } from './api-server.ts';
import type { Binaries } from './build-binaries.ts';
import { type Part, startPart, untilPart } from './processes.ts';

const etcdUrl = 'http://127.0.0.1:2379';

/**
 * How soon a silent node is noticed. The kubelet renews its lease every 2 s (a quarter of its duration); six missed
 * renewals make the node NotReady, and 5 s later its pods are evicted. Kubernetes' own values are 40 s and 5 min.
 */
export const leaseDurationSeconds = 8;
const nodeGraceSeconds = 12;
const evictAfterSeconds = 5;

export function controlPlanePart(
  runDir: string,
  binaries: Binaries,
  name: keyof Binaries,
  args: readonly string[],
): Part {
  const logFile = path.join(runDir, 'logs', `${name}.log`);
  return { name, binary: binaries[name], args, logFile, pidFile: path.join(runDir, 'pids', name) };
}

/** etcd and the API server; its readiness is awaited by `startControllers`, so that nodes start meanwhile. */
export async function startApiServer(runDir: string, binaries: Binaries): Promise<{ access: ApiAccess; part: Part }> {
  const etcd = controlPlanePart(runDir, binaries, 'etcd', etcdArgs(runDir));
  await startPart(etcd);
  const token = randomBytes(24).toString('hex');
  const certificates = path.join(runDir, 'certificates');
  await writeSecrets(certificates, token);
  await untilPart(etcd, 20_000, isEtcdHealthy);
  const part = controlPlanePart(runDir, binaries, 'kube-apiserver', apiServerArgs(certificates));
  await startPart(part);
  // The server makes its own certificate and puts the authority that signed it into the same file.
  const certificate = path.join(certificates, 'apiserver.crt');
  const ca = await untilPart(part, 30_000, async () => {
    const text = existsSync(certificate) ? await readFile(certificate, 'utf8') : '';
    return text.trimEnd().endsWith('-----END CERTIFICATE-----') ? text : undefined;
  });
  return { access: { url: apiServerUrl, token, ca }, part };
}

/** The controller manager and the scheduler, as soon as the API server serves. */
export async function startControllers(
  runDir: string,
  binaries: Binaries,
  access: ApiAccess,
  server: Part,
): Promise<void> {
  const api = apiServer(access);
  await untilPart(server, 60_000, async () => (await api.get('/readyz')).status === 200);
  const config = path.join(runDir, 'kubeconfig');
  const common = ['--kubeconfig', config, '--authentication-kubeconfig', config, '--authorization-kubeconfig', config];
  common.push('--leader-elect=false', '--bind-address=127.0.0.1', '--kube-api-qps=500', '--kube-api-burst=1000');
  const manager = controlPlanePart(runDir, binaries, 'kube-controller-manager', [...common, ...managerArgs(runDir)]);
  const scheduler = controlPlanePart(runDir, binaries, 'kube-scheduler', common);
  await Promise.all([startPart(manager), startPart(scheduler)]);
  // The API server turns away pods of a namespace whose default service account is still to be made.
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await untilPart(manager, 30_000, async () => (await api.get(account)).status === 200);
}

export async function writeKubeconfig(runDir: string, access: ApiAccess): Promise<string> {
  const file = path.join(runDir, 'kubeconfig');
  await writeFile(file, kubeconfig(access), { mode: 0o600 });
  return file;
}

function etcdArgs(runDir: string): string[] {
  const peers = ['--listen-peer-urls=http://127.0.0.1:2380', '--initial-advertise-peer-urls=http://127.0.0.1:2380'];
  const clients = [`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`];
  const cluster = ['--name=test', '--initial-cluster=test=http://127.0.0.1:2380'];
  return [...cluster, `--data-dir=${path.join(runDir, 'etcd')}`, ...peers, ...clients, '--unsafe-no-fsync'];
}

function apiServerArgs(certificates: string): string[] {
  const key = path.join(certificates, 'service-accounts.key');
  return [
    `--etcd-servers=${etcdUrl}`,
    `--cert-dir=${certificates}`,
    '--bind-address=0.0.0.0',
    '--secure-port=6443',
    `--advertise-address=${controlPlaneAddress}`,
    `--token-auth-file=${path.join(certificates, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    `--service-cluster-ip-range=${serviceRange}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--default-not-ready-toleration-seconds=${evictAfterSeconds}`,
    `--default-unreachable-toleration-seconds=${evictAfterSeconds}`,
  ];
}

function managerArgs(runDir: string): string[] {
  const certificates = path.join(runDir, 'certificates');
  return [
    `--root-ca-file=${path.join(certificates, 'apiserver.crt')}`,
    `--service-account-private-key-file=${path.join(certificates, 'service-accounts.key')}`,
    '--node-monitor-period=1s',
    `--node-monitor-grace-period=${nodeGraceSeconds}s`,
    // By default one node in ten seconds is emptied, and none at all when most of a small cluster is gone.
    '--node-eviction-rate=10',
    '--secondary-node-eviction-rate=10',
  ];
}

async function writeSecrets(dir: string, token: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(path.join(dir, 'service-accounts.key'), privateKey, { mode: 0o600 });
  await writeFile(path.join(dir, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
}

function isEtcdHealthy(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = http.get(`${etcdUrl}/health`, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy());
  });
}
