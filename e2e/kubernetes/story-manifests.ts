/** Manifests of the Kubernetes stories: one cluster that is reached by a kubeconfig, and a pool of its GPU nodes. */
export function foundation(options: { kubeconfig: string; namespace: string; versions: readonly string[] }): string {
  return `
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: datacentre }
spec: { kubernetes: { kubeconfig: ${options.kubeconfig}, namespace: ${options.namespace} } }
---
apiVersion: signalbox.dev/v1
kind: Pool
metadata: { name: h100 }
spec: { cluster: datacentre, gpuProduct: NVIDIA-H100-80GB-HBM3 }
---
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: greeter }
spec: {}
---
${options.versions.map(modelVersion).join('---')}`;
}

function modelVersion(version: string, index: number): string {
  return `
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: greeter-${version} }
spec:
  model: greeter
  version: ${version}
  source: { huggingFace: { repo: example/greeter, revision: "${String(index + 1).repeat(40)}" } }
`;
}

export interface ServedOptions {
  version: string;
  engine: 'simulated' | 'vllm';
  /** Of the engine, as YAML flow: `max-model-len: 1024`. */
  args?: string;
  image?: string;
  replicas?: number;
  rollout: string;
}

/** A deployment whose replicas take two GPUs each, and its route, both called `chat`. */
export function chat({ version, engine, args = '', image, replicas = 2, rollout }: ServedOptions): string {
  const choice = `name: ${engine}, version: 0.32.0, args: { ${args} }${image === undefined ? '' : `, image: ${image}`}`;
  return `
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: chat }
spec:
  model: greeter
  version: ${version}
  engine: { ${choice} }
  parallelism: { tensor: 2 }
  placement: { cluster: datacentre, pools: [h100] }
  scaling: { min: ${replicas}, max: ${replicas} }
  rollout: ${rollout}
  drain: { timeout: 20s }
---
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: chat }
spec: { deployment: chat, timeouts: { firstByte: 5s, betweenBytes: 5s } }
`;
}
