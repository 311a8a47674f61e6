import { Resolver } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { apiServerUrl, clusterDomain, controlPlaneAddress, podRange } from './addresses.ts';
import type { Binaries } from './build-binaries.ts';
import { controlPlanePart } from './control-plane.ts';
import { startPart, untilPart } from './processes.ts';

const proxyHealthPort = 10_256;

/** One proxy does for all nodes: they share a kernel, and with it the rules that make a cluster address reach a pod. */
export async function startServiceProxy(runDir: string, binaries: Binaries, nodeName: string): Promise<void> {
  const config = path.join(runDir, 'kube-proxy.json');
  await writeFile(config, `${JSON.stringify(proxyConfig(runDir, nodeName), null, 2)}\n`);
  const part = controlPlanePart(runDir, binaries, 'kube-proxy', ['--config', config]);
  await startPart(part);
  await untilPart(part, 60_000, () => answersOk(`http://127.0.0.1:${proxyHealthPort}/livez`));
}

/** Cluster DNS, on the control plane's address; pods are told of it by their kubelet. */
export async function startClusterDns(runDir: string, binaries: Binaries): Promise<void> {
  const config = path.join(runDir, 'Corefile');
  await writeFile(config, corefile(runDir));
  const part = controlPlanePart(runDir, binaries, 'coredns', ['-conf', config]);
  await startPart(part);
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([controlPlaneAddress]);
  await untilPart(part, 30_000, async () => {
    const addresses = await resolver.resolve4(`kubernetes.default.svc.${clusterDomain}`);
    return addresses.length > 0;
  });
}

export function resolverConfig(): string {
  const search = [`default.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return `nameserver ${controlPlaneAddress}\nsearch ${search.join(' ')}\noptions ndots:5 timeout:2\n`;
}

function proxyConfig(runDir: string, nodeName: string): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig: path.join(runDir, 'kubeconfig') },
    clusterCIDR: podRange,
    detectLocalMode: 'ClusterCIDR',
    bindAddress: '0.0.0.0',
    healthzBindAddress: `127.0.0.1:${proxyHealthPort}`,
    metricsBindAddress: '127.0.0.1:10249',
    // The kernel's connection tracking limits are the machine's, not ours to set.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '100ms' },
  };
}

function corefile(runDir: string): string {
  return `.:53 {
  bind ${controlPlaneAddress}
  errors
  kubernetes ${clusterDomain} in-addr.arpa {
    endpoint ${apiServerUrl}
    kubeconfig ${path.join(runDir, 'kubeconfig')} test
    ttl 1
  }
}
`;
}

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = http.get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy());
  });
}
