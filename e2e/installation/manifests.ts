/** Manifests of the stories: a local cluster, a simulated model in several versions, a deployment and its route. */
export const foundation = `
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: local }
spec: { local: { gpus: [] } }
---
apiVersion: signalbox.dev/v1
kind: Pool
metadata: { name: local }
spec: { cluster: local }
---
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: greeter }
spec: {}
---
${['v1', 'v2', 'v3'].map((version, i) => modelVersion(version, i)).join('---')}
`;

function modelVersion(version: string, index: number): string {
  const commit = String(index + 1).repeat(40);
  return `
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: greeter-${version} }
spec:
  model: greeter
  version: ${version}
  source: { huggingFace: { repo: example/greeter, revision: "${commit}" } }
  format: simulated
`;
}

export interface ChatOptions {
  /** Of the deployment and its route; `chat` unless told. */
  name?: string;
  version?: string;
  replicas?: number;
  /** Extra arguments of the simulated engine, as YAML flow: `sim-load-ms: 100`. */
  args?: string;
  rollout?: string;
  scaling?: string;
  /** How fast the simulated engine writes; 1 unless a story needs longer streams. */
  decodeMsPerToken?: number;
  /** How long a replica that goes may finish what it has; 10s unless told. */
  drainTimeout?: string;
  /** More of the route's spec, as YAML flow: `timeouts: { firstByte: 1s }`. */
  route?: string;
}

/** A canary that compares errors only: first tokens are late on a busy machine, whatever the version. */
export function canary(steps: string, more = ''): string {
  const gate = 'gate: { minRequests: 5, maxErrorRateIncrease: 5%, maxTtftIncrease: null }';
  return `{ strategy: canary, steps: [${steps}], ${gate}${more === '' ? '' : `, ${more}`} }`;
}

export function chat(options: ChatOptions = {}): string {
  const { name = 'chat', route } = options;
  const args = [
    'sim-gpus: 0',
    `sim-decode-ms-per-token: ${options.decodeMsPerToken ?? 1}`,
    ...(options.args === undefined ? [] : [options.args]),
  ];
  return `
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  model: greeter
  version: ${options.version ?? 'v1'}
  engine: { name: simulated, args: { ${args.join(', ')} } }
  placement: { cluster: local, pools: [local] }
  scaling: { ${options.scaling ?? `min: ${options.replicas ?? 2}, max: ${options.replicas ?? 2}`} }
  rollout: ${options.rollout ?? '{ strategy: blueGreen }'}
  drain: { timeout: ${options.drainTimeout ?? '10s'} }
---
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: ${name} }
spec: { deployment: ${name}${route === undefined ? '' : `, ${route}`} }
`;
}
