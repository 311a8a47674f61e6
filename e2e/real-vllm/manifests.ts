/** A real vLLM on a CPU: it asks for a GPU all the same, so the cluster declares two slots that it may take. */
export function realManifests(folders: Readonly<Record<string, string>>): string {
  const versions = Object.entries(folders).map(
    ([version, folder]) => `
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: tiny-${version} }
spec:
  model: tiny
  version: ${version}
  source: { localPath: ${JSON.stringify(folder)} }
  dtype: float32`,
  );
  return `
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: local }
spec: { local: { gpus: [{ product: CPU }, { product: CPU }] } }
---
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: tiny }
---${versions.join('\n---')}
---
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: chat }
spec:
  model: tiny
  version: v1
  engine:
    name: vllm
    version: 0.32.0
    args: { max-model-len: 1024, max-num-seqs: 16, enforce-eager: true, dtype: float32 }
    env: ${JSON.stringify(engineEnv())}
  placement: { cluster: local }
  scaling: { min: 1, max: 1 }
  # Two engines share the machine's few cores during a rollout: how soon a first token comes says nothing there.
  rollout: { strategy: canary, steps: [{ weight: 50, for: 5s }, { weight: 100 }], gate: { maxTtftIncrease: null } }
  drain: { timeout: 60s }
---
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: chat }
spec: { deployment: chat }
`;
}

function engineEnv(): Readonly<Record<string, string>> {
  const instructionSets = ['ATEN_CPU_CAPABILITY', 'ONEDNN_MAX_CPU_ISA'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    VLLM_CPU_KVCACHE_SPACE: '1',
    // By default each engine takes the same core for itself.
    VLLM_CPU_OMP_THREADS_BIND: 'nobind',
    OMP_NUM_THREADS: '1',
    // Some virtual machines need less than their processor says it can.
    ...Object.fromEntries(instructionSets),
  };
}
