import type { DeploymentId, ProjectId, RevisionId, Workload, WorkloadSpec } from '@signalbox/domain';

export function aWorkload(name: string, spec: WorkloadSpec): Workload {
  return {
    name,
    projectId: '0199aaaa-0000-7000-8000-000000000001' as ProjectId,
    deploymentId: '0199aaaa-0000-7000-8000-000000000002' as DeploymentId,
    revisionId:
      `0199aaaa-0000-7000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12)}` as RevisionId,
    labels: { project: 'default', deployment: name, revision: 1, model: 'tiny', version: 'v1' },
    spec,
    placement: { pools: [], spread: 'none' },
    specHash: `hash-of-${name}`,
  };
}

/** A workload that runs the simulated engine; tests change what they are about. */
export function aSimulatedSpec(options: {
  image: string;
  /** How a container, and how this machine, starts the simulated engine's program. */
  program: readonly string[];
  localProgram: readonly string[];
  arguments?: readonly string[];
  gpus?: number;
}): WorkloadSpec {
  const args = ['serve', 'tiny', '--host', '{host}', '--port', '{port}', ...(options.arguments ?? [])];
  return {
    engine: 'simulated',
    image: options.image,
    command: [...options.program, ...args],
    localCommand: [...options.localProgram, ...args],
    env: {},
    secretEnv: [],
    port: { name: 'http', containerPort: 8000 },
    metrics: { port: 8000, path: '/metrics' },
    probes: {
      startup: { path: '/health', periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 60 },
      readiness: { path: '/health', periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 3 },
      liveness: { path: '/health', periodSeconds: 5, timeoutSeconds: 1, failureThreshold: 3 },
    },
    drain: { preStopDelaySeconds: 0, timeoutSeconds: 5 },
    accelerator: { count: options.gpus ?? 0, resource: 'nvidia.com/gpu' },
    resources: { cpu: null, memoryBytes: null, sharedMemoryBytes: 64 * 2 ** 20 },
    weights: { kind: 'none' },
    imagePullSecrets: [],
    readinessGeneration: { method: 'POST', path: '/v1/completions', body: { model: 'tiny' }, timeoutMs: 5_000 },
  };
}
