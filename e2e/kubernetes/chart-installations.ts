import type { Values } from './chart.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Installations that differ in as much as possible; each is rendered to a golden file and shown to a real API server. */
export const chartInstallations: Readonly<Record<string, Values>> = {
  'given-postgres': { database: { existingSecret: { name: 'signalbox-database' } } },
  trial: {
    postgres: { trial: { enabled: true } },
    controlPlane: { replicas: 1 },
    gateway: { replicas: 1 },
  },
  'gateways-only': {
    controlPlane: { enabled: false },
    gateway: { controlPlaneUrl: 'https://signalbox.example', idPrefix: 'berlin-' },
    bootstrap: { existingSecret: { name: 'signalbox-gateway' } },
  },
  everything: {
    image: { registry: 'registry.example/mirror', pullPolicy: 'Always', pullSecrets: ['registry'] },
    commonLabels: { team: 'platform' },
    database: { existingSecret: { name: 'postgres', key: 'uri' } },
    queue: { redis: { url: 'redis://redis:6379' } },
    bootstrap: { existingSecret: { name: 'tokens' } },
    engines: { namespaces: ['llm', 'vision'], instance: 'production' },
    controlPlane: {
      image: { digest },
      roles: ['api'],
      env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/tmp/ca.pem' }],
      serviceAccount: { annotations: { 'example.com/role': 'signalbox' } },
      tolerations: [{ key: 'control', operator: 'Exists' }],
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      priorityClassName: 'important',
    },
    gateway: {
      image: { tag: 'canary' },
      persistence: { enabled: true, size: '2Gi', storageClassName: 'fast' },
      autoscaling: { enabled: true },
      service: { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.0.2.0/24'] },
      workers: 'auto',
      tls: { secretName: 'gateway-tls' },
      trustedProxies: ['192.0.2.0/24', '2001:db8::/32'],
      proxyProtocol: 'v2',
      podAnnotations: { 'example.com/scrape': 'true' },
    },
    rbac: { allPods: true },
    networkPolicy: {
      controlPlaneFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ci' } } }],
      gatewayFrom: [{ namespaceSelector: {} }],
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
  },
};
