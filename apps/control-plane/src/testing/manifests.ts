/** Manifests that tests apply, as people write them. */
export const cluster = `
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: local }
spec: { local: { gpus: [{ product: NVIDIA-L4 }, { product: NVIDIA-L4 }] } }
`;

export const model = `
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: tiny }
spec: {}
`;

export function version(name: string, extra = ''): string {
  return `
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: tiny-${name} }
spec:
  model: tiny
  version: ${name}
  format: simulated
  source: { huggingFace: { repo: example/tiny, revision: ${commitOf(name)} } }
${extra}`;
}

/** A commit that differs from version to version. */
function commitOf(name: string): string {
  return Buffer.from(name.padEnd(20, '.')).toString('hex');
}

export function deployment(options: { name?: string; version?: string; max?: number; labels?: string } = {}): string {
  const { name = 'chat', version: wanted = 'v1', max = 2, labels = '{}' } = options;
  return `
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: ${name}, labels: ${labels} }
spec:
  model: tiny
  version: ${wanted}
  engine: { name: simulated, version: 0.32.0 }
  placement: { cluster: local }
  scaling: { min: 1, max: ${max} }
`;
}

export function route(options: { name?: string; deployment?: string } = {}): string {
  const { name = 'chat', deployment: target = 'chat' } = options;
  return `
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: ${name} }
spec: { deployment: ${target} }
`;
}

export function set(...documents: readonly string[]): string {
  return documents.join('---');
}

/** All that a served deployment needs. */
export const everything = set(cluster, model, version('v1'), deployment(), route());
